import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ControllerFrame } from '../../src/adapters/grpc/controller-frames.ts';
import { sessionMethod } from '../../src/adapters/grpc/session-method.ts';
import { framesOf, SnapshotAssembly } from '../../src/adapters/grpc/snapshot-parts.ts';
import { type Asn, ipv4FromValue, ipv6FromValue, prefixOf, type RouterId } from '../../src/core/net/index.ts';
import type { BgpPeerSettings, BgpSessionReport } from '../../src/ports/bgp-channel.ts';
import type { ControllerMessage, SpeakerMessage } from '../../src/ports/channel.ts';

const UINT32_MAX = 0xffff_ffff;
const uint32 = fc.integer({ min: 0, max: UINT32_MAX });
const asn = fc.integer({ min: 1, max: UINT32_MAX }).map((value) => value as Asn);
const name = fc.stringMatching(/^[a-z0-9.-]{1,63}$/);
const ipv4 = uint32.map(ipv4FromValue);
const ipv6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromValue);
const address = fc.oneof(ipv4, ipv6);
const prefix = fc.oneof(
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([network, length]) => prefixOf(network, length)),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })).map(([network, length]) => prefixOf(network, length)),
);
const seconds = fc.integer({ min: 1, max: 65_535 });
const optional = { requiredKeys: [] };

const bfd = fc.record({
  receiveIntervalMs: fc.integer({ min: 10, max: 60_000 }),
  transmitIntervalMs: fc.integer({ min: 10, max: 60_000 }),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  passive: fc.boolean(),
  minimumTtl: fc.integer({ min: 1, max: 254 }),
  strict: fc.boolean(),
});

const peer: fc.Arbitrary<BgpPeerSettings> = fc
  .tuple(
    fc.record({
      name,
      myAsn: asn,
      peerAsn: fc.oneof(
        asn.map((value) => ({ kind: 'number' as const, asn: value })),
        fc.constantFrom({ kind: 'internal' as const }, { kind: 'external' as const }),
      ),
      endpoint: fc.oneof(
        address.map((value) => ({ kind: 'address' as const, address: value })),
        name.map((value) => ({ kind: 'interface' as const, name: value })),
      ),
      peerPort: fc.integer({ min: 1, max: 65_535 }),
      passive: fc.boolean(),
      holdTimeSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 65_535 })),
      ebgpMultiHop: fc.boolean(),
      families: fc.constantFrom(['IPv4' as const], ['IPv6' as const], ['IPv4' as const, 'IPv6' as const]),
      gracefulRestart: fc.boolean(),
    }),
    fc.record(
      {
        localAsn: asn,
        sourceAddress: address,
        keepaliveTimeSeconds: fc.oneof(fc.constant(0), seconds),
        connectTimeSeconds: seconds,
        routerId: fc.integer({ min: 1, max: UINT32_MAX }).map((value) => value as RouterId),
        ttlSecurityHops: fc.integer({ min: 1, max: 254 }),
        password: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
        passwordUnknown: fc.constant(true as const),
        bfd,
      },
      optional,
    ),
  )
  .map(([always, sometimes]) => ({ ...always, ...sometimes }));

const largeCommunity = fc.record({ globalAdministrator: uint32, localData1: uint32, localData2: uint32 });
const path = fc
  .tuple(
    fc.record({
      peers: fc.array(name, { maxLength: 4 }),
      prepend: fc.integer({ min: 0, max: 10 }),
      communities: fc.array(uint32, { maxLength: 4 }),
      largeCommunities: fc.array(largeCommunity, { maxLength: 4 }),
    }),
    fc.record({ localPref: uint32, med: uint32 }, optional),
  )
  .map(([always, sometimes]) => ({ ...always, ...sometimes }));
