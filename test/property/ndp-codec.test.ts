import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DecodeError,
  decodeNdpFrame,
  encodeNdpFrame,
  isMulticast,
  type NdpFrame,
  type NdpMessage,
  type NdpOption,
  solicitedNodeGroup,
} from '../../src/core/codec/ndp/index.ts';
import { type Ipv6, ipv6FromValue, macFromValue } from '../../src/core/net/index.ts';
import { mac as parseMac, v6 } from '../support/fake-lan.ts';
import { MUTATIONS } from '../support/mutations.ts';
import { seededRandom } from '../support/seeded-random.ts';

const mac = fc.integer({ min: 0, max: 0xffff_ffff_ffff }).map(macFromValue);
const ipv6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromValue);
const host = ipv6.filter((address) => address !== 0n && !isMulticast(address));
const octets = fc.integer({ min: 1, max: 4 }).chain((units) => {
  const length = units * 8 - 2;
  return fc.uint8Array({ minLength: length, maxLength: length });
});
const isLinkLayer = (type: number, length: number): boolean => type < 3 && type > 0 && length === 6;
const target: fc.Arbitrary<NdpOption> = mac.map((one) => ({ kind: 'target-link-layer-address', mac: one }));
const source: fc.Arbitrary<NdpOption> = mac.map((one) => ({ kind: 'source-link-layer-address', mac: one }));
const nonce: fc.Arbitrary<NdpOption> = octets.map((value) => ({ kind: 'nonce', octets: value }));
const other: fc.Arbitrary<NdpOption> = fc
  .record({ kind: fc.constant('other' as const), type: fc.integer({ min: 0, max: 255 }), octets })
  .filter(({ type, octets: value }) => type !== 14 && !isLinkLayer(type, value.length));

/** A probe of Duplicate Address Detection names no source link-layer address, of whatever length. */
const nameless = other.filter((option) => option.kind === 'other' && option.type !== 1);

const optionsOf = (...one: fc.Arbitrary<NdpOption>[]): fc.Arbitrary<NdpOption[]> =>
  fc.array(fc.oneof(...one), { maxLength: 4 });
const solicitation = (options: fc.Arbitrary<NdpOption[]>): fc.Arbitrary<NdpMessage> =>
  fc.record({
    kind: fc.constant('solicitation' as const),
    reserved: fc.integer({ min: 0, max: 0xffff_ffff }),
    target: host,
    options,
  });
const advertisement = (solicited: fc.Arbitrary<boolean>): fc.Arbitrary<NdpMessage> =>
  fc.record({
    kind: fc.constant('advertisement' as const),
    router: fc.boolean(),
    solicited,
    override: fc.boolean(),
    reserved: fc.integer({ min: 0, max: 0x1fff_ffff }),
    target: host,
    options: optionsOf(source, target, nonce, other),
  });

const group = ipv6.map(solicitedNodeGroup);
const framed = (sourceAddress: fc.Arbitrary<Ipv6>, to: fc.Arbitrary<Ipv6>, message: fc.Arbitrary<NdpMessage>) =>
  fc.record({
    destination: mac,
    source: mac,
    trafficClass: fc.integer({ min: 0, max: 0xff }),
    flowLabel: fc.integer({ min: 0, max: 0xf_ffff }),
    sourceAddress,
    destinationAddress: to,
    message,
  });

/** Every frame that RFC 4861 §7.1 allows. */
const frame: fc.Arbitrary<NdpFrame> = fc.oneof(
  framed(
    ipv6.filter((address) => address !== 0n),
    ipv6,
    solicitation(optionsOf(source, target, nonce, other)),
  ),
  framed(fc.constant(ipv6FromValue(0n)), group, solicitation(optionsOf(target, nonce, nameless))),
  framed(
    ipv6,
    ipv6.filter((address) => !isMulticast(address)),
    advertisement(fc.boolean()),
  ),
  framed(ipv6, group, advertisement(fc.constant(false))),
);

describe('the NDP codec', () => {
  it('decodes what it encodes, whatever the fields hold', () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(decodeNdpFrame(encodeNdpFrame(value))).toEqual(value);
      }),
    );
  });

  it('encodes octet for octet what it decodes', () => {
    fc.assert(
      fc.property(frame, fc.uint8Array({ maxLength: 30 }), (value, padding) => {
        const wire = encodeNdpFrame(value);
        expect(encodeNdpFrame(decodeNdpFrame(Uint8Array.from([...wire, ...padding])))).toEqual(wire);
      }),
    );
  });

  it('refuses a frame of which one bit that the checksum covers was flipped', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (value, bit) => {
        const wire = encodeNdpFrame(value);
        flip(wire, 22 * 8 + (bit % ((wire.length - 22) * 8)));
        expect(() => decodeNdpFrame(wire)).toThrow(DecodeError);
      }),
    );
  });

  it('gives a value or a DecodeError for many random, truncated and changed frames, and leaves them as they were', {
    timeout: 300_000,
  }, () => {
    const random = seededRandom(20261);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const outcomes = { value: 0, error: 0 };
    for (let run = 0; run < MUTATIONS; run += 1) {
      const octets = hostile(run, below);
      const before = octets.slice();
      try {
        decodeNdpFrame(octets);
        outcomes.value += 1;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        outcomes.error += 1;
      }
      if (!equal(octets, before)) throw new Error('the decoder changed its input');
    }
    expect(outcomes.value).toBeGreaterThan(1000);
    expect(outcomes.error).toBeGreaterThan(1000);
  });
});

/** In turn: random octets; one octet of the message changed with its checksum made good, some of them cut; several changed. */
function hostile(run: number, below: (limit: number) => number): Uint8Array {
  if (run % 3 === 0) return Uint8Array.from({ length: below(120) }, () => below(256));
  const octets = encodeNdpFrame(SOLICITATION);
  if (run % 3 === 2) for (let changes = below(4); changes > 0; changes -= 1) octets[below(octets.length)] = below(256);
  changeRepaired(octets, 54 + below(32), below(256));
  return run % 9 === 1 ? octets.subarray(0, below(octets.length)) : octets;
}

const SOLICITATION: NdpFrame = {
  destination: parseMac('33:33:ff:00:00:50'),
  source: parseMac('02:00:00:00:0c:01'),
  trafficClass: 0,
  flowLabel: 0,
  sourceAddress: v6('2001:db8::9'),
  destinationAddress: v6('ff02::1:ff00:50'),
  message: {
    kind: 'solicitation',
    reserved: 0,
    target: v6('2001:db8::50'),
    options: [{ kind: 'source-link-layer-address', mac: parseMac('02:00:00:00:0c:01') }],
  },
};

/** Changes one octet of a message and its checksum so that the sum stays what it was. @see RFC 1624 §3 */
function changeRepaired(octets: Uint8Array, at: number, value: number): void {
  const word = (offset: number): number => ((octets[offset] ?? 0) << 8) | (octets[offset + 1] ?? 0);
  const even = at & ~1;
  const before = word(even);
  octets[at] = value;
  if (even === 56) return;
  const sum = 0xffff - word(56) + (0xffff - before) + word(even);
  const checksum = 0xffff - (sum % 0xffff);
  octets.set([checksum >> 8, checksum & 0xff], 56);
}

function flip(octets: Uint8Array, bit: number): void {
  octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
