import type { Clock, Timer, Timers } from '../../ports/time.ts';

export interface SilenceWatchOptions {
  readonly deadAfterMs: number;
  /** A timer that fires later than this says that we slept ourselves: then nobody is accused before another such time. */
  readonly oversleptMs: number;
}

/** Notices that somebody has said nothing for too long. One timer, however often somebody speaks. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  readonly #onSilent: () => number;
  #heardAtMs: number;
  #timer: Timer;

  /** `onSilent` says after how many milliseconds it is to be asked again, should the silence last; 0: not any more. */
  constructor(
    options: SilenceWatchOptions,
    time: { readonly clock: Clock; readonly timers: Timers },
    onSilent: () => number,
  ) {
    this.#options = options;
    this.#time = time;
    this.#onSilent = onSilent;
    this.#heardAtMs = time.clock.nowMs();
    this.#timer = this.#arm(options.deadAfterMs);
  }

  get silentForMs(): number {
    return this.#time.clock.nowMs() - this.#heardAtMs;
  }

  get isSilent(): boolean {
    return this.silentForMs >= this.#options.deadAfterMs;
  }

  heard(): void {
    this.#heardAtMs = this.#time.clock.nowMs();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(delayMs: number): Timer {
    const dueMs = this.#time.clock.nowMs() + delayMs;
    return this.#time.timers.start(delayMs, () => {
      const againMs = this.#look(dueMs);
      if (againMs > 0) this.#timer = this.#arm(againMs);
    });
  }

  /** When to look again. */
  #look(dueMs: number): number {
    const { deadAfterMs, oversleptMs } = this.#options;
    const { silentForMs } = this;
    if (silentForMs < deadAfterMs) return deadAfterMs - silentForMs;
    return this.#time.clock.nowMs() - dueMs > oversleptMs ? oversleptMs : this.#onSilent();
  }
}
