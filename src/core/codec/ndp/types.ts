import type { Ipv6, MacAddress } from '../../net/index.ts';

/**
 * A Neighbor Solicitation or Advertisement in its Ethernet frame. The hop limit is 255 and there are no extension headers.
 *
 *      0             14                                       54                             78
 *      | Ethernet | 6, class, label | length | 58 | 255 | source | destination | type | 0 | checksum | flags | target | options |
 *
 * @see RFC 4861 §4.3, §4.4
 */
export interface NdpFrame {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  /** 8 bits. */
  readonly trafficClass: number;
  /** 20 bits. */
  readonly flowLabel: number;
  /** `::` while the sender looks whether its address is free. @see RFC 4862 §5.4.2 */
  readonly sourceAddress: Ipv6;
  readonly destinationAddress: Ipv6;
  readonly message: NdpMessage;
}

export type NdpMessage = NeighborSolicitation | NeighborAdvertisement;

/** Asks for the MAC of the target, or whether it is still there. @see RFC 4861 §4.3 */
export interface NeighborSolicitation {
  readonly kind: 'solicitation';
  /** 32 bits without meaning. */
  readonly reserved: number;
  /** Never multicast. */
  readonly target: Ipv6;
  readonly options: readonly NdpOption[];
}

/** Says which MAC the target has. @see RFC 4861 §4.4 */
export interface NeighborAdvertisement {
  readonly kind: 'advertisement';
  /** R: the sender is a router. */
  readonly router: boolean;
  /** S: the answer to a solicitation; never to a group. */
  readonly solicited: boolean;
  /** O: what the receiver knew is to be replaced. */
  readonly override: boolean;
  /** 29 bits without meaning. */
  readonly reserved: number;
  /** Never multicast. */
  readonly target: Ipv6;
  readonly options: readonly NdpOption[];
}

/** @see RFC 4861 §4.6 */
export type NdpOption =
  | { readonly kind: 'source-link-layer-address'; readonly mac: MacAddress }
  | { readonly kind: 'target-link-layer-address'; readonly mac: MacAddress }
  /** 6 random octets or more, by which a station knows its own probe again: 8n - 2 octets. @see RFC 7527 §4.1 */
  | { readonly kind: 'nonce'; readonly octets: Uint8Array }
  /** Any other, also a link-layer address that is not of 48 bits. What follows type and length: 8n - 2 octets. */
  | { readonly kind: 'other'; readonly type: number; readonly octets: Uint8Array };
