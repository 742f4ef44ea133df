import type { AddressRange } from '../net/index.ts';
import type { LabelSelector } from './label-selector.ts';

/** Where a value of the configuration was written: an API object, or a flag. Used to say which object, which field. */
export interface Origin {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

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
}

export interface ServiceAllocation {
  /** The lower goes first; 0 goes last. */
  readonly priority: number;
  /** Names listed, and names that `namespaceSelectors` matched; with neither, every namespace. */
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

/** The configuration in force: only what is valid, whole and by itself. */
export interface Config {
  readonly pools: readonly Pool[];
  readonly l2Advertisements: readonly L2Advertisement[];
}
