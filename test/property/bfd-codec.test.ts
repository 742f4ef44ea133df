import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuthenticationSection,
  BFD_STATES,
  type BfdPacket,
  DecodeError,
  type DigestType,
  decodeBfdPacket,
  encodeBfdPacket,
  signBfdPacket,
} from '../../src/core/codec/bfd/index.ts';
import { seededRandom } from '../support/seeded-random.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const digestOf = (type: DigestType): fc.Arbitrary<AuthenticationSection> => {
  const length = type < 4 ? 16 : 20;
  return fc.record({
    kind: fc.constant('digest' as const),
    type: fc.constant(type),
    keyId: u8,
    sequenceNumber: u32,
    digest: fc.uint8Array({ minLength: length, maxLength: length }),
  });
};
const authentication: fc.Arbitrary<AuthenticationSection> = fc.oneof(
  fc.record({
    kind: fc.constant('simple-password' as const),
    keyId: u8,
    password: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  }),
  ...([2, 3, 4, 5] as const).map(digestOf),
  fc.record({
    kind: fc.constant('other' as const),
    type: u8.filter((type) => type === 0 || type > 5),
    octets: fc.uint8Array({ maxLength: 100 }),
  }),
);
const packet: fc.Arbitrary<BfdPacket> = fc
  .record({
    diagnostic: fc.integer({ min: 0, max: 31 }),
    state: fc.constantFrom(...BFD_STATES),
    poll: fc.boolean(),
    final: fc.boolean(),
    controlPlaneIndependent: fc.boolean(),
    demand: fc.boolean(),
    detectMultiplier: fc.integer({ min: 1, max: 255 }),
    myDiscriminator: u32.filter((value) => value > 0),
    yourDiscriminator: u32,
    desiredMinTxIntervalUs: u32,
    requiredMinRxIntervalUs: u32,
    requiredMinEchoRxIntervalUs: u32,
    authentication: fc.option(authentication, { nil: undefined }),
  })
  .map(({ authentication: section, ...rest }) => ({ ...rest, ...(section && { authentication: section }) }));

describe('the BFD codec', () => {
  it('gives back every packet that it wrote', () => {
    fc.assert(
      fc.property(packet, (one) => {
        expect(decodeBfdPacket(encodeBfdPacket(one))).toEqual(one);
      }),
    );
  });

  it('writes again, octet by octet, every packet that it could read', () => {
    fc.assert(
      fc.property(packet, fc.uint8Array({ maxLength: 8 }), (one, trailing) => {
        const octets = encodeBfdPacket(one);
        expect(encodeBfdPacket(decodeBfdPacket(Uint8Array.from([...octets, ...trailing])))).toEqual(octets);
      }),
    );
  });

  it('makes a value or a DecodeError of 100,000 damaged packets, and changes none of them', () => {
    const random = seededRandom(5880);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const hash = (algorithm: string, octets: Uint8Array) => createHash(algorithm).update(octets).digest();
    const secret = Uint8Array.from([1, 2, 3]);
    const samples = fc.sample(packet, { numRuns: 40, seed: 5880 });
    const whole = samples.flatMap((one) => [
      encodeBfdPacket(one),
      signBfdPacket(one, { kind: 'digest', type: 5, keyId: 1, secret }, below(2 ** 32), hash),
    ]);
    let understood = 0;
    for (let run = 0; run < 100_000; run += 1) {
      const original = whole[below(whole.length)] ?? new Uint8Array();
      const octets = original.slice(0, random.next() < 0.3 ? below(original.length + 1) : original.length);
      for (let flips = below(4); flips > 0 && octets.length > 0; flips -= 1) octets[below(octets.length)] = below(256);
      const before = octets.slice();
      try {
        decodeBfdPacket(octets);
        understood += 1;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
      if (Buffer.compare(octets, before) !== 0) throw new Error('the input was changed');
    }
    expect(understood).toBeGreaterThan(10_000);
  });
});
