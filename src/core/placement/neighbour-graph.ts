/**
 * Which nodes share a list of candidates, and so send each other hellos. No node ever has more than `limit` neighbours: a
 * node's cost does not grow with the cluster, and few sets of three nodes hold all candidates of an address (copysets).
 * @see Cidon et al.: Copysets: Reducing the Frequency of Data Loss in Cloud Storage, 2013
 */
export class NeighbourGraph {
  readonly #limit: number;
  /** How many lists a pair shares. BOUNDED: by the nodes, times `limit`. */
  readonly #shared = new Map<string, Map<string, number>>();
  /** BOUNDED: by the nodes. */
  readonly #changed = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  neighboursOf(node: string): readonly string[] {
    return [...(this.#shared.get(node)?.keys() ?? [])];
  }

  degreeOf(node: string): number {
    return this.#shared.get(node)?.size ?? 0;
  }

  /** The nodes that have other neighbours than when this was last asked, or had for a while. */
  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** Whether these can share a list, that is, whether nobody of them would have more neighbours than the limit. */
  fits(list: readonly string[]): boolean {
    return list.every((node) => this.degreeOf(node) + this.#strangers(node, list) <= this.#limit);
  }

  /** Whether all of these are neighbours of each other already. */
  isKnown(list: readonly string[]): boolean {
    return list.every((node) => this.#strangers(node, list) === 0);
  }

  /** Those who are neighbours of every node of the list. */
  common(list: readonly string[]): readonly string[] {
    const [first = '', ...others] = list;
    const rows = others.map((node) => this.#shared.get(node));
    return [...(this.#shared.get(first)?.keys() ?? [])].filter((node) => rows.every((row) => row?.has(node)));
  }

  add(list: readonly string[]): void {
    this.#change(list, 1);
  }

  remove(list: readonly string[]): void {
    this.#change(list, -1);
  }

  /** How many of the list are not yet neighbours of `node`. */
  #strangers(node: string, list: readonly string[]): number {
    const neighbours = this.#shared.get(node);
    return list.reduce((count, other) => (other === node || neighbours?.has(other) ? count : count + 1), 0);
  }

  #change(list: readonly string[], by: 1 | -1): void {
    for (const one of list) {
      for (const other of list) {
        if (one !== other) this.#count(one, other, by);
      }
    }
  }

  #count(one: string, other: string, by: 1 | -1): void {
    const row = this.#shared.get(one) ?? new Map<string, number>();
    const before = row.get(other) ?? 0;
    const count = before + by;
    if (before === 0 || count === 0) this.#changed.add(one);
    if (count > 0) row.set(other, count);
    else row.delete(other);
    if (row.size > 0) this.#shared.set(one, row);
    else this.#shared.delete(one);
  }
}
