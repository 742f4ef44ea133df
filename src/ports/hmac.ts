/** HMAC-SHA256: the 32 octets that only who knows the key can make. @see RFC 2104 */
export type HmacSha256 = (key: Uint8Array, octets: Uint8Array) => Uint8Array;
