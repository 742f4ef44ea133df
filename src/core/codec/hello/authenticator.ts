import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { AUTHENTICATOR_LENGTH } from './constants.ts';
import type { Authenticate } from './frame.ts';

/**
 * Authenticates by this key, of whatever length; whoever shares one holds 32 octets. Not by node:crypto: on a thread that rests
 * between two hellos each call there waits some 50 µs for memory that is no longer in the caches, seven times what the sum costs.
 * @returns octets that are valid until the next call
 * @see RFC 2104
 */
export function authenticatorOf(key: Uint8Array): Authenticate {
  const keyed = hmac.create(sha256, key);
  // Of these there is one each: memory for every hello would cost as much as its sum.
  const working = keyed.clone();
  const sum = new Uint8Array(AUTHENTICATOR_LENGTH);
  return (octets) => {
    keyed._cloneInto(working).update(octets).digestInto(sum);
    return sum;
  };
}
