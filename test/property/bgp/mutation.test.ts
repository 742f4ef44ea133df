import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEFORE_OPEN,
  BgpError,
  decodeMessage,
  decodeUpdate,
  encodeMessage,
  type Notification,
  type SessionContext,
} from '../../../src/core/codec/bgp/index.ts';
import { otherMessage, update } from '../../support/bgp/arbitraries.ts';
import { CAPTURED_OPENS, CAPTURED_UPDATES } from '../../support/bgp/captures.ts';
import { EXTERNAL, INTERNAL, OLD } from '../../support/bgp/contexts.ts';
import { bgpOctets, updateOctets } from '../../support/bgp/octets.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** `BGP_MUTATIONS=1000000` is the long run. */
const MUTATIONS = Number(process.env.BGP_MUTATIONS ?? 20_000);

const CONTEXTS: readonly SessionContext[] = [
  EXTERNAL,
  INTERNAL,
  OLD,
  BEFORE_OPEN,
  { ...EXTERNAL, maxReceivedLength: 65_535, enhancedRouteRefresh: false },
];

/** Sound messages to begin with: captures of other speakers, and one of everything that can be written. */
const SEEDS: readonly Uint8Array[] = [
  // Attributes without a route, whose faults cannot be mended by a withdrawal.
  ...['40010100', '40020602010000fc00', 'c00804fde80001'].map((attributes) => updateOctets({ attributes })),
  ...[...CAPTURED_OPENS, ...CAPTURED_UPDATES].map(({ hex }) => bgpOctets(hex)),
  ...fc.sample(otherMessage, { numRuns: 100, seed: 6 }).map((message) => encodeMessage(message, EXTERNAL)),
  ...fc
    .sample(update({ internal: true, fourOctetAs: true }), { numRuns: 200, seed: 6 })
    .map((message) => encodeMessage(message, INTERNAL)),
];

describe('mutated BGP messages', () => {
  it(`give a value or the NOTIFICATION that the RFCs allow for it, and nothing else, ${MUTATIONS} times`, () => {
    const random = seededRandom(20_261);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const outcomes = { value: 0, refused: new Set<string>() };
    for (let run = 0; run < MUTATIONS; run += 1) {
      const octets = mutated(SEEDS[below(SEEDS.length)] ?? new Uint8Array(), below);
      const context = CONTEXTS[run % CONTEXTS.length] ?? EXTERNAL;
      const before = octets.slice();
      const refusal = refusalOf(() => decodeMessage(octets, context));
      if (refusal === undefined) outcomes.value += 1;
      else {
        outcomes.refused.add(`${refusal.code}/${refusal.subcode}`);
        const problem = problemWith(refusal, octets, context);
        if (problem !== undefined) throw new Error(`${problem}: ${Buffer.from(octets).toString('hex')}`);
      }
      if (Buffer.compare(octets, before) !== 0) throw new Error('the decoder changed its input');
      if (octets[18] === 2) {
        const whole = refusalOf(() => decodeUpdate(octets, context));
        if (refusal?.code !== 1 && !isSame(whole, refusal)) throw new Error('the two decoders of UPDATE disagree');
      }
    }
    expect(outcomes.value).toBeGreaterThan(MUTATIONS / 20);
    expect([...outcomes.refused].sort()).toEqual(EXPECTED);
  }, 600_000);
});

/** All that there is for a message by itself; a million mutations reach no other. */
const EXPECTED = [
  '1/1',
  '1/2',
  '1/3',
  '2/0',
  '2/1',
  '2/4',
  '3/1',
  '3/10',
  '3/11',
  '3/2',
  '3/4',
  '3/5',
  '3/6',
  '3/9',
  '7/1',
];

/** What the data must be, by an independent look at the octets. */
function problemWith(refusal: Notification, octets: Uint8Array, context: SessionContext): string | undefined {
  const key = `${refusal.code}/${refusal.subcode}`;
  const type = octets[18] ?? 0;
  const isOfType = { 2: type === 1, 3: type === 2, 7: type === 5 && context.enhancedRouteRefresh }[refusal.code];
  if (isOfType === false) return `${key} for a message of type ${type}`;
  const data = Buffer.from(refusal.data).toString('hex');
  const whole = Buffer.from(octets).toString('hex');
  const length = octets.length < 19 ? octets.length.toString(16).padStart(4, '0') : whole.slice(32, 36);
  const exact: Readonly<Record<string, string>> = {
    '1/1': '',
    '1/2': length,
    '1/3': whole.slice(36, 38),
    '2/0': '',
    '2/1': '0004',
    '2/4': '',
    '3/1': '',
    '3/10': '',
    '3/11': '',
    '7/1': whole,
  };
  const expected = exact[key];
  if (expected !== undefined) return data === expected ? undefined : `${key} with data ${data} in place of ${expected}`;
  return data.length >= 6 && whole.includes(data) ? undefined : `${key} whose data is no attribute`;
}

function isSame(a: Notification | undefined, b: Notification | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.code === b.code && a.subcode === b.subcode && Buffer.compare(a.data, b.data) === 0;
}

function refusalOf(read: () => unknown): Notification | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof BgpError) return error.notification;
    throw error;
  }
  return undefined;
}

/** Flips bits, overwrites, cuts, repeats or inserts octets; mostly keeps the length true, so that what is within is reached. */
function mutated(seed: Uint8Array, below: (limit: number) => number): Uint8Array {
  let octets = Uint8Array.from(seed);
  for (let changes = below(4); changes >= 0; changes -= 1) {
    const at = below(20) === 0 ? below(19) : 19 + below(Math.max(1, octets.length - 19));
    const how = below(5);
    if (how === 0) octets[at] = (octets[at] ?? 0) ^ (1 << below(8));
    else if (how === 1) octets[at] = [0, 1, 2, 4, 14, 15, 16, 32, 33, 127, 128, 129, 254, 255][below(14)] ?? 0;
    else if (how === 2) octets = Uint8Array.from([...octets.subarray(0, at), ...octets.subarray(at + 1 + below(8))]);
    else if (how === 3) octets = Uint8Array.from([...octets.subarray(0, at), below(256), ...octets.subarray(at)]);
    else octets = Uint8Array.from([...octets, ...octets.subarray(at, at + below(20))]);
  }
  if (below(20) !== 0 && octets.length >= 19)
    new DataView(octets.buffer).setUint16(16, Math.min(octets.length, 65_535));
  return octets;
}
