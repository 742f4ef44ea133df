/**
 * Which of two ways to the same controller is dialled next. The one that led there last is tried twice before the other: the
 * first dial may get lost on the way to a leader that died, and a new leader waits for no more than one more.
 */
export class DialOrder {
  #first: string;
  #other: string;
  #failures = 0;

  constructor(first: string, other: string) {
    this.#first = first;
    this.#other = other;
  }

  get target(): string {
    return this.#failures % 3 === 2 ? this.#other : this.#first;
  }

  /** How many dials in a row led to nothing. */
  get failures(): number {
    return this.#failures;
  }

  /** Told after each dial of `target`: whether there was a session in which either side could read the other. */
  dialled(understood: boolean): void {
    const { target } = this;
    if (understood && target === this.#other) [this.#first, this.#other] = [this.#other, this.#first];
    this.#failures = understood ? 0 : this.#failures + 1;
  }
}
