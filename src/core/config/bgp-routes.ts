import { familyBits, familyOf, formatPrefix, type IpFamily, type Prefix } from '../net/index.ts';
import { advertisesPool } from './advertises.ts';
import type { BgpAdvertisement } from './bgp-config.ts';
import type { Pool } from './config.ts';
import { mayShareNode } from './label-selector.ts';
import { type Refusal, refusal } from './refusal.ts';
import { describeOrigin } from './source.ts';

const LENGTH_FIELD = { IPv4: 'aggregationLength', IPv6: 'aggregationLengthV6' } as const;

/** A route of one address is never shorter than a pool. */
export function makesHostRoutes({ aggregationLength, aggregationLengthV6 }: BgpAdvertisement): boolean {
  return aggregationLength === familyBits('IPv4') && aggregationLengthV6 === familyBits('IPv6');
}

/**
 * A route that is shorter than a block of the pool would claim addresses that are not of the pool.
 * @param widestBlocks of each range of the pool
 */
export function shorterThanPool(
  advertisement: BgpAdvertisement,
  pool: Pool,
  widestBlocks: readonly Prefix[],
): Refusal | undefined {
  for (const widest of widestBlocks) {
    const field = LENGTH_FIELD[familyOf(widest.network)];
    const length = advertisement[field];
    if (widest.length <= length) continue;
    return refusal('Conflict', {
      field: `spec.${field}`,
      value: length,
      message: `is shorter than ${formatPrefix(widest)} of ${describeOrigin(pool.origin)}, so that the route would hold addresses of others; write at least ${widest.length}`,
    });
  }
  return undefined;
}

/**
 * Two advertisements must not give one route two preferences.
 * @param others those that may contradict it
 * @param pools those that it is for
 */
export function preferenceConflict(
  advertisement: BgpAdvertisement,
  { others, pools }: { readonly others: readonly BgpAdvertisement[]; readonly pools: readonly Pool[] },
): Refusal | undefined {
  for (const other of others) {
    const pool = pools.find((each) => advertisesPool(other, each) && sameRoutes(advertisement, other, each));
    const field = differentPreference(advertisement, other);
    if (pool === undefined || field === undefined) continue;
    return refusal('Conflict', {
      field: `spec.${field}`,
      value: advertisement[field],
      message: `${describeOrigin(other.origin)} gives routes of ${describeOrigin(pool.origin)} the value ${other[field] ?? 'none'}; write the same, or name other peers, nodes or aggregation lengths`,
    });
  }
  return undefined;
}

/** The first two advertisements that would give the route of one address two preferences at one peer of one node. */
export function contradiction(
  advertisements: readonly BgpAdvertisement[],
  family: IpFamily,
): readonly [BgpAdvertisement, BgpAdvertisement] | undefined {
  const length = LENGTH_FIELD[family];
  const [first] = advertisements;
  // So it mostly is, and then there is no need to compare each with each.
  if (first === undefined || advertisements.every((each) => differentPreference(first, each) === undefined))
    return undefined;
  for (const [at, a] of advertisements.entries()) {
    for (const b of advertisements.slice(at + 1)) {
      if (a[length] === b[length] && differentPreference(a, b) !== undefined && mayMeet(a, b)) return [a, b];
    }
  }
  return undefined;
}

/** Whether two advertisements prefer otherwise, should they be for one route. Where Services decide, that is looked at for each. */
export function mayContradict(a: BgpAdvertisement, b: BgpAdvertisement): boolean {
  if (a.serviceSelectors.length > 0 || b.serviceSelectors.length > 0) return false;
  return differentPreference(a, b) !== undefined && mayMeet(a, b);
}

/** What of a route can only be said once: the first of it that the two say differently. */
function differentPreference(a: BgpAdvertisement, b: BgpAdvertisement): 'localPref' | 'med' | 'prepend' | undefined {
  if (a.localPref !== b.localPref) return 'localPref';
  if (a.med !== b.med) return 'med';
  return a.prepend === b.prepend ? undefined : 'prepend';
}

/** Whether some peer of some node might be told routes of both. */
function mayMeet(a: BgpAdvertisement, b: BgpAdvertisement): boolean {
  return sharePeers(a, b) && mayShareNode(a.nodeSelectors, b.nodeSelectors);
}

function sharePeers(a: BgpAdvertisement, b: BgpAdvertisement): boolean {
  return a.peers.length === 0 || b.peers.length === 0 || a.peers.some((name) => b.peers.includes(name));
}

/** Whether both make a route of the same length for some address of a pool. */
function sameRoutes(a: BgpAdvertisement, b: BgpAdvertisement, pool: Pool): boolean {
  const families = new Set<IpFamily>(pool.ranges.map((range) => familyOf(range.first)));
  return [...families].some((family) => a[LENGTH_FIELD[family]] === b[LENGTH_FIELD[family]]);
}
