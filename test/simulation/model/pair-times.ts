/** A time for each ordered pair of names. */
export class PairTimes {
  readonly #times = new Map<string, Map<string, number>>();

  get(a: string, b: string): number | undefined {
    return this.#times.get(a)?.get(b);
  }

  set(a: string, b: string, timeMs: number): void {
    const ofA = this.#times.get(a);
    if (ofA === undefined) this.#times.set(a, new Map([[b, timeMs]]));
    else ofA.set(b, timeMs);
  }
}
