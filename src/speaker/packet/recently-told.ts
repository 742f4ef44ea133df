/** Keeps news of one kind about one thing from being told more often than once in `pauseMs`. */
export class RecentlyTold {
  readonly #pauseMs: number;
  readonly #capacity: number;
  /** BOUNDED: by the capacity; what was told longest ago goes first. */
  readonly #toldAtMs = new Map<string, number>();

  constructor(pauseMs: number, capacity: number) {
    this.#pauseMs = pauseMs;
    this.#capacity = capacity;
  }

  /** True when it is to be told now; then it counts as told. */
  tell(subject: string, nowMs: number): boolean {
    const beforeMs = this.#toldAtMs.get(subject);
    if (beforeMs !== undefined && nowMs - beforeMs < this.#pauseMs) return false;
    this.#toldAtMs.delete(subject);
    this.#toldAtMs.set(subject, nowMs);
    if (this.#toldAtMs.size > this.#capacity) {
      const [oldest] = this.#toldAtMs.keys();
      if (oldest !== undefined) this.#toldAtMs.delete(oldest);
    }
    return true;
  }
}
