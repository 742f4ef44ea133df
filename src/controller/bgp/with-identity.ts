import { canonicalText } from '../../core/config/same-value.ts';

/** The new list, with the objects of the old one where they say the same; the old one itself where all do. */
export function withIdentity<Item>(now: readonly Item[], before: readonly Item[]): readonly Item[] {
  const known = new Map(before.map((item) => [canonicalText(item), item]));
  const kept = now.map((item) => known.get(canonicalText(item)) ?? item);
  return kept.length === before.length && kept.every((item, at) => item === before[at]) ? before : kept;
}
