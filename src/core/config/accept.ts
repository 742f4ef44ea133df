import { type AddressRange, formatIp } from '../net/index.ts';
import {
  advertisementRefusal,
  communityRefusal,
  endsOf,
  peerRefusal,
  resolvedAdvertisement,
  resolvedPeer,
} from './accept-bgp.ts';
import { AcceptedAdvertisements } from './accepted-advertisements.ts';
import { AcceptedPools } from './accepted-pools.ts';
import type { BfdProfile, BgpPeer } from './bgp-config.ts';
import type { ClusterRanges } from './cluster-ranges.ts';
import type { L2Advertisement, Pool } from './config.ts';
import type { CommunityAlias, Decoded } from './decoded.ts';
import { type Origin, sameOrigin } from './origin.ts';
import { quote } from './problem.ts';
import { duplicateName, type Refusal } from './refusal.ts';
import { describeOrigin } from './source.ts';
import { TakenRanges } from './taken-ranges.ts';

/** What was accepted so far, with its references looked up. BOUNDED: by the objects of our kinds in the API. */
export interface AcceptedObjects {
  readonly pools: AcceptedPools;
  readonly poolRanges: TakenRanges<Pool>;
  readonly clusterRanges: ClusterRanges;
  readonly l2Advertisements: L2Advertisement[];
  readonly bgpAdvertisements: AcceptedAdvertisements;
  readonly bgpPeers: Map<string, BgpPeer>;
  /** Each list in the order in which they were accepted. */
  readonly bgpPeersByEnds: Map<string, BgpPeer[]>;
  readonly bfdProfiles: Map<string, BfdProfile>;
  readonly communityAliases: Map<string, CommunityAlias & { readonly origin: Origin }>;
}

/** Before the first object is looked at. */
export function emptyAccepted(clusterRanges: ClusterRanges): AcceptedObjects {
  return {
    pools: new AcceptedPools(),
    poolRanges: new TakenRanges(),
    clusterRanges,
    l2Advertisements: [],
    bgpAdvertisements: new AcceptedAdvertisements(),
    bgpPeers: new Map(),
    bgpPeersByEnds: new Map(),
    bfdProfiles: new Map(),
    communityAliases: new Map(),
  };
}

/** Why an object cannot be beside those that were accepted, leaving out an earlier version of itself; undefined when it can. */
export function refusalOf(value: Decoded, accepted: AcceptedObjects): Refusal | undefined {
  switch (value.kind) {
    case 'IPAddressPool':
      return poolRefusal(value.pool, accepted);
    case 'L2Advertisement':
      return undefined;
    case 'BGPAdvertisement':
      return advertisementRefusal(value.advertisement, accepted);
    case 'BGPPeer':
      return peerRefusal(value.peer, accepted);
    case 'BFDProfile':
      return profileRefusal(value.profile, accepted);
    case 'Community':
      return communityRefusal(value, accepted);
  }
}

/** Adds an object that nothing refuses. @returns it with its references looked up, so that it can outlive them */
export function add(value: Decoded, accepted: AcceptedObjects): Decoded {
  switch (value.kind) {
    case 'IPAddressPool':
      accepted.pools.add(value.pool);
      for (const range of value.pool.ranges) accepted.poolRanges.add(range, value.pool);
      return value;
    case 'L2Advertisement':
      accepted.l2Advertisements.push(value.advertisement);
      return value;
    case 'BGPAdvertisement': {
      const advertisement = resolvedAdvertisement(value.advertisement, accepted);
      accepted.bgpAdvertisements.add(advertisement);
      return { kind: value.kind, advertisement };
    }
    case 'BGPPeer': {
      const peer = resolvedPeer(value.peer, accepted);
      accepted.bgpPeers.set(peer.name, peer);
      const twins = accepted.bgpPeersByEnds.get(endsOf(peer));
      if (twins === undefined) accepted.bgpPeersByEnds.set(endsOf(peer), [peer]);
      else twins.push(peer);
      return { kind: value.kind, peer };
    }
    case 'BFDProfile':
      accepted.bfdProfiles.set(value.profile.name, value.profile);
      return value;
    case 'Community':
      for (const alias of value.aliases) accepted.communityAliases.set(alias.name, { ...alias, origin: value.origin });
      return value;
  }
}

function poolRefusal(pool: Pool, { pools, poolRanges, clusterRanges }: AcceptedObjects): Refusal | undefined {
  const isOther = (other: Pool): boolean => !sameOrigin(other.origin, pool.origin);
  const namesake = pools.get(pool.name);
  if (namesake !== undefined && isOther(namesake)) return duplicateName(pool.name, namesake.origin);
  for (const [at, range] of pool.ranges.entries()) {
    const [inside] = clusterRanges.overlapping(range);
    if (inside !== undefined) return insideCluster(at, range, inside);
    const taken = poolRanges.overlapping(range).find(({ owner }) => isOther(owner));
    if (taken !== undefined) return overlap(at, range, taken);
  }
  return undefined;
}

/** The nodes forward such addresses inside the cluster: nobody outside would ever reach them. */
function insideCluster(
  at: number,
  range: AddressRange,
  { range: taken, owner }: { readonly range: AddressRange; readonly owner: string },
): Refusal {
  return {
    reason: 'Overlap',
    message: `spec.addresses[${at}] ${rangeText(range)}: overlaps ${rangeText(taken)}, ${owner}; take these addresses out of the pool.`,
  };
}

function overlap(
  at: number,
  range: AddressRange,
  taken: { readonly range: AddressRange; readonly owner: Pool },
): Refusal {
  return {
    reason: 'Overlap',
    message: `spec.addresses[${at}] ${rangeText(range)}: overlaps ${rangeText(taken.range)} of ${describeOrigin(taken.owner.origin)}, which is in force; take these addresses out of one of the two.`,
  };
}

function rangeText({ first, last }: AddressRange): string {
  return quote(`${formatIp(first)}-${formatIp(last)}`);
}

function profileRefusal({ name, origin }: BfdProfile, { bfdProfiles }: AcceptedObjects): Refusal | undefined {
  const namesake = bfdProfiles.get(name);
  return namesake === undefined || sameOrigin(namesake.origin, origin)
    ? undefined
    : duplicateName(name, namesake.origin);
}
