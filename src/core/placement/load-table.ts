/** Counts by two names; what is zero is not kept. BOUNDED: by what is counted. */
export class LoadTable {
  readonly #rows = new Map<string, Map<string, number>>();

  get(row: string, column: string): number {
    return this.#rows.get(row)?.get(column) ?? 0;
  }

  add(row: string, column: string, by: 1 | -1): void {
    const cells = this.#rows.get(row) ?? new Map<string, number>();
    const count = (cells.get(column) ?? 0) + by;
    if (count > 0) cells.set(column, count);
    else cells.delete(column);
    if (cells.size > 0) this.#rows.set(row, cells);
    else this.#rows.delete(row);
  }
}
