import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Authenticate,
  ByteWriter,
  decodeHello,
  encodeHello,
  entryDigest,
  type Hello,
  MAX_HELLO_LENGTH,
  nodeTag,
} from '../../../../src/core/codec/hello/index.ts';
import { ipv4FromValue, macFromValue, parseIp } from '../../../../src/core/net/index.ts';

const KEY = Buffer.alloc(32, 0x2a);
const hmac =
  (key: Buffer): Authenticate =>
  (octets) =>
    createHmac('sha256', key).update(octets).digest();
const keys = (keyId: number): Authenticate | undefined => (keyId === 7 ? hmac(KEY) : undefined);

const HELLO: Hello = {
  sender: 'n1',
  receiver: 0x01020304,
  incarnation: 0x0a0b0c0d0e0f,
  sequence: 258,
  echo: { incarnation: 0x010000000002, sequence: 3, accepted: 0x80000001 },
  intervalMs: 100,
  leaving: true,
  starting: false,
  resync: true,
  alone: true,
  interfaces: [{ name: 'eth0', mac: macFromValue(0x02a1b2c3d4e5), up: true }],
  heard: [{ tag: 0xdeadbeef, ageMs: 42 }],
  exchange: 9,
  digest: 0x11223344,
  entries: [
    {
      address: ipv4FromValue(0xc0000201),
      holding: 'claim',
      order: { epoch: { generation: 2, counter: 5 }, term: 1, rank: 0 },
    },
  ],
};

/** Written by hand from the layout in the docstring. */
const BODY = [
  '48455241 01 07 19 02 6e31 01020304 0a0b0c0d0e0f 00000102',
  '010000000002 00000003 80000001 0064 0009 11223344',
  '01 04 65746830 02a1b2c3d4e5 01',
  '01 deadbeef 002a',
  '01 01 c0000201 0000000000000002 0000000000000005 00000001 00',
]
  .join('')
  .replaceAll(' ', '');

describe('a hello', () => {
  it('has the octets of its layout, and an HMAC-SHA256 over all of them behind', () => {
    const body = Buffer.from(BODY, 'hex');
    expect(Buffer.from(encodeHello(HELLO, 7, hmac(KEY))).toString('hex')).toBe(
      BODY + createHmac('sha256', KEY).update(body).digest('hex'),
    );
  });

  it('is read as far as it is known when a newer version says more behind the entries or in other flags', () => {
    const newer = Buffer.from(`${BODY}04c0ffee00`, 'hex');
    newer[6] = (newer[6] ?? 0) | 0xe2;
    const wire = Buffer.concat([newer, hmac(KEY)(newer)]);
    expect(decodeHello(wire, keys)).toEqual(HELLO);
    wire[newer.length - 1] = 1;
    expect(() => decodeHello(wire, keys)).toThrow(/unauthenticated/);
  });

  it('is the same in a writer that held another one before', () => {
    const writer = new ByteWriter();
    encodeHello({ ...HELLO, sender: 'a-longer-name', entries: [] }, 7, hmac(KEY), writer);
    const wire = encodeHello(HELLO, 7, hmac(KEY), writer);
    expect(Buffer.from(wire).toString('hex')).toBe(Buffer.from(encodeHello(HELLO, 7, hmac(KEY))).toString('hex'));
  });

  it('is refused when its key is not valid, or any octet of it was changed', () => {
    const wire = encodeHello(HELLO, 7, hmac(KEY));
    expect(() => decodeHello(encodeHello(HELLO, 8, hmac(KEY)), keys)).toThrow(/unauthenticated.*key id/);
    expect(() => decodeHello(encodeHello(HELLO, 7, hmac(Buffer.alloc(32, 1))), keys)).toThrow(/unauthenticated/);
    for (let at = 6; at < wire.length; at += 1) {
      const changed = wire.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => decodeHello(changed, keys)).toThrow(/unauthenticated/);
    }
  });

  it('is not looked into before it is authenticated', () => {
    expect(() => decodeHello(new Uint8Array(1300), keys)).toThrow(/bad-length/);
    expect(() => decodeHello(Buffer.from('48455241ff07', 'hex'), keys)).toThrow(/version/);
    expect(() => decodeHello(Buffer.from('00000000', 'hex'), keys)).toThrow(/magic/);
    expect(() => decodeHello(Buffer.from('4845524101', 'hex'), keys)).toThrow(/truncated/);
    expect(() => decodeHello(Buffer.from('484552410107', 'hex'), keys)).toThrow(/truncated.*authenticator/);
  });

  it.each([
    ['an incarnation of zero', { incarnation: 0 }, /incarnation/],
    ['an interval of 9 ms', { intervalMs: 9 }, /interval/],
    ['an interval of 10,001 ms', { intervalMs: 10_001 }, /interval/],
    ['a sender that is no node name', { sender: 'N1' }, /sender/],
    [
      'an interface name with a space',
      { interfaces: [{ name: 'a b', mac: macFromValue(2), up: true }] },
      /interface name/,
    ],
    ['a multicast MAC', { interfaces: [{ name: 'a', mac: macFromValue(0x010000000001), up: true }] }, /MAC/],
    [
      'seventeen interfaces',
      { interfaces: Array.from({ length: 17 }, () => ({ name: 'a', mac: macFromValue(2), up: true })) },
      /interfaces/,
    ],
  ])('is refused with %s', (_what, change, field) => {
    const wire = encodeHello({ ...HELLO, ...change }, 7, hmac(KEY));
    expect(() => decodeHello(wire, keys)).toThrow(field);
  });

  it('fits an IPv6 packet of 1,280 octets, or is not encoded', () => {
    expect(MAX_HELLO_LENGTH).toBe(1232);
    const [entry] = HELLO.entries;
    const entries = Array.from({ length: 60 }, () => entry).filter((item) => item !== undefined);
    expect(() => encodeHello({ ...HELLO, entries }, 7, hmac(KEY))).toThrow(RangeError);
  });

  it('has a digest that depends on every part of an entry', () => {
    const order = { epoch: { generation: 1, counter: 1 }, term: 0, rank: 0 };
    const address = ipv4FromValue(1);
    const digests = [
      entryDigest({ address, holding: 'claim', order }),
      entryDigest({ address, holding: 'stand-in', order }),
      entryDigest({ address: ipv4FromValue(2), holding: 'claim', order }),
      entryDigest({ address: parseIp('::1') ?? address, holding: 'claim', order }),
      entryDigest({ address, holding: 'claim', order: { ...order, term: 1 } }),
      entryDigest({ address, holding: 'claim', order: { ...order, rank: 1 } }),
      entryDigest({ address, holding: 'claim', order: { ...order, epoch: { generation: 1, counter: 2 } } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('names neighbours by tags that differ between names', () => {
    expect(new Set(Array.from({ length: 1000 }, (_, index) => nodeTag(`node-${index}`))).size).toBe(1000);
  });
});
