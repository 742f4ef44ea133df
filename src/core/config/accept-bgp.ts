import type { AcceptedObjects } from './accept.ts';
import { advertisesPool } from './advertises.ts';
import type { BgpAdvertisement, BgpPeer } from './bgp-config.ts';
import { preferenceConflict, shorterThanPool } from './bgp-routes.ts';
import type { CommunityOrAlias, Decoded, DecodedBgpAdvertisement, DecodedBgpPeer } from './decoded.ts';
import { mayShareNode } from './label-selector.ts';
import { sameOrigin } from './origin.ts';
import { duplicateName, type Refusal, refusal } from './refusal.ts';
import { sameValue } from './same-value.ts';
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
  const pools = [...accepted.pools.values()].filter((pool) => advertisesPool(advertisement, pool));
  for (const pool of pools) {
    const conflict = shorterThanPool(advertisement, pool);
    if (conflict !== undefined) return conflict;
  }
  const others = accepted.bgpAdvertisements.filter(({ origin }) => !sameOrigin(origin, wanted.origin));
  const equal = others.find((other) => sayTheSame(other, advertisement));
  if (equal !== undefined) {
    return refusal('Conflict', {
      field: 'spec',
      value: undefined,
      message: `says the same as ${describeOrigin(equal.origin)}; delete one of the two`,
    });
  }
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
  const twin = [...accepted.bgpPeers.values()].find(
    (other) => !sameOrigin(other.origin, wanted.origin) && sameSession(other, wanted),
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

/** Cheap questions first: every advertisement is compared with every other. */
function sayTheSame(a: BgpAdvertisement, b: BgpAdvertisement): boolean {
  return (
    a.localPref === b.localPref &&
    a.ipAddressPools.length === b.ipAddressPools.length &&
    a.ipAddressPools[0] === b.ipAddressPools[0] &&
    a.peers[0] === b.peers[0] &&
    sameValue(withoutName(a), withoutName(b))
  );
}

function withoutName({ name: _name, origin: _origin, ...rest }: BgpAdvertisement): unknown {
  return rest;
}

/** Cheap questions first: every peer is compared with every other. */
function sameSession(a: BgpPeer, b: DecodedBgpPeer): boolean {
  return (
    a.peerPort === b.peerPort &&
    a.sourceAddress === b.sourceAddress &&
    sameEndpoint(a.endpoint, b.endpoint) &&
    mayShareNode(a.nodeSelectors, b.nodeSelectors)
  );
}

function sameEndpoint(a: BgpPeer['endpoint'], b: BgpPeer['endpoint']): boolean {
  if (a.kind === 'address') return b.kind === 'address' && a.address === b.address;
  return b.kind === 'interface' && a.name === b.name;
}
