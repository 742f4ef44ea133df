import type { LargeCommunity, SessionContext } from '../codec/bgp/index.ts';
import type { Asn, IpAddress, IpFamily, Ipv4, Ipv6, Prefix } from '../net/index.ts';

/** A route that the peer is to have. */
export interface Route {
  readonly prefix: Prefix;
  /** Routes that share one object here cost the least; equal objects are packed together all the same. */
  readonly attributes: RouteAttributes;
}

/** What is said of a route. Never changed once handed over. */
export interface RouteAttributes {
  /** Absent, or of a family that the route cannot have: this end of the session. */
  readonly nextHop?: IpAddress;
  /** 32 bits; sent on internal sessions only, 100 when absent. */
  readonly localPref?: number;
  /** MULTI_EXIT_DISC, 32 bits. */
  readonly med?: number;
  /** How many times more our AS number stands in the path, 0 to 254; external sessions only. */
  readonly prepend?: number;
  /** 32-bit values, in any order. */
  readonly communities?: readonly number[];
  readonly largeCommunities?: readonly LargeCommunity[];
  /** 64-bit values, passed through. */
  readonly extendedCommunities?: readonly bigint[];
}

/** What a session makes of the routes. */
export interface SendContext {
  readonly session: SessionContext;
  readonly localAsn: Asn;
  /** This end of the session, for routes that name no next hop. Without one, routes that need it are held back. */
  readonly nextHops: { readonly ipv4?: Ipv4; readonly ipv6?: { readonly global: Ipv6; readonly linkLocal?: Ipv6 } };
}

/** Why routes of a family are not sent on a session. */
export type HeldBack = 'family-not-negotiated' | 'no-next-hop' | 'attributes-too-long';

export interface RibCounts {
  readonly wanted: number;
  /** Prefixes that the peer has from us. */
  readonly advertised: number;
  /** Prefixes whose announcement or withdrawal is not yet written. */
  readonly pending: number;
  /** Different attributes that are held: what memory beside the prefixes goes by. */
  readonly attributeSets: number;
  readonly heldBack: Readonly<Partial<Record<IpFamily, HeldBack>>>;
}
