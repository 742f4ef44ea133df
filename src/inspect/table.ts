/** A column: its heading, and its text for a row. */
export interface Column<T> {
  readonly title: string;
  text(row: T): string;
}

const GAP = '   ';
const NOTHING = '-';

/** Rows below headings, as kubectl prints them: each column as wide as its widest text. Empty texts become `-`. */
export function formatTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => cell(column, row)))];
  const widths = columns.map((_column, place) => Math.max(...lines.map((line) => line[place]?.length ?? 0)));
  const formatted = lines.map((line) =>
    line
      .map((text, place) => text.padEnd(widths[place] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return `${formatted.join('\n')}\n`;
}

function cell<T>(column: Column<T>, row: T): string {
  return column.text(row).replaceAll(/\s+/g, ' ').trim() || NOTHING;
}
