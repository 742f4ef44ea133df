// Just enough of the Distinguished Encoding Rules to write the two kinds of certificates that we issue. A certificate
// library costs 14 MiB of resident memory in the controller, a fifth of what it may have; reading is node:crypto's.
// @see ITU-T X.690 §8, §10

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** Tag, length in the shortest form, contents. @see ITU-T X.690 §8.1.3 */
function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(
    body.length.toString(16).padStart(2 * Math.ceil(body.length.toString(16).length / 2), '0'),
    'hex',
  );
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

export const sequence = (...members: readonly Uint8Array[]): Buffer => element(TAG.sequence, ...members);
export const set = (member: Uint8Array): Buffer => element(TAG.set, member);
export const octetString = (octets: Uint8Array): Buffer => element(TAG.octetString, octets);
export const utf8String = (text: string): Buffer => element(TAG.utf8String, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Buffer => element(TAG.boolean, Buffer.of(value ? 0xff : 0));
/** A member with a tag of its own around it. */
export const explicit = (tag: number, member: Uint8Array): Buffer => element(CONTEXT | CONSTRUCTED | tag, member);
/** A member whose tag is replaced. */
export const implicit = (tag: number, contents: Uint8Array): Buffer => element(CONTEXT | tag, contents);

/** The non-negative integer of these octets. @see ITU-T X.690 §8.3 */
export function integer(octets: Uint8Array): Buffer {
  const first = octets.findIndex((octet) => octet !== 0);
  const shortest = first === -1 ? Buffer.of(0) : octets.subarray(first);
  const negative = ((shortest[0] ?? 0) & 0x80) !== 0;
  return element(TAG.integer, negative ? Buffer.of(0) : Buffer.alloc(0), shortest);
}

/** @param unusedBits of the last octet, 0 to 7 @see ITU-T X.690 §8.6 */
export function bitString(octets: Uint8Array, unusedBits = 0): Buffer {
  return element(TAG.bitString, Buffer.of(unusedBits), octets);
}

/** @see ITU-T X.690 §8.19 */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [40 * first + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) groups.unshift(0x80 | (high & 0x7f));
    return groups;
  });
  return element(TAG.objectIdentifier, Buffer.from(octets));
}

/** To the second; UTCTime until 2049, as RFC 5280 §4.1.2.5 wants it. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? element(TAG.utcTime, Buffer.from(digits.slice(2)))
    : element(TAG.generalizedTime, Buffer.from(digits));
}
