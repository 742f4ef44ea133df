/** @see RFC 4271 §4.1, RFC 2918 §3 */
export const MessageType = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

/** Marker, length and type. */
export const HEADER_LENGTH = 19;
export const MARKER_LENGTH = 16;

/** Longest message, header included. @see RFC 4271 §4.1 */
export const MAX_LENGTH = 4096;

/** Longest message where the receiver offered the capability; never for OPEN and KEEPALIVE. @see RFC 8654 §4 */
export const MAX_EXTENDED_LENGTH = 65_535;

export const BGP_VERSION = 4;

/** Stands for an AS number above 65535 in a 16-bit field. @see RFC 6793 §9 */
export const AS_TRANS = 23_456;

/** @see https://www.iana.org/assignments/address-family-numbers */
export const Afi = { ipv4: 1, ipv6: 2 } as const;

/** @see https://www.iana.org/assignments/safi-namespace */
export const Safi = { unicast: 1 } as const;

/** @see https://www.iana.org/assignments/capability-codes */
export const CapabilityCode = {
  multiprotocol: 1,
  routeRefresh: 2,
  extendedNextHop: 5,
  extendedMessage: 6,
  gracefulRestart: 64,
  fourOctetAs: 65,
  enhancedRouteRefresh: 70,
} as const;

/** @see https://www.iana.org/assignments/bgp-parameters */
export const AttributeType = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  multiExitDisc: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  communities: 8,
  originatorId: 9,
  clusterList: 10,
  mpReachNlri: 14,
  mpUnreachNlri: 15,
  extendedCommunities: 16,
  as4Path: 17,
  as4Aggregator: 18,
  largeCommunities: 32,
} as const;

/** The high four bits of an attribute's first octet. @see RFC 4271 §4.3 */
export const AttributeFlag = { optional: 0x80, transitive: 0x40, partial: 0x20, extendedLength: 0x10 } as const;

/** @see RFC 4271 §4.3 */
export const Origin = { igp: 0, egp: 1, incomplete: 2 } as const;

/** Communities that every router knows, as their 32-bit values. @see https://www.iana.org/assignments/bgp-well-known-communities */
export const WellKnownCommunity = {
  /** @see RFC 8326 §4 */
  gracefulShutdown: 0xffff_0000,
} as const;
