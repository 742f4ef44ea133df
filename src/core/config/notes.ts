import { advertisesPool, type SelectsPools } from './advertises.ts';
import type { BgpAdvertisement, BgpPeer } from './bgp-config.ts';
import type { Config, L2Advertisement, Pool } from './config.ts';
import { type Origin, sameOrigin } from './origin.ts';
import { quote } from './problem.ts';

/** So many names of one field are told: a condition has room for 32,768 characters. */
const NOTED_MAX = 10;

/** What the owner of an object that is in force should know of it, though nothing is wrong with it. */
export function notesOn(origin: Origin, config: Config): string[] {
  const pool = config.pools.find((candidate) => sameOrigin(candidate.origin, origin));
  if (pool !== undefined) return poolNotes(pool, config);
  const peer = config.bgpPeers.find((candidate) => sameOrigin(candidate.origin, origin));
  if (peer !== undefined) return peerNotes(peer, config);
  const advertisements = [...config.l2Advertisements, ...config.bgpAdvertisements];
  const advertisement = advertisements.find((candidate) => sameOrigin(candidate.origin, origin));
  if (advertisement === undefined) return [];
  return advertisementNotes(advertisement, config);
}

function poolNotes(pool: Pool, config: Config): string[] {
  const advertisements: readonly SelectsPools[] = [...config.l2Advertisements, ...config.bgpAdvertisements];
  if (advertisements.some((advertisement) => advertisesPool(advertisement, pool))) return [];
  return [
    `No advertisement in force announces this pool, so nobody can reach its addresses: create an L2Advertisement or a BGPAdvertisement for "${pool.name}".`,
  ];
}

function advertisementNotes(advertisement: L2Advertisement | BgpAdvertisement, config: Config): string[] {
  const pools = new Set(config.pools.map(({ name }) => name));
  const notes = unknownNames('ipAddressPools', advertisement.ipAddressPools, { known: pools, kind: 'IPAddressPool' });
  if (!('peers' in advertisement)) return notes;
  if (config.bgpPeers.length === 0) return [...notes, 'No BGPPeer is in force, so nobody is told: create one.'];
  const peers = new Set(config.bgpPeers.map(({ name }) => name));
  return [...notes, ...unknownNames('peers', advertisement.peers, { known: peers, kind: 'BGPPeer' })];
}

function unknownNames(
  field: string,
  names: readonly string[],
  { known, kind }: { readonly known: ReadonlySet<string>; readonly kind: string },
): string[] {
  const unknown = names.filter((name) => !known.has(name));
  const notes = unknown
    .slice(0, NOTED_MAX)
    .map((name) => `spec.${field} ${quote(name)}: no ${kind} of this name is in force.`);
  const more = unknown.length - notes.length;
  return more > 0 ? [...notes, `${more} more names of spec.${field} are not in force either.`] : notes;
}

/** A session is held all the same: its router may wait for it. */
function peerNotes(peer: BgpPeer, { bgpAdvertisements }: Config): string[] {
  const notes = passwordNotes(peer);
  if (bgpAdvertisements.some(({ peers }) => peers.length === 0 || peers.includes(peer.name))) return notes;
  return [...notes, 'No BGPAdvertisement in force names this peer or every peer, so it is told no routes: create one.'];
}

function passwordNotes({ password }: BgpPeer): string[] {
  if (password?.kind !== 'secret' || password.otherNamespace === undefined) return [];
  const { name, namespace, otherNamespace } = password;
  return [
    `spec.passwordSecret.namespace ${quote(otherNamespace)} is not heeded: the Secret ${quote(name)} is read in namespace ${quote(namespace)}, where this object is; remove the field, and see that the Secret is there.`,
  ];
}
