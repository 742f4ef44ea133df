/** The one counter of all writes, as etcd's revision. */
export class Revisions {
  #current = 1;

  /** The revision of the last write. */
  get current(): number {
    return this.#current;
  }

  next(): number {
    this.#current += 1;
    return this.#current;
  }
}
