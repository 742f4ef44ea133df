import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4FromValue, ipv6FromValue, type Prefix, parseRouterId, prefixOf } from '../../../../src/core/net/index.ts';
import { type BgpState, decodeBgpState, encodeBgpState } from '../../../../src/speaker/bgp/bgp-state.ts';
import { BFD, peer } from '../../../support/bgp-speaker-bed.ts';
import { v4, v6 } from '../../../support/fake-lan.ts';
import { asn } from '../../../support/interop/bed.ts';

const SECRETS = {
  seal: (text: string) => `~${text}`,
  open: (text: string) => (text[0] === '~' ? text.slice(1) : undefined),
};
const ROUTER_ID = parseRouterId('10.0.0.99');
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const prefix: fc.Arbitrary<Prefix> = fc.oneof(
  fc.tuple(u32, fc.integer({ min: 0, max: 32 })).map(([value, length]) => prefixOf(ipv4FromValue(value), length)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.integer({ min: 0, max: 128 }))
    .map(([value, length]) => prefixOf(ipv6FromValue(value), length)),
);
const group = fc.record({
  paths: fc.array(
    fc.record({
      peers: fc.array(fc.string(), { maxLength: 3 }),
      prepend: fc.integer({ min: 0, max: 10 }),
      med: u32,
      localPref: u32,
      communities: fc.array(u32, { maxLength: 3 }),
      largeCommunities: fc.array(fc.record({ globalAdministrator: u32, localData1: u32, localData2: u32 }), {
        maxLength: 2,
      }),
    }),
    { maxLength: 2 },
  ),
  prefixes: fc.array(prefix, { maxLength: 5 }),
});
const peers = [
  peer(),
  peer({
    name: 'everything',
    localAsn: asn(4_200_000_000),
    peerAsn: { kind: 'external' },
    sourceAddress: v6('2001:db8::1'),
    keepaliveTimeSeconds: 1,
    ...(ROUTER_ID === undefined ? {} : { routerId: ROUTER_ID }),
    ttlSecurityHops: 3,
    password: 'secret',
    bfd: { ...BFD, strict: true },
  }),
  peer({ name: 'unnumbered', endpoint: { kind: 'interface', name: 'eth1' }, families: ['IPv4', 'IPv6'] }),
];

describe('the local state of BGP', () => {
  it('gives back what was kept, whatever it was', () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 4 }), fc.boolean(), (groups, draining) => {
        const state: BgpState = { settings: { peers, draining }, groups };
        const kept: unknown = JSON.parse(JSON.stringify(encodeBgpState(state, SECRETS)));
        expect(decodeBgpState(kept, SECRETS)).toEqual(state);
      }),
    );
  });

  it.each([
    ['no object', 7],
    ['no peers', { groups: [] }],
    ['a peer without a name', { peers: [{}], groups: [] }],
    ['a password that was sealed elsewhere', { peers: [{ name: 'a', password: 'x' }], groups: [] }],
    ['an AS number 0', { peers: [{ name: 'a', myAsn: 0 }], groups: [] }],
    ['a prefix that is too long', { peers: [], groups: [{ paths: [], prefixes: [Number(v4('10.0.0.0')) * 64 + 33] }] }],
    ['a prefix that is no number', { peers: [], groups: [{ paths: [], prefixes: ['x'] }] }],
    [
      'a community that is no number',
      { peers: [], groups: [{ paths: [{ peers: [], prepend: 0, communities: ['x'] }], prefixes: [] }] },
    ],
  ])('refuses %s', (_, value) => {
    expect(() => decodeBgpState(value, SECRETS)).toThrow(RangeError);
  });
});
