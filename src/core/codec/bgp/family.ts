import type { IpFamily } from '../../net/index.ts';
import { Afi, Safi } from './constants.ts';

/** A family on the wire. */
export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

/** The unicast family of these numbers; undefined for all others. @see RFC 4760 §3 */
export function unicastFamily(afi: number, safi: number): IpFamily | undefined {
  if (safi !== Safi.unicast) return undefined;
  return afi === Afi.ipv4 ? 'IPv4' : afi === Afi.ipv6 ? 'IPv6' : undefined;
}

export function afiOf(family: IpFamily): number {
  return family === 'IPv4' ? Afi.ipv4 : Afi.ipv6;
}
