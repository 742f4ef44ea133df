import type { AcceptedObjects } from './accept.ts';
import type { BgpAdvertisement, BgpPeer } from './bgp-config.ts';
import { makesHostRoutes, preferenceConflict, shorterThanPool } from './bgp-routes.ts';
import type { CommunityOrAlias, Decoded, DecodedBgpAdvertisement, DecodedBgpPeer } from './decoded.ts';
import { mayShareNode } from './label-selector.ts';
import { sameOrigin } from './origin.ts';
import { duplicateName, type Refusal, refusal } from './refusal.ts';
import { canonicalText } from './same-value.ts';
import { describeOrigin } from './source.ts';

type CommunityObject = Extract<Decoded, { kind: 'Community' }>;

export function communityRefusal({ origin, aliases }: CommunityObject, accepted: AcceptedObjects): Refusal | undefined {
  for (const [at, { name }] of aliases.entries()) {
    const taken = accepted.communityAliases.get(name);
    if (taken === undefined || sameOrigin(taken.origin, origin)) continue;
    return refusal('DuplicateName', {
      field: `spec.communities[${at}].name`,
      value: name,
      message: `${describeOrigin(taken.origin)} gives this name too; rename or remove one of the two`,
    });
  }
  return undefined;
}

export function advertisementRefusal(wanted: DecodedBgpAdvertisement, accepted: AcceptedObjects): Refusal | undefined {
  const unknown = wanted.communities.findIndex(
    (each) => each.kind === 'alias' && !accepted.communityAliases.has(each.name),
  );
  const alias = wanted.communities[unknown];
  if (alias?.kind === 'alias') {
    return refusal('ReferenceMissing', {
      field: `spec.communities[${unknown}]`,
      value: alias.name,
      message:
        'no Community object in force gives this name; create one, or write the value itself such as "64512:100"',
    });
  }
  const advertisement = resolvedAdvertisement(wanted, accepted);
  const pools = accepted.pools.advertisedBy(advertisement);
  for (const pool of makesHostRoutes(advertisement) ? [] : pools) {
    const conflict = shorterThanPool(advertisement, pool, accepted.pools.widestBlocks(pool));
    if (conflict !== undefined) return conflict;
  }
  const equal = accepted.bgpAdvertisements.equalTo(advertisement);
  if (equal !== undefined && !sameOrigin(equal.origin, wanted.origin)) {
    return refusal('Conflict', {
      field: 'spec',
      value: undefined,
      message: `says the same as ${describeOrigin(equal.origin)}; delete one of the two`,
    });
  }
  const others = accepted.bgpAdvertisements
    .contradicting(advertisement)
    .filter(({ origin }) => !sameOrigin(origin, wanted.origin));
  return preferenceConflict(advertisement, { others, pools });
}

export function peerRefusal(wanted: DecodedBgpPeer, accepted: AcceptedObjects): Refusal | undefined {
  if (wanted.vrf !== undefined) {
    return refusal('NotSupported', {
      field: 'spec.vrf',
      value: wanted.vrf,
      message:
        'sessions in a VRF of the node are not built; remove the field, and let the main routing table of the node lead to the peer',
    });
  }
  const namesake = accepted.bgpPeers.get(wanted.name);
  if (namesake !== undefined && !sameOrigin(namesake.origin, wanted.origin)) {
    return duplicateName(wanted.name, namesake.origin);
  }
  if (typeof wanted.bfdProfile === 'string' && !accepted.bfdProfiles.has(wanted.bfdProfile)) {
    return refusal('ReferenceMissing', {
      field: 'spec.bfdProfile',
      value: wanted.bfdProfile,
      message: 'no BFDProfile of this name is in force; create it, or remove the field',
    });
  }
  const twin = accepted.bgpPeersByEnds
    .get(endsOf(wanted))
    ?.find(
      (other) => !sameOrigin(other.origin, wanted.origin) && mayShareNode(other.nodeSelectors, wanted.nodeSelectors),
    );
  return twin === undefined
    ? undefined
    : refusal('Conflict', {
        field: wanted.endpoint.kind === 'address' ? 'spec.peerAddress' : 'spec.interface',
        value: undefined,
        message: `is that of ${describeOrigin(twin.origin)} too, and a node may match both; delete one of the two, or give them nodeSelectors that exclude each other`,
      });
}

export function resolvedAdvertisement(from: DecodedBgpAdvertisement, accepted: AcceptedObjects): BgpAdvertisement {
  const resolved = (each: CommunityOrAlias) =>
    each.kind === 'alias' ? (accepted.communityAliases.get(each.name)?.value ?? []) : each;
  return { ...from, communities: from.communities.flatMap(resolved) };
}

export function resolvedPeer(from: DecodedBgpPeer, accepted: AcceptedObjects): BgpPeer {
  const { bfdProfile, ...rest } = from;
  const profile = typeof bfdProfile === 'string' ? accepted.bfdProfiles.get(bfdProfile) : bfdProfile;
  return profile === undefined ? rest : { ...rest, bfdProfile: profile };
}

/** The two ends of a session but for the node: what peers have in common that cannot both be on one node. */
export function endsOf({
  endpoint,
  peerPort,
  sourceAddress,
}: Pick<BgpPeer, 'endpoint' | 'peerPort' | 'sourceAddress'>): string {
  return canonicalText([endpoint, peerPort, sourceAddress]);
}
