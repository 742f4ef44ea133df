import { fnv1a, mix32 } from '../../bytes/index.ts';

/**
 * 32 bits that depend on every octet, so that the exclusive or of many says whether two sets are the same. No secret: the
 * authenticator keeps forgers out.
 */
export function hash32(octets: Uint8Array): number {
  return mix32(fnv1a(octets));
}

/** Stands for a node's name where four octets have to do. */
export function nodeTag(nodeName: string): number {
  return hash32(Uint8Array.from(nodeName, (character) => character.charCodeAt(0) & 0xff));
}
