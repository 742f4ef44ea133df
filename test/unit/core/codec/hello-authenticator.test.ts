import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticatorOf } from '../../../../src/core/codec/hello/index.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/** RFC 4231 §4. */
const VECTORS = [
  {
    title: 'test case 1',
    key: Buffer.alloc(20, 0x0b),
    data: Buffer.from('Hi There'),
    digest: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    title: 'test case 2, with a key shorter than the output',
    key: Buffer.from('Jefe'),
    data: Buffer.from('what do ya want for nothing?'),
    digest: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    title: 'test case 6, with a key longer than a block',
    key: Buffer.alloc(131, 0xaa),
    data: Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    digest: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
];

describe('authenticatorOf', () => {
  it.each(VECTORS)('agrees with $title (RFC 4231 §4)', ({ key, data, digest }) => {
    expect(hex(authenticatorOf(key)(data))).toBe(digest);
  });

  it('agrees with OpenSSL about messages of every length up to five blocks', () => {
    const key = Buffer.alloc(32, 7);
    const authenticate = authenticatorOf(key);
    for (let length = 0; length <= 320; length += 1) {
      const data = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
      expect(hex(authenticate(data)), `${length} octets`).toBe(createHmac('sha256', key).update(data).digest('hex'));
    }
  });

  it('agrees with OpenSSL about every key and message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 1500 }), (key, data) => {
        expect(hex(authenticatorOf(key)(data))).toBe(createHmac('sha256', key).update(data).digest('hex'));
      }),
    );
  });

  it('leaves key and message as they are', () => {
    const [key, data] = [Buffer.alloc(32, 1), Buffer.alloc(100, 2)];
    authenticatorOf(key)(data);
    expect([hex(key), hex(data)]).toEqual([hex(Buffer.alloc(32, 1)), hex(Buffer.alloc(100, 2))]);
  });
});
