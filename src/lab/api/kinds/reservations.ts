/** Hands out numbers or texts at most once: node ports, cluster addresses. */
export class Reservations<T extends string | number> {
  /** BOUNDED: by the range that the owner picks from. */
  readonly #taken = new Set<T>();

  has(value: T): boolean {
    return this.#taken.has(value);
  }

  take(value: T): void {
    this.#taken.add(value);
  }

  release(value: T): void {
    this.#taken.delete(value);
  }

  get size(): number {
    return this.#taken.size;
  }
}
