import { type AddressRange, compareIp, familyOf, rangesOverlap } from '../net/index.ts';
import { TakenRanges } from './taken-ranges.ts';

/** Addresses that the cluster uses inside itself. */
export interface ClusterRange {
  readonly range: AddressRange;
  /** Whose they are, for messages: `the Pods' addresses of node "a" (spec.podCIDRs)`. */
  readonly owner: string;
}

/** Where a pool must not reach: no two of these share an address. */
export type ClusterRanges = Pick<TakenRanges<string>, 'overlapping'>;

/** Where several overlap, the addresses that they share are said to be of the one that begins first. */
export function clusterRangesOf(ranges: readonly ClusterRange[]): ClusterRanges {
  const taken = new TakenRanges<string>();
  let last: ClusterRange | undefined;
  for (const next of ranges.toSorted(byFirst)) {
    if (last !== undefined && rangesOverlap(last.range, next.range)) {
      const reaches = compareIp(next.range.last, last.range.last) > 0 ? next.range.last : last.range.last;
      last = { ...last, range: { first: last.range.first, last: reaches } };
      continue;
    }
    if (last !== undefined) taken.add(last.range, last.owner);
    last = next;
  }
  if (last !== undefined) taken.add(last.range, last.owner);
  return taken;
}

function byFirst({ range: a }: ClusterRange, { range: b }: ClusterRange): number {
  const [familyA, familyB] = [familyOf(a.first), familyOf(b.first)];
  if (familyA !== familyB) return familyA < familyB ? -1 : 1;
  return compareIp(a.first, b.first) || compareIp(b.last, a.last);
}
