import type { Clock, Timer, Timers } from '../../ports/time.ts';

/** One wake-up call at a time, as the machines name it. */
export class Alarm {
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  readonly #ring: () => void;
  #timer: Timer | undefined;

  constructor(time: { readonly clock: Clock; readonly timers: Timers }, ring: () => void) {
    this.#time = time;
    this.#ring = ring;
  }

  /** Replaces any earlier call. What is due already rings before this returns. */
  set(atMs: number | undefined): void {
    this.cancel();
    if (atMs === undefined) return;
    const delayMs = atMs - this.#time.clock.nowMs();
    if (delayMs <= 0) this.#ring();
    else this.#timer = this.#time.timers.start(delayMs, this.#ring);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
