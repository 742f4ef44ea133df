/**
 * A text that two plain values (as JSON has them, and bigints) share exactly when they are equal all the way down. The order
 * of members does not count, and one that is undefined is as good as absent.
 */
export function canonicalText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`)
    .join(',')}}`;
}

/** Whether two plain values are equal all the way down. */
export function sameValue(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || canonicalText(a) === canonicalText(b);
}
