import type { AddressRange } from '../net/index.ts';
import type { BfdProfile, BgpAdvertisement, BgpPeer } from './bgp-config.ts';
import type { LabelSelector } from './label-selector.ts';
import type { Origin } from './origin.ts';

/** A pool of addresses to give to Services. */
export interface Pool {
  readonly name: string;
  readonly origin: Origin;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order in which the user listed them. */
  readonly ranges: readonly AddressRange[];
  /** False: given out only when a Service names the pool or the address. */
  readonly autoAssign: boolean;
  /** True: no IPv4 address that ends in .0 or .255 is given out. */
  readonly avoidBuggyIps: boolean;
  /** Present: the pool is pinned, and only these Services get addresses of it. */
  readonly serviceAllocation?: ServiceAllocation;
  /** Addresses that only one Service gets. All are of the pool, and none is there twice. */
  readonly reservations?: readonly PoolReservation[];
}

/** What a pool keeps for one Service, also while there is none of that name. */
export interface PoolReservation {
  /** `namespace/name`. */
  readonly service: string;
  readonly addresses: readonly AddressRange[];
}

export interface ServiceAllocation {
  /** The lower goes first; 0 goes last. */
  readonly priority: number;
  /** Names listed, and names that `namespaceSelectors` match now. Empty admits every namespace only without selectors. */
  readonly namespaces: readonly string[];
  readonly namespaceSelectors: readonly LabelSelector[];
  /** Any one must match; empty matches every Service. */
  readonly serviceSelectors: readonly LabelSelector[];
}

/** Which nodes and interfaces answer ARP and NDP for the addresses of which pools. */
export interface L2Advertisement {
  readonly name: string;
  readonly origin: Origin;
  /** Pools by name and by label, united; both empty mean every pool. */
  readonly ipAddressPools: readonly string[];
  readonly ipAddressPoolSelectors: readonly LabelSelector[];
  /** Any one must match; empty matches every node. */
  readonly nodeSelectors: readonly LabelSelector[];
  readonly serviceSelectors: readonly LabelSelector[];
  readonly preferredNodeSelectors: readonly { readonly weight: number; readonly preference: LabelSelector }[];
  /** Empty: every interface. */
  readonly interfaces: readonly string[];
}

/** The configuration in force: only what is valid, whole and by itself. Each list is ordered by name. */
export interface Config {
  readonly pools: readonly Pool[];
  readonly l2Advertisements: readonly L2Advertisement[];
  readonly bgpAdvertisements: readonly BgpAdvertisement[];
  readonly bgpPeers: readonly BgpPeer[];
  readonly bfdProfiles: readonly BfdProfile[];
}

/** Nothing configured. Tests spread it, so that a new member does not break them. */
export const EMPTY_CONFIG: Config = {
  pools: [],
  l2Advertisements: [],
  bgpAdvertisements: [],
  bgpPeers: [],
  bfdProfiles: [],
};
