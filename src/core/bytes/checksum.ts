/**
 * The ones' complement of the ones' complement sum of all 16-bit words, an odd last octet padded with zero. Over a message that
 * holds its own checksum it is 0 when nothing was damaged.
 * @param initial sum of what is covered but not among the octets, a pseudo-header's fields: below 2^31
 * @see RFC 1071 §1
 */
export function internetChecksum(octets: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let at = 0; at < octets.length; at += 2) sum += ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
