import { advertisesPool, type SelectsPools } from './advertises.ts';
import type { Config, Pool } from './config.ts';
import { type Origin, sameOrigin } from './origin.ts';

const NO_BGP = 'This version holds no BGP sessions yet.';

/** What the owner of an object that is in force should know of it, though nothing is wrong with it. */
export function notesOn(origin: Origin, config: Config): string[] {
  const pool = config.pools.find((candidate) => sameOrigin(candidate.origin, origin));
  if (pool !== undefined) return poolNotes(pool, config);
  if (origin.kind === 'BGPPeer') return [NO_BGP];
  const advertisements = [...config.l2Advertisements, ...config.bgpAdvertisements];
  const advertisement = advertisements.find((candidate) => sameOrigin(candidate.origin, origin));
  if (advertisement === undefined) return [];
  const notes = advertisementNotes(advertisement, config);
  return origin.kind === 'BGPAdvertisement' ? [...notes, NO_BGP] : notes;
}

function poolNotes(pool: Pool, config: Config): string[] {
  const advertisements: readonly SelectsPools[] = [...config.l2Advertisements, ...config.bgpAdvertisements];
  if (advertisements.some((advertisement) => advertisesPool(advertisement, pool))) return [];
  return [
    `No advertisement in force announces this pool, so nobody can reach its addresses: create an L2Advertisement for "${pool.name}".`,
  ];
}

function advertisementNotes(advertisement: SelectsPools, config: Config): string[] {
  const known = new Set(config.pools.map(({ name }) => name));
  return advertisement.ipAddressPools
    .filter((name) => !known.has(name))
    .map((name) => `spec.ipAddressPools "${name}": no IPAddressPool of this name is in force.`);
}
