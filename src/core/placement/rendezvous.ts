import { fnv1a, mix32 } from '../bytes/index.ts';
import { type IpAddress, ipValue } from '../net/index.ts';

/**
 * How much an address likes a node, both by their hashes: 0 to 2^32 - 1, the same wherever and whenever it is asked. The
 * highest wins, so that a node that comes or goes changes nothing between two others.
 * @see Thaler, Ravishankar: A Name-Based Mapping Scheme for Rendezvous, 1996
 */
export function affinity(addressHash: number, nodeHash: number): number {
  return mix32(addressHash ^ nodeHash);
}

/** Of all its 32-bit parts. */
export function hashOfAddress(address: IpAddress): number {
  let hash = 0;
  for (let rest = ipValue(address); rest > 0n; rest >>= 32n) hash = mix32(hash ^ Number(rest & 0xffff_ffffn));
  return hash;
}

/** By the octets of the name, which has only ASCII letters. @see RFC 1123 §2.1 */
export function hashOfNode(nodeName: string): number {
  return fnv1a(Array.from(nodeName, (letter) => letter.charCodeAt(0)));
}
