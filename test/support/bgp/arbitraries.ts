// Every message that can be written, over the whole range of every field.
import fc from 'fast-check';
import type {
  AsPathSegment,
  BgpMessage,
  Capability,
  MpNextHop,
  PathAttribute,
  UpdateMessage,
} from '../../../src/core/codec/bgp/index.ts';
import {
  type IpFamily,
  ipFromValue,
  ipv4FromValue,
  ipv6FromValue,
  type Prefix,
  prefixOf,
} from '../../../src/core/net/index.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const asn = fc.integer({ min: 1, max: 0xffff_ffff });
const twoOctetAsn = fc.integer({ min: 1, max: 0xffff });
const ipv4 = u32.map(ipv4FromValue);
const ipv6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromValue);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const octets = (maxLength: number) => fc.uint8Array({ maxLength });

const KNOWN_CAPABILITIES = new Set([1, 2, 5, 6, 64, 65, 70]);
const KNOWN_ATTRIBUTES = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 32]);

const bool = fc.boolean();
const afiSafi = { afi: u16, safi: u8 };

const capability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({ kind: fc.constant('multiprotocol' as const), ...afiSafi }),
  fc.constantFrom<Capability>({ kind: 'routeRefresh' }, { kind: 'extendedMessage' }, { kind: 'enhancedRouteRefresh' }),
  fc.record({
    kind: fc.constant('extendedNextHop' as const),
    entries: fc.array(fc.record({ afi: u16, safi: u16, nextHopAfi: u16 }), { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('gracefulRestart' as const),
    restarting: bool,
    notification: bool,
    restartTimeSeconds: fc.integer({ min: 0, max: 0xfff }),
    families: fc.array(fc.record({ ...afiSafi, forwarding: bool }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('fourOctetAs' as const), asn: u32 }),
  fc.record({
    kind: fc.constant('unknown' as const),
    code: u8.filter((code) => !KNOWN_CAPABILITIES.has(code)),
    value: octets(60),
  }),
);

export function prefixOfFamily(family: IpFamily): fc.Arbitrary<Prefix> {
  const bits = family === 'IPv4' ? 32 : 128;
  return fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), fc.integer({ min: 0, max: bits }))
    .map(([value, length]) => prefixOf(ipFromValue(family, value), length));
}

const prefixes = (family: IpFamily) => fc.array(prefixOfFamily(family), { maxLength: 12 });
const nextHop: fc.Arbitrary<MpNextHop> = fc.oneof(
  fc.record({ kind: fc.constant('ipv6' as const), global: ipv6 }),
  fc.record({ kind: fc.constant('ipv6' as const), global: ipv6, linkLocal: ipv6 }),
);

function segments(
  number: fc.Arbitrary<number>,
  kinds: readonly AsPathSegment['kind'][],
): fc.Arbitrary<AsPathSegment[]> {
  return fc.array(
    fc.record({ kind: fc.constantFrom(...kinds), asns: fc.array(number, { minLength: 1, maxLength: 255 }) }),
    { maxLength: 3 },
  );
}

const some = <T>(value: fc.Arbitrary<T>, maxLength: number) => fc.array(value, { minLength: 1, maxLength });

/** The attributes of an internal peer, or an external one; of one that knows four-octet AS numbers, or not. */
function attribute(to: { internal: boolean; fourOctetAs: boolean }): fc.Arbitrary<PathAttribute> {
  const number = to.fourOctetAs ? asn : twoOctetAsn;
  const kind = <K extends PathAttribute['kind']>(name: K) => fc.constant(name);
  return fc.oneof(
    fc.record({ kind: kind('origin'), value: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ kind: kind('asPath'), segments: segments(number, to.internal ? [1, 2, 3, 4] : [1, 2]) }),
    fc.record({ kind: kind('nextHop'), address: ipv4 }),
    fc.record({ kind: kind('multiExitDisc'), value: u32 }),
    fc.record({ kind: kind('atomicAggregate') }),
    fc.record({ kind: kind('aggregator'), asn: number, identifier: u32 }),
    fc.record({ kind: kind('communities'), values: some(u32, 80) }),
    fc.record({ kind: kind('extendedCommunities'), values: some(u64, 40) }),
    fc.record({
      kind: kind('largeCommunities'),
      values: some(fc.record({ globalAdministrator: u32, localData1: u32, localData2: u32 }), 30),
    }),
    fc.record({
      kind: kind('mpReachNlri'),
      afi: fc.constant(2),
      safi: fc.constant(1),
      nextHop,
      nlri: prefixes('IPv6'),
    }),
    fc.record({ kind: kind('mpUnreachNlri'), afi: fc.constant(1), safi: fc.constant(1), withdrawn: prefixes('IPv4') }),
    fc.record({
      kind: kind('unknown'),
      // Optional, and without the bit that says how the length is written.
      flags: u8.map((flags) => (flags | 0x80) & ~0x10),
      type: u8.filter((type) => !KNOWN_ATTRIBUTES.has(type)),
      value: octets(300),
    }),
    ...(to.internal
      ? [
          fc.record({ kind: kind('localPref'), value: u32 }),
          fc.record({ kind: kind('originatorId'), identifier: u32 }),
          fc.record({ kind: kind('clusterList'), identifiers: some(u32, 20) }),
        ]
      : []),
    ...(to.fourOctetAs
      ? []
      : [
          fc.record({
            kind: kind('as4Path'),
            segments: segments(asn, [1, 2]).filter((list) => list.length > 0),
          }),
          fc.record({ kind: kind('as4Aggregator'), asn, identifier: u32 }),
        ]),
  );
}

export function update(to: { internal: boolean; fourOctetAs: boolean }): fc.Arbitrary<UpdateMessage> {
  return fc.record({
    kind: fc.constant('update' as const),
    withdrawn: prefixes('IPv4'),
    attributes: fc.uniqueArray(attribute(to), {
      maxLength: 8,
      selector: (each) => (each.kind === 'unknown' ? each.type : each.kind),
    }),
    nlri: prefixes('IPv4'),
  });
}

export const otherMessage: fc.Arbitrary<Exclude<BgpMessage, UpdateMessage>> = fc.oneof(
  fc.record({
    kind: fc.constant('open' as const),
    myAs: u16,
    holdTimeSeconds: u16,
    identifier: u32,
    capabilities: fc.array(capability, { maxLength: 12 }),
  }),
  fc.record({ kind: fc.constant('notification' as const), code: u8, subcode: u8, data: octets(200) }),
  fc.constant({ kind: 'keepalive' as const }),
  fc.record({ kind: fc.constant('routeRefresh' as const), ...afiSafi, subtype: u8 }),
);
