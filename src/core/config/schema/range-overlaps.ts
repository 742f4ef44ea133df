import { type AddressRange, compareIp, familyOf, rangesOverlap } from '../../net/index.ts';

/** Pairs of indexes of ranges that share an address: each later one with an earlier one. */
export function overlapsWithin(ranges: readonly AddressRange[]): [at: number, other: number][] {
  const sorted = ranges
    .map((range, at) => ({ range, at }))
    .sort(
      (a, b) =>
        familyOf(a.range.first).localeCompare(familyOf(b.range.first)) || compareIp(a.range.first, b.range.first),
    );
  const pairs: [number, number][] = [];
  let reaching = sorted[0];
  for (const next of sorted.slice(1)) {
    if (reaching !== undefined && rangesOverlap(reaching.range, next.range)) {
      pairs.push([Math.max(reaching.at, next.at), Math.min(reaching.at, next.at)]);
    }
    if (
      reaching === undefined ||
      familyOf(reaching.range.last) !== familyOf(next.range.last) ||
      compareIp(next.range.last, reaching.range.last) > 0
    ) {
      reaching = next;
    }
  }
  return pairs;
}
