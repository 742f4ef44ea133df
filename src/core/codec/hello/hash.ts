const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/**
 * 32 bits that depend on every octet, by FNV-1a and the finalizer of MurmurHash3, so that the exclusive or of many says whether
 * two sets are the same. No secret: the authenticator keeps forgers out.
 */
export function hash32(octets: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (const octet of octets) hash = Math.imul(hash ^ octet, FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Stands for a node's name where four octets have to do. */
export function nodeTag(nodeName: string): number {
  return hash32(Uint8Array.from(nodeName, (character) => character.charCodeAt(0) & 0xff));
}
