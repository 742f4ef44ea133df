import type { Clock, Timer, Timers } from '../../ports/time.ts';

/** Time that stands still until it is told to pass: a rehearsal waits for nothing. */
export class RehearsalTime implements Clock, Timers {
  #nowMs = 0;
  /** BOUNDED: by the timers of what is rehearsed. */
  readonly #pending = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallTime(): Date {
    return new Date(this.#nowMs);
  }

  start(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  /** Fires what falls due within `ms`, in order. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#pending.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): { readonly dueMs: number; readonly callback: () => void } | undefined {
    const [first] = [...this.#pending].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
    return first;
  }
}
