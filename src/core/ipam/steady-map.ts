/** So many vacant keys are kept in any case: below that, building anew costs more than it brings. */
const VACANT_MIN = 64;

/**
 * A Map for keys that come and go again and again, as the lowest address of a pool does. What is deleted from a JavaScript Map
 * stays in its hash chain until the whole is rehashed, so that one key deleted n times costs n steps to find; here its place
 * is kept, and taken again by the same key. The vacant places go when they outnumber the others.
 */
export class SteadyMap<K, V extends object> {
  /** BOUNDED: by twice the entries, or VACANT_MIN. */
  #entries = new Map<K, V | undefined>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    if (!this.has(key)) this.#size += 1;
    this.#entries.set(key, value);
  }

  delete(key: K): void {
    if (!this.has(key)) return;
    this.#entries.set(key, undefined);
    this.#size -= 1;
    if (this.#entries.size > Math.max(VACANT_MIN, this.#size * 2)) this.#dropVacant();
  }

  *keys(): Generator<K> {
    for (const [key, value] of this.#entries) if (value !== undefined) yield key;
  }

  #dropVacant(): void {
    this.#entries = new Map([...this.#entries].filter(([, value]) => value !== undefined));
  }
}
