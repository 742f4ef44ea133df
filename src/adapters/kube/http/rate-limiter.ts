import type { Clock, Timers } from '../../../ports/time.ts';

export interface RateLimiterOptions {
  /** Requests a second on average; 0 or less = no limit. */
  readonly qps: number;
  /** Requests at once after a quiet time. */
  readonly burst: number;
}

interface Waiter {
  readonly resolve: () => void;
}

/** A token bucket: callers past the burst wait in arrival order. */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #dependencies: { readonly clock: Clock; readonly timers: Timers };
  /** BOUNDED: by the requests in flight, each of which has one waiting caller. */
  readonly #waiting = new Set<Waiter>();
  #tokens: number;
  #filledAtMs: number;
  #timerArmed = false;

  constructor(options: RateLimiterOptions, dependencies: { readonly clock: Clock; readonly timers: Timers }) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#tokens = options.burst;
    this.#filledAtMs = dependencies.clock.nowMs();
  }

  /** Resolves when the caller may go. Rejects with the signal's reason when that aborts first. */
  async acquire(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#options.qps <= 0) return;
    this.#fill();
    if (this.#waiting.size === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        resolve: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.#waiting.delete(waiter);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
      this.#arm();
    });
  }

  #fill(): void {
    const nowMs = this.#dependencies.clock.nowMs();
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#options.qps;
    this.#tokens = Math.min(this.#options.burst, this.#tokens + earned);
    this.#filledAtMs = nowMs;
  }

  #arm(): void {
    if (this.#timerArmed || this.#waiting.size === 0) return;
    this.#timerArmed = true;
    const untilNextTokenMs = ((1 - this.#tokens) / this.#options.qps) * 1000;
    this.#dependencies.timers.start(Math.max(1, Math.ceil(untilNextTokenMs)), () => {
      this.#timerArmed = false;
      this.#fill();
      for (const waiter of this.#waiting) {
        if (this.#tokens < 1) break;
        this.#tokens -= 1;
        this.#waiting.delete(waiter);
        waiter.resolve();
      }
      this.#arm();
    });
  }
}
