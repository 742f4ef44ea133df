/** @see https://www.iana.org/assignments/ieee-802-numbers */
export const EtherType = { arp: 0x0806, ipv6: 0x86dd } as const;
