import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type BfdKey,
  type BfdPacket,
  DecodeError,
  decodeBfdPacket,
  digestMatches,
  encodeBfdPacket,
  type Hash,
  signBfdPacket,
} from '../../../../src/core/codec/bfd/index.ts';
import { bytes } from '../../../support/fake-lan.ts';

const hash: Hash = (algorithm, octets) => createHash(algorithm).update(octets).digest();

const PACKET: BfdPacket = {
  diagnostic: 0,
  state: 'Down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 0x1122_3344,
  yourDiscriminator: 0,
  desiredMinTxIntervalUs: 1_000_000,
  requiredMinRxIntervalUs: 300_000,
  requiredMinEchoRxIntervalUs: 0,
};
/** As written by hand from the diagram of RFC 5880 §4.1. */
const OCTETS = '204003181122334400000000000f4240000493e000000000';

describe('the BFD codec', () => {
  it.each([
    ['Down', OCTETS, PACKET],
    [
      'Up with Poll',
      '20e003181122334455667788000493e0000493e000000000',
      { ...PACKET, state: 'Up', poll: true, yourDiscriminator: 0x5566_7788, desiredMinTxIntervalUs: 300_000 },
    ],
    [
      'AdminDown with every other flag',
      '271a03181122334400000000000f4240000493e000000000',
      {
        ...PACKET,
        diagnostic: 7,
        state: 'AdminDown',
        final: true,
        controlPlaneIndependent: true,
        demand: true,
      },
    ],
  ] as const)('reads and writes %s octet by octet (RFC 5880 §4.1)', (_, octets, packet) => {
    expect(decodeBfdPacket(bytes(octets))).toEqual(packet);
    expect(Buffer.from(encodeBfdPacket(packet)).toString('hex')).toBe(octets);
  });

  it('keeps a diagnostic that no RFC defines', () => {
    expect(decodeBfdPacket(bytes(`3f${OCTETS.slice(2)}`)).diagnostic).toBe(31);
  });

  it('ignores what follows the length that the packet names', () => {
    expect(decodeBfdPacket(bytes(`${OCTETS}ffff`))).toEqual(PACKET);
  });

  it.each([
    ['nothing', '', 'truncated', 0],
    ['another version', `40${OCTETS.slice(2)}`, 'bad-value', 0],
    ['a length below 24', `20400317${OCTETS.slice(8)}`, 'bad-length', 3],
    ['a length below 26 with authentication', `20440319${OCTETS.slice(8)}00`, 'bad-length', 3],
    ['a length beyond the datagram', `20400319${OCTETS.slice(8)}`, 'truncated', 4],
    ['Detect Mult 0', `20400018${OCTETS.slice(8)}`, 'bad-value', 2],
    ['Multipoint', `20410318${OCTETS.slice(8)}`, 'bad-value', 1],
    ['My Discriminator 0', `2040031800000000${OCTETS.slice(16)}`, 'bad-value', 4],
    ['a password of no octets', `2044031b${OCTETS.slice(8)}010307`, 'bad-length', 25],
    ['an Auth Len that is not that of the rest', `2044031c${OCTETS.slice(8)}01050741`, 'bad-length', 25],
    ['a digest of the wrong length', `2044031c${OCTETS.slice(8)}04040741`, 'bad-length', 25],
  ] as const)('refuses %s (RFC 5880 §6.8.6)', (_, octets, code, offset) => {
    expect(thrownBy(() => decodeBfdPacket(bytes(octets)))).toMatchObject({ name: 'DecodeError', code, offset });
  });

  it('writes no value that its field does not hold', () => {
    expect(() => encodeBfdPacket({ ...PACKET, diagnostic: 32 })).toThrow(RangeError);
    expect(() => encodeBfdPacket({ ...PACKET, myDiscriminator: 2 ** 32 })).toThrow(RangeError);
  });
});

describe('BFD authentication', () => {
  const secret = Buffer.from('herald');

  it('carries a simple password in clear (RFC 5880 §4.2)', () => {
    const octets = signBfdPacket(PACKET, { kind: 'simple-password', keyId: 7, secret }, 0, hash);
    expect(Buffer.from(octets).toString('hex')).toBe(`20440321${OCTETS.slice(8)}010907${secret.toString('hex')}`);
    expect(decodeBfdPacket(octets).authentication).toMatchObject({ kind: 'simple-password', keyId: 7 });
  });

  it.each([
    [2, 'md5', 16],
    [3, 'md5', 16],
    [4, 'sha1', 20],
    [5, 'sha1', 20],
  ] as const)(
    'hashes the whole packet with the padded key in its place, type %i (RFC 5880 §6.7.3, §6.7.4)',
    (type, algorithm, length) => {
      const key: BfdKey = { kind: 'digest', type, keyId: 9, secret };
      const octets = signBfdPacket(PACKET, key, 0xdead_beef, hash);
      const padded = Buffer.concat([secret, Buffer.alloc(length - secret.length)]);
      const head = Buffer.from(
        `204403${(32 + length).toString(16)}${OCTETS.slice(8)}0${type}${(8 + length).toString(16)}0900deadbeef`,
        'hex',
      );
      const digest = createHash(algorithm)
        .update(Buffer.concat([head, padded]))
        .digest();
      expect(Buffer.from(octets).toString('hex')).toBe(Buffer.concat([head, digest]).toString('hex'));
      expect(digestMatches(octets, key, hash)).toBe(true);
    },
  );

  it('notices every single bit that was changed', () => {
    const key: BfdKey = { kind: 'digest', type: 5, keyId: 9, secret };
    const octets = signBfdPacket(PACKET, key, 1, hash);
    for (let bit = 0; bit < octets.length * 8; bit += 1) {
      const flipped = octets.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(digestMatches(flipped, key, hash), `bit ${bit}`).toBe(false);
    }
  });
});

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
