import type { Ipv4, Ipv6, Prefix } from '../../../net/index.ts';

/** A run of AS numbers in a path. Kinds: 1 AS_SET, 2 AS_SEQUENCE, 3 and 4 their confederation forms. @see RFC 4271 §4.3, RFC 5065 §3 */
export interface AsPathSegment {
  readonly kind: 1 | 2 | 3 | 4;
  /** 1 to 255 numbers. */
  readonly asns: readonly number[];
}

/** @see RFC 8092 §3 */
export interface LargeCommunity {
  readonly globalAdministrator: number;
  readonly localData1: number;
  readonly localData2: number;
}

/** Where packets go: an IPv6 router may be named by two addresses. @see RFC 2545 §3 */
export type MpNextHop =
  | { readonly kind: 'ipv4'; readonly address: Ipv4 }
  | { readonly kind: 'ipv6'; readonly global: Ipv6; readonly linkLocal?: Ipv6 };

/** A path attribute, by its name in the RFC. */
export type PathAttribute =
  | { readonly kind: 'origin'; readonly value: number }
  | { readonly kind: 'asPath'; readonly segments: readonly AsPathSegment[] }
  | { readonly kind: 'nextHop'; readonly address: Ipv4 }
  | { readonly kind: 'multiExitDisc'; readonly value: number }
  | { readonly kind: 'localPref'; readonly value: number }
  | { readonly kind: 'atomicAggregate' }
  | { readonly kind: 'aggregator'; readonly asn: number; readonly identifier: number }
  /** Each of 32 bits: the high half is an AS number. @see RFC 1997 */
  | { readonly kind: 'communities'; readonly values: readonly number[] }
  | { readonly kind: 'originatorId'; readonly identifier: number }
  | { readonly kind: 'clusterList'; readonly identifiers: readonly number[] }
  | {
      readonly kind: 'mpReachNlri';
      readonly afi: number;
      readonly safi: number;
      readonly nextHop: MpNextHop;
      readonly nlri: readonly Prefix[];
    }
  /** Without prefixes it is the End-of-RIB of its family. @see RFC 4724 §2 */
  | {
      readonly kind: 'mpUnreachNlri';
      readonly afi: number;
      readonly safi: number;
      readonly withdrawn: readonly Prefix[];
    }
  /** Each of 64 bits, passed through. @see RFC 4360 */
  | { readonly kind: 'extendedCommunities'; readonly values: readonly bigint[] }
  | { readonly kind: 'as4Path'; readonly segments: readonly AsPathSegment[] }
  | { readonly kind: 'as4Aggregator'; readonly asn: number; readonly identifier: number }
  | { readonly kind: 'largeCommunities'; readonly values: readonly LargeCommunity[] }
  /** Any other, and one of a family that is not unicast. */
  | { readonly kind: 'unknown'; readonly flags: number; readonly type: number; readonly value: Uint8Array };
