import type { Clock, Timer, Timers } from '../../ports/time.ts';

export interface SilenceWatchOptions {
  readonly deadAfterMs: number;
  /** A timer that fires later than this says that we slept ourselves: then nobody is accused before another such time. */
  readonly oversleptMs: number;
  /** How long yet nobody is to be accused, whoever is silent; 0: not at all. */
  readonly reprieveMs: () => number;
}

/** Notices that somebody has said nothing for too long. One timer, however often somebody speaks. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  readonly #onSilent: () => void;
  #heardAtMs: number;
  #timer: Timer;

  constructor(
    options: SilenceWatchOptions,
    time: { readonly clock: Clock; readonly timers: Timers },
    onSilent: () => void,
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

  heard(): void {
    this.#heardAtMs = this.#time.clock.nowMs();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(delayMs: number): Timer {
    const dueMs = this.#time.clock.nowMs() + delayMs;
    return this.#time.timers.start(delayMs, () => {
      const { deadAfterMs, oversleptMs } = this.#options;
      const reprieveMs = this.#options.reprieveMs();
      const silentForMs = this.silentForMs;
      if (silentForMs < deadAfterMs) this.#timer = this.#arm(deadAfterMs - silentForMs);
      else if (this.#time.clock.nowMs() - dueMs > oversleptMs) this.#timer = this.#arm(oversleptMs);
      else if (reprieveMs > 0) this.#timer = this.#arm(reprieveMs);
      else this.#onSilent();
    });
  }
}
