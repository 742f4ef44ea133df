import { sameOctets } from '../../bytes/index.ts';
import { DIGEST_LENGTH, encodeBfdPacket } from './control-packet.ts';
import type { BfdPacket, DigestType } from './types.ts';

/** Hash functions, injected: this room has none. */
export type Hash = (algorithm: 'md5' | 'sha1', octets: Uint8Array) => Uint8Array;

/** A secret that both ends hold under one number. @see RFC 5880 §6.7 */
export type BfdKey =
  | {
      readonly kind: 'simple-password';
      readonly keyId: number;
      /** 1 to 16 octets. */
      readonly secret: Uint8Array;
    }
  | {
      readonly kind: 'digest';
      readonly type: DigestType;
      readonly keyId: number;
      /** 1 to 16 octets for MD5, 1 to 20 for SHA1. */
      readonly secret: Uint8Array;
    };

/** Octets of a packet with a digest before the digest itself. */
const DIGEST_OFFSET = 32;

/**
 * The octets of a packet in which the key proves who sent it.
 * @param sequenceNumber for keys with a digest; the others ignore it
 * @see RFC 5880 §6.7.2, §6.7.3, §6.7.4
 */
export function signBfdPacket(packet: BfdPacket, key: BfdKey, sequenceNumber: number, hash: Hash): Uint8Array {
  const { keyId } = key;
  if (key.kind === 'simple-password')
    return encodeBfdPacket({ ...packet, authentication: { kind: 'simple-password', keyId, password: key.secret } });
  const digest = new Uint8Array(DIGEST_LENGTH[key.type]);
  digest.set(key.secret);
  const { type } = key;
  const octets = encodeBfdPacket({
    ...packet,
    authentication: { kind: 'digest', type, keyId, sequenceNumber, digest },
  });
  octets.set(hash(algorithmOf(type), octets), DIGEST_OFFSET);
  return octets;
}

/** Whether the digest in these octets, which were decoded as a packet with one, was made with the key. */
export function digestMatches(octets: Uint8Array, key: Extract<BfdKey, { kind: 'digest' }>, hash: Hash): boolean {
  const length = DIGEST_OFFSET + DIGEST_LENGTH[key.type];
  const claimed = octets.subarray(DIGEST_OFFSET, length);
  const covered = octets.slice(0, length);
  covered.fill(0, DIGEST_OFFSET);
  covered.set(key.secret, DIGEST_OFFSET);
  return sameOctets(hash(algorithmOf(key.type), covered), claimed);
}

function algorithmOf(type: DigestType): 'md5' | 'sha1' {
  return DIGEST_LENGTH[type] === 16 ? 'md5' : 'sha1';
}
