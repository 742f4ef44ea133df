import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type BfdKey, decodeBfdPacket, type Hash, signBfdPacket } from '../../../../src/core/codec/bfd/index.ts';
import { authenticated } from '../../../../src/core/fsm/bfd/index.ts';
import { BFD_300_3, BfdEnd } from '../../../support/bfd-pair.ts';

const hash: Hash = (algorithm, octets) => createHash(algorithm).update(octets).digest();
const secret = Buffer.from('herald');
const KEYED: BfdKey = { kind: 'digest', type: 4, keyId: 1, secret };
const METICULOUS: BfdKey = { kind: 'digest', type: 5, keyId: 1, secret };
const PASSWORD: BfdKey = { kind: 'simple-password', keyId: 1, secret };

/** What an end that has `theirs` sends, looked at by one that has `ours`. */
function judged(
  theirs: BfdKey | undefined,
  ours: BfdKey | undefined,
  options: { sequence?: number; known?: number; knownUntilMs?: number } = {},
) {
  const end = new BfdEnd(0xa, BFD_300_3);
  end.tell('start', 0);
  const packet = end.sent[0]?.packet;
  if (packet === undefined) throw new Error('nothing was sent');
  const octets = signed(packet, theirs, options.sequence ?? 100);
  const known =
    options.known === undefined ? undefined : { sequenceNumber: options.known, untilMs: options.knownUntilMs ?? 2000 };
  return authenticated(decodeBfdPacket(octets), octets, known, { key: ours, nowMs: 1000, hash });
}

function signed(packet: Parameters<typeof signBfdPacket>[0], key: BfdKey | undefined, sequence: number): Uint8Array {
  return key === undefined
    ? signBfdPacket(packet, PASSWORD, 0, hash)
        .slice(0, 24)
        .map((octet, at) => (at === 1 ? octet & ~4 : at === 3 ? 24 : octet))
    : signBfdPacket(packet, key, sequence, hash);
}

describe('BFD authentication', () => {
  it('accepts what bears the right key, and remembers how far its sender has counted', () => {
    expect(judged(undefined, undefined)).toEqual({ kind: 'accepted' });
    expect(judged(PASSWORD, PASSWORD)).toEqual({ kind: 'accepted' });
    expect(judged(KEYED, KEYED)).toEqual({ kind: 'accepted', sequenceNumber: 100 });
    expect(judged(METICULOUS, METICULOUS)).toEqual({ kind: 'accepted', sequenceNumber: 100 });
  });

  it.each([
    ['none where one is wanted', undefined, KEYED, 'authentication-missing'],
    ['one where none is wanted', KEYED, undefined, 'authentication-unexpected'],
    ['another type', KEYED, METICULOUS, 'authentication-of-another-kind'],
    ['a password for a digest', PASSWORD, KEYED, 'authentication-of-another-kind'],
    ['another key ID', { ...KEYED, keyId: 2 }, KEYED, 'authentication-of-another-kind'],
    ['another secret', { ...KEYED, secret: Buffer.from('x') }, KEYED, 'authentication-failed'],
    ['another password', { ...PASSWORD, secret: Buffer.from('x') }, PASSWORD, 'authentication-failed'],
  ] as const)('refuses %s (RFC 5880 §6.7)', (_, theirs, ours, reason) => {
    expect(judged(theirs, ours)).toEqual({ kind: 'refused', reason });
  });

  it.each([
    [KEYED, 100, true],
    [KEYED, 99, false],
    [KEYED, 109, true],
    [KEYED, 110, false],
    [METICULOUS, 100, false],
    [METICULOUS, 101, true],
    [METICULOUS, 109, true],
    [METICULOUS, 110, false],
  ] as const)('takes a window of 3 × Detect Mult after the last number (RFC 5880 §6.7.3) %#', (key, sequence, good) => {
    expect(judged(key, key, { sequence, known: 100 }).kind).toBe(good ? 'accepted' : 'refused');
  });

  it('counts on past the largest number', () => {
    expect(judged(METICULOUS, METICULOUS, { sequence: 2, known: 0xffff_fffe }).kind).toBe('accepted');
  });

  it('takes any number again when it has heard nothing for long (RFC 5880 §6.7.3)', () => {
    expect(judged(KEYED, KEYED, { sequence: 5, known: 100, knownUntilMs: 1000 }).kind).toBe('accepted');
  });

  it('does not believe a number before it has checked the digest', () => {
    expect(judged({ ...KEYED, secret: Buffer.from('x') }, KEYED, { sequence: 101, known: 100 })).toEqual({
      kind: 'refused',
      reason: 'authentication-failed',
    });
  });
});
