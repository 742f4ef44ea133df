const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** 0 to 2^32 - 1, by FNV-1a. No secret: whoever wants to can make two that are the same. @see draft-eastlake-fnv */
export function fnv1a(octets: Iterable<number>): number {
  let hash = FNV_OFFSET;
  for (const octet of octets) hash = Math.imul(hash ^ octet, FNV_PRIME);
  return hash >>> 0;
}

/**
 * The finalizer of MurmurHash3: each bit of the input turns each bit of the output with even chance. Takes 32 bits and gives 0 to
 * 2^32 - 1.
 */
export function mix32(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
