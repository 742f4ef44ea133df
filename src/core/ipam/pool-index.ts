import { compareIp, familyOf, type IpAddress, type IpFamily } from '../net/index.ts';
import { AddressSpace, type Stretch } from './address-space.ts';
import type { Pool } from './pool.ts';

/** Where an address lies. */
export interface Place {
  readonly pool: Pool;
  readonly space: AddressSpace;
  readonly stretch: Stretch;
  /** Present: the address is kept for this Service. */
  readonly reservedFor?: string;
}

/** Finds the pool of an address in O(log ranges). */
export class PoolIndex {
  /** BOUNDED: by the ranges of the pools. */
  readonly #places: { readonly [F in IpFamily]: readonly Place[] };

  constructor(pools: Iterable<Pool>) {
    const places: Place[] = [];
    for (const pool of pools) {
      for (const kept of pool.spaces()) {
        for (const stretch of kept.space.stretches) places.push({ pool, stretch, ...kept });
      }
    }
    places.sort((a, b) => compareIp(a.stretch.range.first, b.stretch.range.first));
    const ofFamily = (family: IpFamily) => places.filter(({ space }) => space.family === family);
    this.#places = { IPv4: ofFamily('IPv4'), IPv6: ofFamily('IPv6') };
  }

  find(address: IpAddress): Place | undefined {
    const places = this.#places[familyOf(address)];
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = places[middle]?.stretch.range.first;
      if (first !== undefined && first <= address) low = middle + 1;
      else high = middle;
    }
    const place = places[low - 1];
    return place !== undefined && address <= place.stretch.range.last ? place : undefined;
  }
}

/** The number of an address in its space; undefined when only a request reaches it. */
export function offsetAt(place: Place, address: IpAddress): number | undefined {
  return AddressSpace.offsetIn(place.stretch, address);
}
