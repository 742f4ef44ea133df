import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { HmacSha256 } from '../ports/hmac.ts';

/** To make one costs more than to use it. BOUNDED: by the keys that somebody still holds. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

export const systemHmac: HmacSha256 = (key, octets) => {
  let keyObject = keyObjects.get(key);
  if (keyObject === undefined) {
    keyObject = createSecretKey(key);
    keyObjects.set(key, keyObject);
  }
  return createHmac('sha256', keyObject).update(octets).digest();
};
