/** At most this many runs lie in one chunk: moving that many numbers costs less than one more level of a tree. */
const CHUNK_RUNS = 256;

/** Runs in ascending order: the i-th goes from `firsts[i]` to `lasts[i]`. Never empty while it is in the set. */
interface Chunk {
  readonly firsts: number[];
  readonly lasts: number[];
}

/**
 * A set of integers from 0 to 2^53 - 1, kept as maximal runs in ascending order: what is next to what is told by one look, so
 * that the first value that is absent is found in O(log runs) however full the set is. Adding and deleting is O(log runs) as
 * well, plus a move within one chunk. Memory is that of the runs, not of the values.
 */
export class RunSet {
  /** BOUNDED: by the number of runs, which is at most the number of values. */
  readonly #chunks: Chunk[] = [];

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  has(value: number): boolean {
    return this.firstAbsent(value) !== value;
  }

  /** The lowest value not below `from` that is absent. */
  firstAbsent(from: number): number {
    const chunk = this.#chunks[this.#chunkAt(from)];
    if (chunk === undefined) return from;
    const last = chunk.lasts[floorOf(chunk.firsts, from)];
    return last === undefined || last < from ? from : last + 1;
  }

  /** The lowest value not below `from` that is present. */
  firstPresent(from: number): number | undefined {
    const at = this.#chunkAt(from);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return this.#chunks[0]?.firsts[0];
    const run = floorOf(chunk.firsts, from);
    if ((chunk.lasts[run] ?? -1) >= from) return from;
    return chunk.firsts[run + 1] ?? this.#chunks[at + 1]?.firsts[0];
  }

  /** False when it was present already. */
  add(value: number): boolean {
    const at = this.#chunkAt(value);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#addFirst(value);
      return true;
    }
    const run = floorOf(chunk.firsts, value);
    const last = chunk.lasts[run] ?? value;
    if (last >= value) return false;
    const next = chunk.firsts[run + 1] ?? this.#chunks[at + 1]?.firsts[0];
    const touchesNext = next === value + 1;
    if (last === value - 1) {
      chunk.lasts[run] = value;
      if (touchesNext) this.#joinNext(at, run);
    } else if (touchesNext) {
      this.#startNextAt(at, run, value);
    } else {
      this.#insertRun(at, run + 1, { first: value, last: value });
    }
    return true;
  }

  /** False when it was absent already. */
  delete(value: number): boolean {
    const at = this.#chunkAt(value);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const run = floorOf(chunk.firsts, value);
    const first = chunk.firsts[run] ?? value;
    const last = chunk.lasts[run] ?? -1;
    if (last < value) return false;
    if (first === last) {
      this.#removeRun(at, run);
    } else if (first === value) {
      chunk.firsts[run] = value + 1;
    } else {
      chunk.lasts[run] = value - 1;
      if (last > value) this.#insertRun(at, run + 1, { first: value + 1, last });
    }
    return true;
  }

  /** The runs in ascending order. */
  *runs(): Generator<{ readonly first: number; readonly last: number }> {
    for (const { firsts, lasts } of this.#chunks) {
      for (const [at, first] of firsts.entries()) yield { first, last: lasts[at] ?? first };
    }
  }

  /** Where the chunk is whose first run begins at or before `value`; -1 when all begin behind it. */
  #chunkAt(value: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.firsts[0] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Adds a value that lies before all runs. */
  #addFirst(value: number): void {
    const head = this.#chunks[0];
    if (head === undefined) this.#chunks.push({ firsts: [value], lasts: [value] });
    else if (head.firsts[0] === value + 1) head.firsts[0] = value;
    else this.#insertRun(0, 0, { first: value, last: value });
  }

  /** Makes the run after (at, run) begin at `value`. */
  #startNextAt(at: number, run: number, value: number): void {
    const chunk = this.#chunks[at];
    const next = this.#chunks[at + 1];
    if (chunk !== undefined && run + 1 < chunk.firsts.length) chunk.firsts[run + 1] = value;
    else if (next !== undefined) next.firsts[0] = value;
  }

  /** Makes one run of (at, run) and the next. */
  #joinNext(at: number, run: number): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const [nextAt, nextRun] = run + 1 < chunk.firsts.length ? [at, run + 1] : [at + 1, 0];
    chunk.lasts[run] = this.#chunks[nextAt]?.lasts[nextRun] ?? 0;
    this.#removeRun(nextAt, nextRun);
  }

  #insertRun(at: number, run: number, { first, last }: { readonly first: number; readonly last: number }): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    chunk.firsts.splice(run, 0, first);
    chunk.lasts.splice(run, 0, last);
    if (chunk.firsts.length <= CHUNK_RUNS) return;
    const half = CHUNK_RUNS >>> 1;
    this.#chunks.splice(at + 1, 0, { firsts: chunk.firsts.splice(half), lasts: chunk.lasts.splice(half) });
  }

  #removeRun(at: number, run: number): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    chunk.firsts.splice(run, 1);
    chunk.lasts.splice(run, 1);
    if (chunk.firsts.length === 0) this.#chunks.splice(at, 1);
  }
}

/** The index of the greatest element not above `value`; -1 when there is none. */
function floorOf(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
