import type { Clock } from '../../ports/time.ts';

export interface DeafnessOptions {
  /** Nobody at all was heard for so long: it is we who are cut off, or were asleep. */
  readonly deafAfterMs: number;
  /** After that, the time that all of them get to dial again. */
  readonly graceMs: number;
  /** Whoever is silent for so long is dead all the same. */
  readonly patienceMs: number;
}

/**
 * Tells speakers that died from a controller that was cut off. It would take all their addresses from them, and give them to
 * the first that comes back.
 */
export class Deafness {
  readonly #options: DeafnessOptions;
  readonly #clock: Clock;
  /** Undefined: nobody ever spoke, and nobody is there to be missed. */
  #heardAtMs: number | undefined;
  #graceUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: DeafnessOptions, dependencies: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = dependencies.clock;
  }

  /** Somebody spoke. */
  heard(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#silentForMs >= this.#options.deafAfterMs) this.#graceUntilMs = nowMs + this.#options.graceMs;
    this.#heardAtMs = nowMs;
  }

  /** How long nobody is to be declared dead; then ask again. 0 when we hear well. */
  get reprieveMs(): number {
    const { deafAfterMs, patienceMs } = this.#options;
    const silentForMs = this.#silentForMs;
    if (silentForMs >= patienceMs) return 0;
    return silentForMs >= deafAfterMs ? deafAfterMs : Math.max(0, this.#graceUntilMs - this.#clock.nowMs());
  }

  get #silentForMs(): number {
    return this.#heardAtMs === undefined ? 0 : this.#clock.nowMs() - this.#heardAtMs;
  }
}
