import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArpFrame, DecodeError, decodeArpFrame, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { ipv4FromValue, macFromValue } from '../../src/core/net/index.ts';
import { MUTATIONS } from '../support/mutations.ts';
import { seededRandom } from '../support/seeded-random.ts';

const mac = fc.integer({ min: 0, max: 0xffff_ffff_ffff }).map(macFromValue);
const ipv4 = fc.integer({ min: 0, max: 0xffff_ffff }).map(ipv4FromValue);
const frame: fc.Arbitrary<ArpFrame> = fc.record({
  destination: mac,
  source: mac,
  op: fc.integer({ min: 0, max: 0xffff }),
  sha: mac,
  spa: ipv4,
  tha: mac,
  tpa: ipv4,
});

describe('the ARP codec', () => {
  it('decodes what it encodes, whatever the fields hold', () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(decodeArpFrame(encodeArpFrame(value))).toEqual(value);
      }),
    );
  });

  it('encodes octet for octet what it decodes', () => {
    fc.assert(
      fc.property(frame, fc.uint8Array({ maxLength: 30 }), (value, padding) => {
        const wire = encodeArpFrame(value);
        expect(encodeArpFrame(decodeArpFrame(Uint8Array.from([...wire, ...padding])))).toEqual(wire);
      }),
    );
  });

  it('gives a value or a DecodeError for many random, truncated and bit-flipped frames, and leaves them as they were', {
    timeout: 300_000,
  }, () => {
    const random = seededRandom(20260);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const outcomes = { value: 0, error: 0 };
    for (let run = 0; run < MUTATIONS; run += 1) {
      const octets =
        run % 3 === 0
          ? Uint8Array.from({ length: below(80) }, () => below(256))
          : encodeArpFrame({
              destination: macFromValue(below(2 ** 48)),
              source: macFromValue(below(2 ** 48)),
              op: below(4),
              sha: macFromValue(below(2 ** 48)),
              spa: ipv4FromValue(below(2 ** 32)),
              tha: macFromValue(below(2 ** 48)),
              tpa: ipv4FromValue(below(2 ** 32)),
            });
      const hostile = run % 3 === 1 ? octets.slice(0, below(43)) : octets;
      if (run % 3 === 2) for (let flips = below(8); flips >= 0; flips -= 1) flip(hostile, below(hostile.length * 8));
      const before = hostile.slice();
      try {
        decodeArpFrame(hostile);
        outcomes.value += 1;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        outcomes.error += 1;
      }
      if (!equal(hostile, before)) throw new Error('the decoder changed its input');
    }
    expect(outcomes.value).toBeGreaterThan(1000);
    expect(outcomes.error).toBeGreaterThan(1000);
  });
});

function flip(octets: Uint8Array, bit: number): void {
  octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
