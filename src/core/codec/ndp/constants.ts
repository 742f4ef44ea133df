import { ipv6FromValue } from '../../net/index.ts';

/** ICMPv6 types of the messages that resolve addresses. @see RFC 4861 §4.3, §4.4 */
export const NdpType = { neighborSolicitation: 135, neighborAdvertisement: 136 } as const;

/** Options that are understood; others survive decoding. @see RFC 4861 §4.6, RFC 3971 §5.3.2 */
export const NdpOptionType = { sourceLinkLayerAddress: 1, targetLinkLayerAddress: 2, nonce: 14 } as const;

export const UNSPECIFIED_ADDRESS = ipv6FromValue(0n);
/** ff02::1. @see RFC 4291 §2.7.1 */
export const ALL_NODES = ipv6FromValue((0xff02n << 112n) | 1n);
/** ff02::2. @see RFC 4291 §2.7.1 */
export const ALL_ROUTERS = ipv6FromValue((0xff02n << 112n) | 2n);

export const NEXT_HEADER_ICMPV6 = 58;
/** What no router forwards: a message that bears it comes from this link. @see RFC 4861 §11.2 */
export const HOP_LIMIT = 255;

/** Octets from the start of the frame: after an Ethernet header and an IPv6 header without extensions. */
export const IP_ADDRESSES_OFFSET = 22;
export const MESSAGE_OFFSET = 54;
export const CHECKSUM_OFFSET = 56;

/** Type, code, checksum, flags and target: a message without options. */
export const SHORTEST_MESSAGE = 24;
/** Options say their length in units of so many octets. */
export const OPTION_UNIT = 8;
/** An option that holds a 48-bit address. @see RFC 2464 §6 */
export const LINK_LAYER_OPTION_UNITS = 1;
