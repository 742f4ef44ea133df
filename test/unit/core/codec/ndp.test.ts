import { describe, expect, it } from 'vitest';
import {
  DecodeError,
  decodeNdpFrame,
  encodeNdpFrame,
  isMulticast,
  multicastMac,
  type NdpFrame,
  routerSeeding,
  routerSolicitedAs,
  solicitedAdvertisement,
  solicitedNodeGroup,
  unsolicitedAdvertisement,
} from '../../../../src/core/codec/ndp/index.ts';
import { formatIp, formatMac } from '../../../../src/core/net/index.ts';
import { bytes, hex, mac, v6 } from '../../../support/fake-lan.ts';

const SPEAKER = mac('02:00:00:00:0a:01');
const CLIENT = mac('02:00:00:00:0c:01');
const ADDRESS = v6('2001:db8::50');
const HOST = v6('2001:db8::9');

const VIP_OCTETS = '20010db8000000000000000000000050';
const HOST_OCTETS = '20010db8000000000000000000000009';
const GROUP_OCTETS = 'ff0200000000000000000001ff000050';
const ALL_NODES_OCTETS = 'ff020000000000000000000000000001';

// Written by hand from the layouts of RFC 8200 and RFC 4861; the checksums were worked out by another program.
const SOLICITATION = `3333ff000050020000000c0186dd6000000000203aff${HOST_OCTETS}${GROUP_OCTETS}87000f8300000000${VIP_OCTETS}0101020000000c01`;
const PROBE = `3333ff000050020000000c0186dd6000000000183aff${'00'.repeat(16)}${GROUP_OCTETS}87004c4f00000000${VIP_OCTETS}`;

const ASKED: NdpFrame = {
  destination: mac('33:33:ff:00:00:50'),
  source: CLIENT,
  trafficClass: 0,
  flowLabel: 0,
  sourceAddress: HOST,
  destinationAddress: v6('ff02::1:ff00:50'),
  message: {
    kind: 'solicitation',
    reserved: 0,
    target: ADDRESS,
    options: [{ kind: 'source-link-layer-address', mac: CLIENT }],
  },
};

const VECTORS: readonly [string, NdpFrame, string][] = [
  ['a solicitation', ASKED, SOLICITATION],
  [
    'the answer to it',
    solicitedAdvertisement(SPEAKER, ADDRESS, CLIENT, HOST),
    `020000000c01020000000a0186dd6000000000203aff${VIP_OCTETS}${HOST_OCTETS}88007fce60000000${VIP_OCTETS}0201020000000a01`,
  ],
  [
    'an unsolicited advertisement',
    unsolicitedAdvertisement(SPEAKER, ADDRESS),
    `333300000001020000000a0186dd6000000000203aff${VIP_OCTETS}${ALL_NODES_OCTETS}8800ee8c20000000${VIP_OCTETS}0201020000000a01`,
  ],
];

/** The solicitation with octets changed, and its checksum made good again unless that is what is changed. */
function changed(wire: string, at: number, octets: string): Uint8Array {
  const frame = bytes(wire);
  frame.set(bytes(octets), at);
  if (at < 56 || at > 57) repair(frame);
  return frame;
}

/** Independent of the code under test: 16-bit words as bigints, folded once at the end. */
function repair(frame: Uint8Array): void {
  frame.set([0, 0], 56);
  const length = ((frame[18] ?? 0) << 8) | (frame[19] ?? 0);
  let sum = BigInt(length) + 58n;
  for (let at = 22; at < Math.min(54 + length, frame.length); at += 2)
    sum += (BigInt(frame[at] ?? 0) << 8n) + (at + 1 < 54 + length ? BigInt(frame[at + 1] ?? 0) : 0n);
  const folded = Number(sum % 0xffffn);
  const checksum = 0xffff - folded;
  frame.set([checksum >> 8, checksum & 0xff], 56);
}

