import { type Ipv6, ipv6FromValue, type MacAddress, macFromValue } from '../../net/index.ts';

const SOLICITED_NODE_PREFIX = (0xff02n << 112n) | 0x1_ff00_0000n;
const LOW_24_BITS = 0xff_ffffn;
const LOW_32_BITS = 0xffff_ffffn;
const MULTICAST_MAC_PREFIX = 0x3333_0000_0000;

/** The group in which a host listens for who asks for its address: 2^104 addresses share one. @see RFC 4291 §2.7.1 */
export function solicitedNodeGroup(address: Ipv6): Ipv6 {
  return ipv6FromValue(SOLICITED_NODE_PREFIX | (address & LOW_24_BITS));
}

/** True for a group of the form ff02::1:ffXX:XXXX. @see RFC 4291 §2.7.1 */
export function isSolicitedNodeGroup(address: Ipv6): boolean {
  return address >> 24n === SOLICITED_NODE_PREFIX >> 24n;
}

/** @see RFC 4291 §2.7 */
export function isMulticast(address: Ipv6): boolean {
  return address >> 120n === 0xffn;
}

/** The MAC to which frames for a group go. @see RFC 2464 §7 */
export function multicastMac(group: Ipv6): MacAddress {
  return macFromValue(MULTICAST_MAC_PREFIX + Number(group & LOW_32_BITS));
}
