import type { IpAddress, IpFamily } from '../net/index.ts';
import type { SharingConflict } from './claim.ts';

/** Why an address that was asked for, or is held, cannot be had. */
export type AddressRefusal =
  | { readonly kind: 'outside-pools'; readonly address: IpAddress }
  /** In a pool, but not in one of those asked for. */
  | {
      readonly kind: 'other-pool';
      readonly address: IpAddress;
      readonly pool: string;
      readonly wanted: readonly string[];
    }
  | { readonly kind: 'address-not-admitted'; readonly address: IpAddress; readonly pool: string }
  /** The pool avoids addresses that end in .0 and .255. */
  | { readonly kind: 'buggy'; readonly address: IpAddress; readonly pool: string }
  | { readonly kind: 'node-address'; readonly address: IpAddress; readonly node: string }
  | { readonly kind: 'quarantined'; readonly address: IpAddress; readonly cause: string }
  | { readonly kind: 'reserved'; readonly address: IpAddress; readonly pool: string; readonly holder: string }
  | {
      readonly kind: 'held';
      readonly address: IpAddress;
      readonly holder: string;
      readonly conflict: SharingConflict;
      /** The holder has another address already, and gives this one up as soon as its status says so. */
      readonly leaving: boolean;
    }
  /** The Service has no use for an address of this family. */
  | { readonly kind: 'family-unwanted'; readonly address: IpAddress; readonly families: readonly IpFamily[] };

/** Why a pool that was tried has no address to give. */
export type PoolRefusal =
  /** It was asked for by name. `known` are the pools that there are. */
  | { readonly kind: 'no-such-pool'; readonly pool: string; readonly known: readonly string[] }
  | { readonly kind: 'not-auto-assigned'; readonly pool: string }
  | { readonly kind: 'not-admitted'; readonly pool: string }
  | { readonly kind: 'family-missing'; readonly pool: string; readonly family: IpFamily }
  | {
      readonly kind: 'exhausted';
      readonly pool: string;
      readonly family: IpFamily;
      /** How many addresses of the family the pool can give out, and how many of them Services have. */
      readonly usable: bigint;
      readonly assigned: number;
      /** How many nobody is given, being a node's own or in quarantine. */
      readonly barred: number;
      /** How many are in their cool-down, and when the first of them ends it (of the injected clock). */
      readonly resting: number;
      readonly restingUntilMs?: number;
      /** How many are free but promised to Services that have been waiting for longer. */
      readonly promised: number;
    };

/** `no-pools`: there is none at all. */
export type Refusal = AddressRefusal | PoolRefusal | { readonly kind: 'no-pools' };
