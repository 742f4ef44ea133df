import type { Clock, Timer, Timers } from '../../src/ports/time.ts';

/** A clock with its timers that moves only when told to. */
export class ManualTime implements Clock, Timers {
  #nowMs = 0;
  #sequence = 0;
  readonly #pending = new Map<number, { readonly dueMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallTime(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#nowMs);
  }

  start(delayMs: number, callback: () => void): Timer {
    const id = this.#sequence++;
    this.#pending.set(id, { dueMs: this.#nowMs + Math.max(0, delayMs), callback });
    return { cancel: () => void this.#pending.delete(id) };
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#pending.size;
  }

  /** Moves on by `ms`, firing what falls due in order; promise callbacks run between two timers. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      const [id, timer] = next;
      this.#pending.delete(id);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.callback();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #next(untilMs: number): [number, { dueMs: number; callback: () => void }] | undefined {
    return [...this.#pending]
      .filter(([, timer]) => timer.dueMs <= untilMs)
      .sort(([idA, a], [idB, b]) => a.dueMs - b.dueMs || idA - idB)[0];
  }
}

/** Lets every promise that is already resolved run its callbacks. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
