import type { Config, Pool } from './config.ts';
import { selectorMatches } from './label-selector.ts';
import { type Origin, sameOrigin } from './origin.ts';

interface Advertises {
  readonly ipAddressPools: readonly string[];
  readonly ipAddressPoolSelectors: Config['l2Advertisements'][number]['ipAddressPoolSelectors'];
}

/** Whether an advertisement, of layer 2 or BGP, is for a pool. */
export function advertisesPool(advertisement: Advertises, pool: Pick<Pool, 'name' | 'labels'>): boolean {
  const { ipAddressPools, ipAddressPoolSelectors } = advertisement;
  if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) return true;
  return (
    ipAddressPools.includes(pool.name) ||
    ipAddressPoolSelectors.some((selector) => selectorMatches(selector, pool.labels))
  );
}

/** What the owner of an object that is in force should know of it, though nothing is wrong with it. */
export function notesOn(origin: Origin, config: Config): string[] {
  const pool = config.pools.find((candidate) => sameOrigin(candidate.origin, origin));
  if (pool !== undefined) return poolNotes(pool, config);
  const advertisements = [...config.l2Advertisements, ...config.bgpAdvertisements];
  const advertisement = advertisements.find((candidate) => sameOrigin(candidate.origin, origin));
  return advertisement === undefined ? [] : advertisementNotes(advertisement, config);
}

function poolNotes(pool: Pool, config: Config): string[] {
  const advertisements: readonly Advertises[] = [...config.l2Advertisements, ...config.bgpAdvertisements];
  if (advertisements.some((advertisement) => advertisesPool(advertisement, pool))) return [];
  return [
    `No advertisement in force announces this pool, so nobody can reach its addresses: create an L2Advertisement for "${pool.name}".`,
  ];
}

function advertisementNotes(advertisement: Advertises, config: Config): string[] {
  const known = new Set(config.pools.map(({ name }) => name));
  return advertisement.ipAddressPools
    .filter((name) => !known.has(name))
    .map((name) => `spec.ipAddressPools "${name}": no IPAddressPool of this name is in force.`);
}
