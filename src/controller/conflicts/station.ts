import { formatMac, type MacAddress } from '../../core/net/index.ts';

const FIRST_OCTET = 2 ** 40;

/**
 * What is worth knowing of a MAC beyond its prefix: protocols and machines that share addresses on purpose. No list of vendors:
 * that has 50,000 lines, and changes every day.
 * @see RFC 9568 §7.3, IEEE registration authority
 */
const KNOWN: readonly (readonly [prefix: string, what: string])[] = [
  ['00:00:5e:00:01', 'a virtual router of VRRP, CARP or keepalived'],
  ['00:00:5e:00:02', 'a virtual IPv6 router of VRRP'],
  ['00:00:0c:07:ac', 'a virtual router of HSRP'],
  ['52:54:00', 'a virtual machine of QEMU or KVM'],
  ['bc:24:11', 'a virtual machine of Proxmox'],
  ['00:50:56', 'a virtual machine of VMware'],
  ['00:0c:29', 'a virtual machine of VMware'],
  ['00:15:5d', 'a virtual machine of Hyper-V'],
  ['08:00:27', 'a virtual machine of VirtualBox'],
  ['b8:27:eb', 'a Raspberry Pi'],
  ['dc:a6:32', 'a Raspberry Pi'],
  ['e4:5f:01', 'a Raspberry Pi'],
  ['d8:3a:dd', 'a Raspberry Pi'],
  ['2c:cf:67', 'a Raspberry Pi'],
];

/** The octets that say who made the interface. @see IEEE 802-2014 §8.2.2 */
export function vendorPrefix(mac: MacAddress): string {
  return formatMac(mac).slice(0, 8);
}

/** A MAC with what it says of its station: "host 52:54:00:12:34:56 (vendor prefix 52:54:00: a virtual machine of QEMU or KVM)". */
export function describeStation(mac: MacAddress): string {
  const text = formatMac(mac);
  const known = KNOWN.find(([prefix]) => text.startsWith(prefix))?.[1];
  const what = known ?? (isLocal(mac) ? 'chosen by software: a virtual machine, a container, or a phone' : undefined);
  return `host ${text} (vendor prefix ${vendorPrefix(mac)}${what === undefined ? '' : `: ${what}`})`;
}

/** The second lowest bit of the first octet: no vendor gave the MAC. @see IEEE 802-2014 §8.2.2 */
function isLocal(mac: MacAddress): boolean {
  return Math.floor(mac / FIRST_OCTET / 2) % 2 === 1;
}
