import { type IpAddress, ipValue } from '../net/index.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * How much an address likes a node, both by their hashes: 0 to 2^32 - 1, the same wherever and whenever it is asked. The
 * highest wins, so that a node that comes or goes changes nothing between two others.
 * @see Thaler, Ravishankar: A Name-Based Mapping Scheme for Rendezvous, 1996
 */
export function affinity(addressHash: number, nodeHash: number): number {
  return mix(addressHash ^ nodeHash);
}

export function hashOfAddress(address: IpAddress): number {
  let hash = 0;
  for (let rest = ipValue(address); rest > 0n; rest >>= 32n) hash = mix(hash ^ Number(rest & 0xffff_ffffn));
  return hash;
}

/** FNV-1a of the name. */
export function hashOfNode(nodeName: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < nodeName.length; at += 1) hash = Math.imul(hash ^ nodeName.charCodeAt(at), FNV_PRIME);
  return hash >>> 0;
}

/** The finalizer of MurmurHash3: each bit of the input turns each bit of the output with even chance. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
