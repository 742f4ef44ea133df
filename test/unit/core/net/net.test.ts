import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareIp,
  formatIp,
  formatMac,
  formatPrefix,
  type IpFamily,
  ipFromBytes,
  ipFromValue,
  ipToBytes,
  ipValue,
  isGroupMac,
  isLinkLocalIpv6,
  type MacAddress,
  macFromBytes,
  macToBytes,
  parseIp,
  parseMac,
  parsePrefix,
  prefixesOf,
  prefixOf,
  rangeContains,
  rangeOf,
  rangeSize,
} from '../../../../src/core/net/index.ts';

const ipOf = (text: string) => {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
};

const anyIp = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }).map((value) => ipFromValue('IPv4', value)),
  fc
    .bigInt({ min: 0n, max: (1n << 128n) - 1n })
    .filter((value) => value >> 32n !== 0xffffn)
    .map((value) => ipFromValue('IPv6', value)),
);

describe('addresses', () => {
  it('round trip through text and octets over the whole range of both families', () => {
    fc.assert(
      fc.property(anyIp, (address) => {
        expect(parseIp(formatIp(address))).toBe(address);
        expect(ipFromBytes(ipToBytes(address))).toBe(address);
      }),
    );
  });

  it.each([
    ['2001:0DB8::0001:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:1:0:0:0', '2001:db8:0:0:1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['192.168.1.240', '192.168.1.240'],
  ])('prints %s as %s (RFC 5952 §4)', (given, canonical) => {
    expect(formatIp(ipOf(given))).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '::g',
    '1::2::3',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
    '1.2.3.4/32',
    'é',
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('sort IPv4 before IPv6, then by value', () => {
    const sorted = ['10.0.0.2', '::1', '10.0.0.1', '::'].map(ipOf).sort(compareIp).map(formatIp);
    expect(sorted).toEqual(['10.0.0.1', '10.0.0.2', '::', '::1']);
  });

  it('of IPv6 are link-local from fe80:: to febf:… (RFC 4291 §2.5.6)', () => {
    const edges = ['fe7f:ffff::', 'fe80::', 'febf:ffff::', 'fec0::', '169.254.0.1'].map(ipOf);
    expect(edges.map(isLinkLocalIpv6)).toEqual([false, true, true, false, false]);
  });
});

describe('prefixes', () => {
  it('mask the host bits that a user left in', () => {
    const prefix = parsePrefix('10.20.30.40/24');
    expect(prefix && formatPrefix(prefix)).toBe('10.20.30.0/24');
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0', '::/129', '10.0.0.0/8/8', '10.0.0.0/08', '10.0.0.0/-1'])(
    'refuse %j',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );

  it('of a range cover each of its addresses once and nothing else', () => {
    fc.assert(
      fc.property(anyIp, fc.bigInt({ min: 0n, max: 5_000n }), (first, count) => {
        const family: IpFamily = typeof first === 'number' ? 'IPv4' : 'IPv6';
        const max = family === 'IPv4' ? (1n << 32n) - 1n : (1n << 128n) - 1n;
        const last = ipFromValue(family, ipValue(first) + count > max ? max : ipValue(first) + count);
        const blocks = prefixesOf({ first, last });
        const sizes = blocks.map((block) => rangeSize(rangeOf(block)));
        expect(sizes.reduce((sum, size) => sum + size, 0n)).toBe(rangeSize({ first, last }));
        for (const block of blocks) {
          expect(rangeContains({ first, last }, rangeOf(block).first)).toBe(true);
          expect(rangeContains({ first, last }, rangeOf(block).last)).toBe(true);
        }
      }),
    );
  });

  it('refuse a length that the family does not have', () => {
    expect(() => prefixOf(ipOf('10.0.0.0'), 33)).toThrow(RangeError);
  });
});

describe('MAC addresses', () => {
  it('round trip through text and octets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (value) => {
        const address = value as MacAddress;
        expect(parseMac(formatMac(address))).toBe(address);
        expect(macFromBytes(macToBytes(address))).toBe(address);
      }),
    );
  });

  it('of a group are told by the low bit of the first octet', () => {
    const groups = [
      'ff:ff:ff:ff:ff:ff',
      '01:00:5e:00:00:01',
      '33:33:00:00:00:01',
      '02:00:00:00:00:01',
      '00:01:00:00:00:00',
    ];
    expect(groups.map((text) => isGroupMac(parseMac(text) ?? (0 as MacAddress)))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
