import { advertisesPool, type SelectsPools, selectsByNameOnly } from './advertises.ts';
import type { BgpPeer } from './bgp-config.ts';
import type { Config, Pool } from './config.ts';
import { originKey } from './origin.ts';
import { quote } from './problem.ts';

/** So many names of one field are told: a condition has room for 32,768 characters. */
const NOTED_MAX = 10;

/** By the key of its origin, what the owner of an object that is in force should know of it, though nothing is wrong with it. */
export function notesOf(config: Config): ReadonlyMap<string, readonly string[]> {
  const pools = notesOnPools(config);
  const peers = notesOnPeers(config);
  // Of one flag come a pool and an advertisement: the later entry, of the pool, counts.
  return new Map(
    [...notesOnAdvertisements(config), ...peers, ...pools].map(([{ origin }, notes]) => [originKey(origin), notes]),
  );
}

type Noted<Item> = readonly (readonly [Item, notes: readonly string[]])[];

function notesOnPools({ pools, l2Advertisements, bgpAdvertisements }: Config): Noted<Pool> {
  const advertisements: readonly SelectsPools[] = [...l2Advertisements, ...bgpAdvertisements];
  const named = new Set(advertisements.flatMap(({ ipAddressPools }) => ipAddressPools));
  const others = advertisements.filter((advertisement) => !selectsByNameOnly(advertisement));
  return pools.map((pool) => {
    if (named.has(pool.name) || others.some((each) => advertisesPool(each, pool))) return [pool, []];
    const note = `No advertisement in force announces this pool, so nobody can reach its addresses: create an L2Advertisement or a BGPAdvertisement for "${pool.name}".`;
    return [pool, [note]];
  });
}

function notesOnAdvertisements(
  config: Config,
): Noted<Config['l2Advertisements'][number] | Config['bgpAdvertisements'][number]> {
  const pools = { known: new Set(config.pools.map(({ name }) => name)), kind: 'IPAddressPool' };
  const peers = { known: new Set(config.bgpPeers.map(({ name }) => name)), kind: 'BGPPeer' };
  return [...config.l2Advertisements, ...config.bgpAdvertisements].map((advertisement) => {
    const notes = unknownNames('ipAddressPools', advertisement.ipAddressPools, pools);
    if (!('peers' in advertisement)) return [advertisement, notes];
    const ofPeers =
      peers.known.size === 0
        ? ['No BGPPeer is in force, so nobody is told: create one.']
        : unknownNames('peers', advertisement.peers, peers);
    return [advertisement, [...notes, ...ofPeers]];
  });
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
function notesOnPeers({ bgpPeers, bgpAdvertisements }: Config): Noted<BgpPeer> {
  const toEverybody = bgpAdvertisements.some(({ peers }) => peers.length === 0);
  const named = new Set(bgpAdvertisements.flatMap(({ peers }) => peers));
  return bgpPeers.map((peer) => {
    const notes = passwordNotes(peer);
    if (toEverybody || named.has(peer.name)) return [peer, notes];
    const untold = 'No BGPAdvertisement in force names this peer or every peer, so it is told no routes: create one.';
    return [peer, [...notes, untold]];
  });
}

function passwordNotes({ password }: BgpPeer): string[] {
  if (password?.kind !== 'secret' || password.otherNamespace === undefined) return [];
  const { name, namespace, otherNamespace } = password;
  return [
    `spec.passwordSecret.namespace ${quote(otherNamespace)} is not heeded: the Secret ${quote(name)} is read in namespace ${quote(namespace)}, where this object is; remove the field, and see that the Secret is there.`,
  ];
}
