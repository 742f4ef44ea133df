import { type Ipv4, parseIpv4 } from './address.ts';

declare const asn: unique symbol;
declare const routerId: unique symbol;

/** A number of an autonomous system, 1 to 4294967295. @see RFC 6793 §3 */
export type Asn = number & { readonly [asn]: true };

/** The identifier of a BGP speaker: 32 bits, not 0, written like an IPv4 address. @see RFC 6286 §2.1 */
export type RouterId = number & { readonly [routerId]: true };

const ASN_MAX = 0xffff_ffff;

/** The number as an AS number; undefined for 0 (RFC 7607), a fraction, and what 32 bits do not hold. */
export function asnFromNumber(value: number): Asn | undefined {
  return Number.isInteger(value) && value >= 1 && value <= ASN_MAX ? (value as Asn) : undefined;
}

/** The identifier that dotted decimal names; undefined when it names none, or 0.0.0.0. */
export function parseRouterId(text: string): RouterId | undefined {
  const address: Ipv4 | undefined = parseIpv4(text);
  return address === undefined || address === 0 ? undefined : (Number(address) as RouterId);
}

/** The identifier with this value; undefined for 0, a fraction, and what 32 bits do not hold. */
export function routerIdFromNumber(value: number): RouterId | undefined {
  return Number.isInteger(value) && value >= 1 && value <= ASN_MAX ? (value as RouterId) : undefined;
}
