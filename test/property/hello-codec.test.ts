import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DecodeError,
  decodeHello,
  encodeHello,
  entryLength,
  type Hello,
  type HelloEntry,
  MAX_HELLO_LENGTH,
  roomForEntries,
} from '../../src/core/codec/hello/index.ts';
import { ipv4FromValue, ipv6FromValue, macFromValue } from '../../src/core/net/index.ts';
import { seededRandom } from '../support/seeded-random.ts';

const u = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const count = fc.maxSafeNat();
const address = fc.oneof(u(32).map(ipv4FromValue), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(ipv6FromValue));
const entry: fc.Arbitrary<HelloEntry> = fc.record({
  address,
  holding: fc.constantFrom('claim', 'stand-in', 'nothing'),
  order: fc.record({ epoch: fc.record({ generation: count, counter: count }), term: u(32), rank: u(8) }),
});
const hello: fc.Arbitrary<Hello> = fc.record({
  sender: fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/),
  receiver: u(32),
  incarnation: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  sequence: u(32),
  echo: fc.record({ incarnation: u(48), sequence: u(32), accepted: u(32) }),
  intervalMs: fc.integer({ min: 10, max: 10_000 }),
  leaving: fc.boolean(),
  starting: fc.boolean(),
  resync: fc.boolean(),
  alone: fc.boolean(),
  interfaces: fc.array(
    fc.record({
      name: fc.stringMatching(/^[!-~]{1,15}$/),
      // Neither zero nor a group.
      mac: u(47).map((value) => macFromValue(2 * 2 ** 40 * Math.floor(value / 2 ** 40) + (value % 2 ** 40) || 2)),
      up: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
  heard: fc.array(fc.record({ tag: u(32), ageMs: u(16) }), { maxLength: 16 }),
  exchange: u(16),
  digest: u(32),
  entries: fc.array(entry, { maxLength: 16 }),
});

/** Any function of the octets will do for an authenticator here; real keys are in the unit test. */
const sum = (octets: Uint8Array): Uint8Array => new Uint8Array(32).fill(octets.reduce((a, b) => (a + b) & 0xff, 7));
const none = (): Uint8Array => new Uint8Array(32);

const stackTraceLimit = Error.stackTraceLimit;
// A million stack traces take a minute.
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe('the hello codec', () => {
  it('decodes what it encodes, whatever the fields hold', () => {
    fc.assert(
      fc.property(hello, u(8), (value, keyId) => {
        expect(decodeHello(encodeHello(value, keyId, sum), (id) => (id === keyId ? sum : undefined))).toEqual(value);
      }),
    );
  });

  it('knows how much room the entries have', () => {
    fc.assert(
      fc.property(hello, (value) => {
        const used = value.entries.reduce((octets, { address }) => octets + entryLength(address), 0);
        expect(encodeHello(value, 1, sum).length).toBe(MAX_HELLO_LENGTH - roomForEntries(value) + used);
      }),
    );
  });

  it('gives a value or a DecodeError for 1,000,000 mutated hellos, and leaves them as they were', {
    timeout: 120_000,
  }, () => {
    const random = seededRandom(5);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const frames = fc.sample(hello, { numRuns: 200, seed: 5 }).map((value) => encodeHello(value, 1, none));
    const outcomes = { value: 0, error: 0 };
    for (let run = 0; run < 1_000_000; run += 1) {
      const frame = (frames[run % frames.length] ?? new Uint8Array()).slice();
      const cut = run % 4 === 0 ? frame.subarray(0, below(frame.length)) : frame;
      for (let flips = below(4); flips >= 0; flips -= 1) cut[below(cut.length)] = below(256);
      // Behind the authenticator everything has to be robust as well: a neighbour may be of another version.
      if (run % 4 !== 1) cut.fill(0, Math.max(0, cut.length - 32));
      const check = run % 1000 === 0 ? cut.slice() : undefined;
      try {
        decodeHello(cut, () => none);
        outcomes.value += 1;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        outcomes.error += 1;
      }
      if (check !== undefined) expect(cut).toEqual(check);
    }
    expect(outcomes.value).toBeGreaterThan(100_000);
    expect(outcomes.error).toBeGreaterThan(100_000);
  });
});
