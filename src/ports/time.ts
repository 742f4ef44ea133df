/** Time and chance, injected so that every rule can be tried in virtual time. */
export interface Clock {
  /** Milliseconds of a clock that never goes back and has no relation to the date. */
  nowMs(): number;
  /** The date, for people and for Kubernetes timestamps only: never for a decision. */
  wallTime(): Date;
}

export interface Timers {
  /** Calls `callback` once after `delayMs`, unless it is cancelled first. */
  start(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Idempotent. After it returns the callback is not called any more. */
  cancel(): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** An RFC 9562 version 4 UUID. */
  uuid(): string;
}
