import { HmacSha256 } from '../../bytes/index.ts';
import type { Authenticate } from './frame.ts';

/** Authenticates by this key, of whatever length; whoever shares one holds 32 octets. @see RFC 2104 */
export function authenticatorOf(key: Uint8Array): Authenticate {
  const hmac = new HmacSha256(key);
  return (octets) => hmac.digest(octets);
}
