import type { Clock, Timer, Timers } from '../../ports/time.ts';

export interface PacedKeysOptions {
  /** How long changes of one key are gathered before it is worked on. */
  readonly gatherMs: number;
  /** Between two keys, so that a change of all of them is no flood. */
  readonly paceMs: number;
  /** The pause of a key whose work failed; it doubles up to `retryMaxMs`. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

export interface PacedKeysDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  /** `unchanged` costs no pace, `failed` is tried again. Must not reject. */
  readonly work: (key: string) => Promise<'done' | 'unchanged' | 'failed'>;
}

/** Keys that are worked on one at a time, in the order in which they came, never faster than the pace. */
export class PacedKeys {
  readonly #options: PacedKeysOptions;
  readonly #dependencies: PacedKeysDependencies;
  /** When each is due. BOUNDED: by the objects that the keys are of, as is the next. */
  readonly #due = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #armed: { readonly dueMs: number; readonly timer: Timer } | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #working = false;
  #stopped = false;

  constructor(options: PacedKeysOptions, dependencies: PacedKeysDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  add(key: string): void {
    this.#put(key, this.#options.gatherMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#armed?.timer.cancel();
    this.#due.clear();
  }

  #put(key: string, delayMs: number): void {
    if (this.#stopped || this.#due.has(key)) return;
    this.#due.set(key, this.#dependencies.clock.nowMs() + delayMs);
    this.#arm(delayMs);
  }

  /** Looks again after so long, if it would not look sooner anyway. */
  #arm(delayMs: number): void {
    if (this.#stopped || this.#working) return;
    const dueMs = this.#dependencies.clock.nowMs() + delayMs;
    if (this.#armed !== undefined && this.#armed.dueMs <= dueMs) return;
    this.#armed?.timer.cancel();
    const timer = this.#dependencies.timers.start(delayMs, () => {
      this.#armed = undefined;
      void this.#next();
    });
    this.#armed = { dueMs, timer };
  }

  async #next(): Promise<void> {
    const key = this.#takeDue();
    if (key === undefined) return;
    this.#working = true;
    const result = await this.#dependencies.work(key);
    this.#working = false;
    if (result === 'failed') this.#retry(key);
    else this.#failures.delete(key);
    this.#notBeforeMs = this.#dependencies.clock.nowMs() + (result === 'unchanged' ? 0 : this.#options.paceMs);
    this.#armForNext();
  }

  /** The first in line that is due, if the pace allows it. */
  #takeDue(): string | undefined {
    const nowMs = this.#dependencies.clock.nowMs();
    if (nowMs >= this.#notBeforeMs) {
      for (const [key, dueMs] of this.#due) {
        if (dueMs > nowMs) continue;
        this.#due.delete(key);
        return key;
      }
    }
    this.#armForNext();
    return undefined;
  }

  #armForNext(): void {
    if (this.#due.size === 0) return;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const dueMs of this.#due.values()) firstMs = Math.min(firstMs, dueMs);
    this.#arm(Math.max(0, Math.max(firstMs, this.#notBeforeMs) - this.#dependencies.clock.nowMs()));
  }

  #retry(key: string): void {
    const { retryMs, retryMaxMs } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#put(key, Math.min(retryMs * 2 ** (failures - 1), retryMaxMs));
  }
}