describe('the NDP codec', () => {
  it.each(VECTORS)('encodes and decodes %s (RFC 4861 §4.3, §4.4)', (_, frame, wire) => {
    expect(hex(encodeNdpFrame(frame))).toBe(wire);
    expect(decodeNdpFrame(bytes(wire))).toEqual(frame);
  });

  it('decodes the probe of a host that looks whether an address is free (RFC 4862 §5.4.2)', () => {
    expect(decodeNdpFrame(bytes(PROBE))).toMatchObject({
      sourceAddress: 0n,
      message: { target: ADDRESS, options: [] },
    });
  });

  it('seeds the routers without overriding (RFC 9131 §6.1)', () => {
    const frame = routerSeeding(SPEAKER, ADDRESS);
    expect(formatMac(frame.destination)).toBe('33:33:00:00:00:02');
    expect(formatIp(frame.destinationAddress)).toBe('ff02::2');
    expect(frame.message).toMatchObject({ router: false, solicited: false, override: false, target: ADDRESS });
  });

  it('asks a router for itself in the name of the address (RFC 4861 §7.2.3)', () => {
    const frame = routerSolicitedAs(SPEAKER, ADDRESS, v6('fe80::1:2:3'));
    expect(formatMac(frame.destination)).toBe('33:33:ff:02:00:03');
    expect(formatIp(frame.destinationAddress)).toBe('ff02::1:ff02:3');
    expect(frame).toMatchObject({
      sourceAddress: ADDRESS,
      message: { kind: 'solicitation', target: v6('fe80::1:2:3') },
    });
    expect(frame.message.options).toEqual([{ kind: 'source-link-layer-address', mac: SPEAKER }]);
  });

  it('knows the group of an address, and the MAC of a group (RFC 4291 §2.7.1, RFC 2464 §7)', () => {
    expect(formatIp(solicitedNodeGroup(v6('4037::1:800:200e:8c6c')))).toBe('ff02::1:ff0e:8c6c');
    expect(formatMac(multicastMac(v6('ff02::1:ff0e:8c6c')))).toBe('33:33:ff:0e:8c:6c');
    expect([v6('ff00::'), v6('feff::'), v6('::')].map(isMulticast)).toEqual([true, false, false]);
  });

  it('ignores what follows the IPv6 payload', () => {
    expect(decodeNdpFrame(bytes(SOLICITATION + '5a'.repeat(9)))).toEqual(ASKED);
  });

  it('keeps traffic class, flow label and reserved bits', () => {
    expect(decodeNdpFrame(changed(SOLICITATION, 14, '6abcdef1'))).toMatchObject({
      trafficClass: 0xab,
      flowLabel: 0xcdef1,
    });
    expect(decodeNdpFrame(changed(SOLICITATION, 58, 'fedcba98')).message).toMatchObject({ reserved: 0xfedcba98 });
  });

  it.each([
    ['a nonce (RFC 7527 §4.1)', '0e01a1a2a3a4a5a6', { kind: 'nonce', octets: bytes('a1a2a3a4a5a6') }],
    ['an unknown option', 'fd01b1b2b3b4b5b6', { kind: 'other', type: 253, octets: bytes('b1b2b3b4b5b6') }],
  ])('keeps %s', (_, octets, option) => {
    expect(decodeNdpFrame(changed(SOLICITATION, 78, octets)).message.options).toEqual([option]);
  });

  it('takes a link-layer address that is not of 48 bits for none', () => {
    const long = changed(SOLICITATION + '00'.repeat(8), 19, '28');
    long.set(bytes('0102'), 78);
    repair(long);
    expect(decodeNdpFrame(long).message.options).toEqual([
      { kind: 'other', type: 1, octets: bytes(`020000000c01${'00'.repeat(8)}`) },
    ]);
  });

  it.each(Array.from({ length: 86 }, (_, length) => length))('refuses a frame cut to %i octets', (length) => {
    expect(() => decodeNdpFrame(bytes(SOLICITATION).subarray(0, length))).toThrowError(
      expect.objectContaining({ name: 'DecodeError', code: 'truncated' }),
    );
  });

  it.each<[string, string, number, Uint8Array]>([
    ['is not IPv6 by its EtherType', 'bad-value EtherType', 12, changed(SOLICITATION, 12, '0800')],
    ['is of another version of IP', 'bad-value Version', 14, changed(SOLICITATION, 14, '40')],
    ['has an extension header (RFC 6980 §5)', 'bad-value Next Header', 20, changed(SOLICITATION, 20, '2c')],
    ['came over a router (RFC 4861 §7.1.1)', 'bad-value Hop Limit', 21, changed(SOLICITATION, 21, 'fe')],
    ['is shorter than 24 octets (RFC 4861 §7.1.1)', 'bad-length Payload Length', 18, changed(SOLICITATION, 18, '0017')],
    ['was damaged (RFC 4443 §2.3)', 'bad-checksum Checksum', 56, changed(SOLICITATION, 56, '0000')],
    ['is another ICMPv6 message', 'bad-value Type', 54, changed(SOLICITATION, 54, '86')],
    ['has a code (RFC 4861 §7.1.1)', 'bad-value Code', 55, changed(SOLICITATION, 55, '01')],
    ['has a multicast target (RFC 4861 §7.1.1)', 'bad-value Target Address', 62, changed(SOLICITATION, 62, 'ff')],
    ['has an option of length 0 (RFC 4861 §7.1.1)', 'bad-length Option Length', 79, changed(SOLICITATION, 79, '00')],
    ['has an option beyond its end', 'bad-length Option Length', 79, changed(SOLICITATION, 79, '02')],
    [
      'is a probe to no solicited-node group (RFC 4861 §7.1.1)',
      'bad-value Destination Address',
      38,
      changed(PROBE, 38, HOST_OCTETS),
    ],
    [
      'is a probe with a source link-layer address (RFC 4861 §7.1.1)',
      'bad-value Source Link-Layer Address',
      78,
      changed(SOLICITATION, 22, '00'.repeat(16)),
    ],
    [
      'is a solicited advertisement to a group (RFC 4861 §7.1.2)',
      'bad-value Solicited flag',
      58,
      changed(VECTORS[2]?.[2] ?? '', 58, '60'),
    ],
  ])('refuses a frame that %s', (_, what, offset, frame) => {
    const error = catchError(() => decodeNdpFrame(frame));
    expect(error).toBeInstanceOf(DecodeError);
    const [code, ...field] = what.split(' ');
    expect(error).toMatchObject({ code, field: field.join(' '), offset });
  });

  it('refuses a probe with a source link-layer address of whatever length (RFC 4861 §7.1.1)', () => {
    const long = changed(SOLICITATION + '00'.repeat(8), 19, '28');
    long.set(bytes('0102'), 78);
    long.fill(0, 22, 38);
    repair(long);
    expect(() => decodeNdpFrame(long)).toThrowError(expect.objectContaining({ field: 'Source Link-Layer Address' }));
  });

  it('refuses to encode an option that fills no whole units', () => {
    const message = { ...ASKED.message, options: [{ kind: 'nonce', octets: bytes('a1') }] } as const;
    expect(() => encodeNdpFrame({ ...ASKED, message })).toThrow(RangeError);
  });
});

function catchError(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
