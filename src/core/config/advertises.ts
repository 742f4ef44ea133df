import type { Pool } from './config.ts';
import { type LabelSelector, selectorMatches } from './label-selector.ts';

/** The part of an advertisement, of layer 2 or BGP, that says for which pools it is. */
export interface SelectsPools {
  readonly ipAddressPools: readonly string[];
  readonly ipAddressPoolSelectors: readonly LabelSelector[];
}

/** Whether it is for the pools that it names and for no other. */
export function selectsByNameOnly({ ipAddressPools, ipAddressPoolSelectors }: SelectsPools): boolean {
  return ipAddressPools.length > 0 && ipAddressPoolSelectors.length === 0;
}

/** Whether an advertisement is for a pool. */
export function advertisesPool(
  { ipAddressPools, ipAddressPoolSelectors }: SelectsPools,
  pool: Pick<Pool, 'name' | 'labels'>,
): boolean {
  if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) return true;
  return (
    ipAddressPools.includes(pool.name) ||
    ipAddressPoolSelectors.some((selector) => selectorMatches(selector, pool.labels))
  );
}
