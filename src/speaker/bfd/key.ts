import { AuthType, type BfdKey } from '../../core/codec/bfd/index.ts';
import type { BfdAuthentication } from '../../ports/bfd.ts';

const DIGEST_TYPES = {
  'keyed-md5': AuthType.keyedMd5,
  'meticulous-keyed-md5': AuthType.meticulousKeyedMd5,
  'keyed-sha1': AuthType.keyedSha1,
  'meticulous-keyed-sha1': AuthType.meticulousKeyedSha1,
} as const;

/** The key that settings describe. */
export function keyOf(authentication: BfdAuthentication | undefined): BfdKey | undefined {
  if (authentication === undefined) return undefined;
  const { type, keyId, secret } = authentication;
  if (type === 'simple-password') return { kind: 'simple-password', keyId, secret };
  return { kind: 'digest', type: DIGEST_TYPES[type], keyId, secret };
}
