/** What is to happen, in order of time; what is due at one instant happens in the order in which it was entered. */
export class Agenda {
  #heap: Item[] = [];
  #entered = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  at(timeMs: number, happen: () => void): void {
    const item = { timeMs: Math.max(timeMs, this.#nowMs), order: this.#entered++, happen };
    let at = this.#heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || isBefore(above, item)) break;
      this.#heap[at] = above;
      this.#heap[parent] = item;
      at = parent;
    }
  }

  after(delayMs: number, happen: () => void): void {
    this.at(this.#nowMs + delayMs, happen);
  }

  /** Until just before `endMs`. */
  runUntil(endMs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.timeMs < endMs; first = this.#heap[0]) {
      this.#nowMs = first.timeMs;
      this.#removeFirst();
      first.happen();
    }
    this.#nowMs = endMs;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const [left, right] = [heap[child], heap[child + 1]];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const least = isRight ? right : left;
      if (least === undefined || isBefore(last, least)) break;
      heap[at] = least;
      at = isRight ? child + 1 : child;
    }
    heap[at] = last;
  }
}

interface Item {
  readonly timeMs: number;
  readonly order: number;
  readonly happen: () => void;
}

function isBefore(a: Item, b: Item): boolean {
  return a.timeMs === b.timeMs ? a.order < b.order : a.timeMs < b.timeMs;
}
