import { describe, expect, it } from 'vitest';
import {
  BEFORE_OPEN,
  decodeMessage,
  encodeMessage,
  MessageFramer,
  type SessionContext,
} from '../../../../../src/core/codec/bgp/index.ts';
import { EXTERNAL } from '../../../../support/bgp/contexts.ts';
import { bgpOctets, framed, octets } from '../../../../support/bgp/octets.ts';
import { refusal } from '../../../../support/bgp/refusal.ts';

const KEEPALIVE = bgpOctets('001304');
const LONG: SessionContext = { ...EXTERNAL, maxReceivedLength: 65_535 };

/** A message of a length and type whose body is zeros. */
function message(length: number, type: number): Uint8Array {
  const whole = new Uint8Array(Math.max(length, 19));
  whole.set(bgpOctets(`${length.toString(16).padStart(4, '0')}${type.toString(16).padStart(2, '0')}`));
  return whole;
}

describe('the message header (RFC 4271 §6.1)', () => {
  const headers: readonly (readonly [string, Uint8Array, string | undefined])[] = [
    ['a marker with one bit missing', Uint8Array.from(KEEPALIVE, (octet, at) => (at === 15 ? 0xfe : octet)), '1/1'],
    ['a length below 19', message(18, 4), '1/2 0012'],
    ['a length of 0', message(0, 4), '1/2 0000'],
    ['a length above 4096', message(4097, 2), '1/2 1001'],
    ['an OPEN below 29', message(28, 1), '1/2 001c'],
    ['an UPDATE below 23', message(22, 2), '1/2 0016'],
    ['a NOTIFICATION below 21', message(20, 3), '1/2 0014'],
    ['a KEEPALIVE above 19', message(20, 4), '1/2 0014'],
    ['type 0', message(19, 0), '1/3 00'],
    ['type 6', message(19, 6), '1/3 06'],
    ['type 255', message(19, 255), '1/3 ff'],
    ['a KEEPALIVE', KEEPALIVE, undefined],
  ];

  it.each(headers)('answers %s', (_title, octetsOfIt, expected) => {
    expect(refusal(() => decodeMessage(octetsOfIt, EXTERNAL))).toBe(expected);
    const framer = new MessageFramer();
    framer.push(octetsOfIt);
    expect(refusal(() => framer.next())).toBe(expected);
  });

  it('lets an UPDATE be as long as was agreed, and an OPEN or KEEPALIVE never (RFC 8654 §4)', () => {
    expect(refusal(() => decodeMessage(message(65_535, 2), LONG))).not.toBe('1/2 ffff');
    expect(refusal(() => decodeMessage(message(65_535, 2), EXTERNAL))).toBe('1/2 ffff');
    expect(refusal(() => decodeMessage(message(4097, 1), LONG))).toBe('1/2 1001');
    expect(refusal(() => decodeMessage(message(4097, 4), LONG))).toBe('1/2 1001');
  });

  it('answers a message that is not as long as it says', () => {
    expect(refusal(() => decodeMessage(KEEPALIVE.subarray(0, 18), EXTERNAL))).toBe('1/2 0012');
    expect(refusal(() => decodeMessage(Uint8Array.of(...KEEPALIVE, 0), EXTERNAL))).toBe('1/2 0013');
  });
});

describe('ROUTE-REFRESH', () => {
  it('is read and written (RFC 2918 §3, RFC 7313 §3.2)', () => {
    const wire = bgpOctets('00170500020101');
    const begin = { kind: 'routeRefresh', afi: 2, subtype: 1, safi: 1 } as const;
    expect(decodeMessage(wire, EXTERNAL)).toEqual(begin);
    expect(encodeMessage(begin, EXTERNAL)).toEqual(wire);
  });

  it('is an unknown type to one who did not offer it (RFC 4271 §6.1)', () => {
    expect(refusal(() => decodeMessage(bgpOctets('00170500020101'), BEFORE_OPEN))).toBe('1/3 05');
  });

  it('of a wrong length is answered with the whole message where enhanced refresh was agreed (RFC 7313 §5)', () => {
    const wire = framed(5, '0001000100');
    expect(refusal(() => decodeMessage(wire, EXTERNAL))).toBe(`7/1 ${'ff'.repeat(16)}0018050001000100`);
    expect(refusal(() => decodeMessage(wire, { ...EXTERNAL, enhancedRouteRefresh: false }))).toBe('1/2 0018');
  });
});

describe('the framer', () => {
  const stream = octets(
    ['001304', '00170500020101', '001304'].map((hex) => Buffer.from(bgpOctets(hex)).toString('hex')).join(''),
  );

  it('cuts the same messages out of a stream, however the stream is chunked', () => {
    for (let size = 1; size <= stream.length; size += 1) {
      const framer = new MessageFramer();
      const lengths: number[] = [];
      for (let at = 0; at < stream.length; at += size) {
        framer.push(stream.subarray(at, at + size));
        for (let next = framer.next(); next !== undefined; next = framer.next()) lengths.push(next.length);
      }
      expect(lengths).toEqual([19, 23, 19]);
    }
  });

  it('refuses a wrong header before its message is there, so that nothing is waited for in vain', () => {
    const framer = new MessageFramer();
    framer.push(bgpOctets('ffff02'));
    expect(refusal(() => framer.next())).toBe('1/2 ffff');
  });

  it('takes long messages once both ends have agreed (RFC 8654 §4)', () => {
    const framer = new MessageFramer();
    framer.maxLength = 65_535;
    framer.push(bgpOctets('ffff02'));
    expect(framer.next()).toBeUndefined();
    framer.push(new Uint8Array(65_535 - 19));
    expect(framer.next()?.length).toBe(65_535);
  });
});