const route = fc.record({ prefix, paths: fc.array(path, { minLength: 1, maxLength: 3 }) });
const routes = fc.array(route, { maxLength: 8 });
const settings = fc.record({ peers: fc.array(peer, { maxLength: 3 }), draining: fc.boolean() });
const revision = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const report: fc.Arbitrary<BgpSessionReport> = fc
  .tuple(
    fc.record({
      peer: name,
      state: fc.constantFrom(...(['idle', 'connect', 'active', 'open-sent', 'open-confirm', 'established'] as const)),
      sinceUnixMs: fc.integer({ min: 0, max: 8.64e15 }),
      lastError: fc.string({ maxLength: 256 }),
      prefixesSent: uint32,
    }),
    fc.record({ bfd: fc.constantFrom(...(['admin-down', 'down', 'init', 'up'] as const)) }, optional),
  )
  .map(([always, sometimes]) => ({ ...always, ...sometimes }));

function throughTheWire(frame: ControllerFrame): ControllerFrame {
  const read = sessionMethod.responseDeserialize(sessionMethod.responseSerialize(frame));
  if (read.kind === 'malformed') throw new Error(read.reason);
  return read;
}

describe('messages of BGP on the wire', () => {
  it('a snapshot arrives as it was sent, in however many frames it goes', () => {
    const snapshot = fc.record({ kind: fc.constant('bgp-snapshot' as const), revision, settings, routes });
    fc.assert(
      fc.property(snapshot, fc.integer({ min: 1, max: 60 }), (one, times) => {
        const message = { ...one, routes: Array.from({ length: times }, () => one.routes).flat() };
        const assembly = new SnapshotAssembly();
        const whole: ControllerMessage[] = [];
        for (const frame of framesOf(message)) {
          const read = throughTheWire(frame);
          if (read.kind === 'welcome' || read.kind === 'heartbeat') throw new Error('neither was sent');
          const received = assembly.add(read);
          if (received !== undefined) whole.push(received);
        }
        expect(whole).toEqual([message]);
      }),
      { numRuns: 50 },
    );
  });

  it('a delta arrives as it was sent', () => {
    const delta = fc
      .tuple(
        fc.record({
          kind: fc.constant('bgp-delta' as const),
          revision,
          routes,
          withdrawn: fc.array(prefix, { maxLength: 8 }),
        }),
        fc.record({ settings }, optional),
      )
      .map(([always, sometimes]) => ({ ...always, ...sometimes }));
    fc.assert(
      fc.property(delta, (message) => {
        expect(throughTheWire(message)).toEqual(message);
      }),
    );
  });

  it('what a speaker says arrives as it was said', () => {
    const message: fc.Arbitrary<SpeakerMessage> = fc.oneof(
      revision.map((value) => ({ kind: 'bgp-ack' as const, revision: value })),
      fc.array(report, { maxLength: 5 }).map((sessions) => ({ kind: 'bgp-report' as const, sessions })),
    );
    fc.assert(
      fc.property(message, (said) => {
        expect(sessionMethod.requestDeserialize(sessionMethod.requestSerialize(said))).toEqual(said);
      }),
    );
  });

  it('bytes that another host made up are read, or said to be malformed, and nothing is thrown', () => {
    const sent = sessionMethod.responseSerialize({
      kind: 'bgp-delta',
      revision: 7,
      routes: [
        {
          prefix: prefixOf(ipv4FromValue(0x0a000000), 24),
          paths: [{ peers: ['a'], prepend: 0, communities: [1], largeCommunities: [] }],
        },
      ],
      withdrawn: [prefixOf(ipv6FromValue(1n << 100n), 64)],
    });
    const flips = fc.array(fc.tuple(fc.nat(sent.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, fc.nat(sent.length), (changes, length) => {
        const bytes = Buffer.from(sent);
        for (const [at, value] of changes) bytes[at] = value;
        expect(sessionMethod.responseDeserialize(bytes.subarray(0, length))).toHaveProperty('kind');
      }),
      { numRuns: 2_000 },
    );
  });
});
