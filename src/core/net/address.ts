import { collapseIPv6Number, IPv4 as IpNumV4, IPv6 as IpNumV6 } from 'ip-num';

declare const ipv4: unique symbol;
declare const ipv6: unique symbol;

/** An IPv4 address as its 32-bit value, 0 to 4294967295. Made only by the functions of this file. @see RFC 791 §2.3 */
export type Ipv4 = number & { readonly [ipv4]: true };

/** An IPv6 address as its 128-bit value. Made only by the functions of this file. @see RFC 4291 §2 */
export type Ipv6 = bigint & { readonly [ipv6]: true };

/** An address of either family. Numbers and bigints are distinct Map keys, so one Map may hold both families. */
export type IpAddress = Ipv4 | Ipv6;

/** Spelled as in `spec.ipFamilies` of a Kubernetes Service. */
export type IpFamily = 'IPv4' | 'IPv6';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
const IPV4_MAX = 0xffff_ffff;
const IPV6_MAX = (1n << 128n) - 1n;
const MAPPED_PREFIX = 0xffffn;

export function isIpv4(address: IpAddress): address is Ipv4 {
  return typeof address === 'number';
}

export function familyOf(address: IpAddress): IpFamily {
  return isIpv4(address) ? 'IPv4' : 'IPv6';
}

/** Bits of an address of the family: 32 or 128. */
export function familyBits(family: IpFamily): 32 | 128 {
  return family === 'IPv4' ? IPV4_BITS : IPV6_BITS;
}

/**
 * The address that a text names, or undefined when it names none. Dotted decimal without leading zeros, or RFC 4291 §2.2
 * text. A zone (`%eth0`) and an IPv4-mapped address are refused: neither can be an address of a Service.
 */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** @see parseIp */
export function parseIpv4(text: string): Ipv4 | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  try {
    return Number(new IpNumV4(text).getValue()) as Ipv4;
  } catch {
    return undefined;
  }
}

/** @see parseIp */
export function parseIpv6(text: string): Ipv6 | undefined {
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text)) return undefined;
  try {
    const value = new IpNumV6(text).getValue();
    return value >> 32n === MAPPED_PREFIX ? undefined : (value as Ipv6);
  } catch {
    return undefined;
  }
}

/** Text of an address: dotted decimal, or the canonical IPv6 text. @see RFC 5952 §4 */
export function formatIp(address: IpAddress): string {
  if (!isIpv4(address)) return collapseIPv6Number(new IpNumV6(address).toString());
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** The address of a family with this value. @throws RangeError when the value does not fit the family. */
export function ipFromValue(family: IpFamily, value: bigint): IpAddress {
  const max = family === 'IPv4' ? BigInt(IPV4_MAX) : IPV6_MAX;
  if (value < 0n || value > max) throw new RangeError(`${value} is not the value of an ${family} address`);
  return family === 'IPv4' ? (Number(value) as Ipv4) : (value as Ipv6);
}

/** The IPv4 address with this value, without the way over bigint. @throws RangeError when it is no integer of 32 bits. */
export function ipv4FromValue(value: number): Ipv4 {
  if (!Number.isInteger(value) || value < 0 || value > IPV4_MAX)
    throw new RangeError(`${value} is not the value of an IPv4 address`);
  return value as Ipv4;
}

/** The IPv6 address with this value. @throws RangeError when it is negative or does not fit 128 bits. */
export function ipv6FromValue(value: bigint): Ipv6 {
  if (value < 0n || value > IPV6_MAX) throw new RangeError(`${value} is not the value of an IPv6 address`);
  return value as Ipv6;
}

/** The value of an address as a bigint, whatever its family. */
export function ipValue(address: IpAddress): bigint {
  return BigInt(address);
}

/** The address of 4 or 16 octets in network order. @throws RangeError for any other length. */
export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`an address has 4 or 16 octets, not ${bytes.length}`);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return ipFromValue(bytes.length === 4 ? 'IPv4' : 'IPv6', value);
}

/** The 4 or 16 octets of an address in network order. */
export function ipToBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(familyBits(familyOf(address)) / 8);
  let value = ipValue(address);
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    bytes[at] = Number(value & 0xffn);
    value >>= 8n;
  }
  return bytes;
}

/** Order of addresses: IPv4 before IPv6, then by value. */
export function compareIp(a: IpAddress, b: IpAddress): number {
  if (typeof a !== typeof b) return isIpv4(a) ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** fe80::/10, which means nothing without its interface. @see RFC 4291 §2.5.6, RFC 4007 §11 */
export function isLinkLocalIpv6(address: IpAddress): address is Ipv6 {
  return !isIpv4(address) && address >> 118n === 0x3fan;
}

/** Some old routers drop packets to IPv4 addresses that end in .0 or .255, whatever the prefix. */
export function isBuggy(address: IpAddress): boolean {
  return isIpv4(address) && ((address + 1) & 0xff) <= 1;
}
