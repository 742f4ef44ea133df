/**
 * A list within a sentence: the first parts, and how many more there are.
 * @param most how many are written out
 * @param separator a semicolon for clauses, a comma for names
 */
export function abridged(parts: readonly string[], most: number, separator: '; ' | ', ' = '; '): string {
  const shown = parts.slice(0, most).join(separator);
  if (parts.length <= most) return shown;
  return `${shown}${separator === '; ' ? ';' : ''} and ${parts.length - most} more`;
}
