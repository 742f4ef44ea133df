import type { Random } from '../../../ports/time.ts';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Delays that double up to a bound, each jittered down by up to a quarter so that many clients spread. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #attempts = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** How long to wait after one more failure, in milliseconds. */
  next(): number {
    const { firstMs, maxMs } = this.#options;
    const delayMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return delayMs * (1 - this.#random.next() / 4);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
