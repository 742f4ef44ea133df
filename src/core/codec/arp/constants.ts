/** The operations that hosts use; others exist and survive decoding. @see https://www.iana.org/assignments/arp-parameters */
export const ArpOperation = { request: 1, reply: 2 } as const;

/** Ethernet header and ARP packet for Ethernet and IPv4: what comes after is padding. */
export const ARP_FRAME_LENGTH = 42;

/** ar$hrd of Ethernet, ar$pro of IPv4, ar$hln and ar$pln that belong to them. @see RFC 826 */
export const HARDWARE_ETHERNET = 1;
export const PROTOCOL_IPV4 = 0x0800;
export const HARDWARE_LENGTH = 6;
export const PROTOCOL_LENGTH = 4;
