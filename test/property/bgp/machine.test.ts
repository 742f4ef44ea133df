import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notification } from '../../../src/core/codec/bgp/index.ts';
import type { PeerAction, PeerConfig, PeerEvent } from '../../../src/core/fsm/bgp/index.ts';
import { asnFromNumber, parseRouterId } from '../../../src/core/net/index.ts';
import { CONFIG, PEER_OPEN, Peer, RESTARTING_OPEN, UPDATE_SUMMARY } from '../../support/bgp/peers.ts';
import { TwoPeers } from '../../support/bgp/two-peers.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function speaker(asn: number, routerId: string, overrides: Partial<PeerConfig> = {}): PeerConfig {
  const [localAsn, id] = [asnFromNumber(asn), parseRouterId(routerId)];
  if (localAsn === undefined || id === undefined) throw new Error('not understood');
  return { ...CONFIG, localAsn, routerId: id, peerAsn: { kind: 'external' }, ...overrides };
}

const overrides = fc.record({
  delayOpenSeconds: fc.constantFrom(0, 0, 2),
  passive: fc.constant(false),
  holdTimeSeconds: fc.constantFrom(0, 3, 90),
});

describe('two speakers that both dial', () => {
  it('end with one session, on one connection, whatever the delays and resets before, and keep it (RFC 4271 §6.8)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.constantFrom(5, 50, 400),
        fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 6 }),
        fc.tuple(overrides, overrides),
        (seed, longestDelayMs, resetsMs, [ours, theirs]) => {
          const configs = [speaker(64512, '192.0.2.1', ours), speaker(65000, '192.0.2.2', theirs)] as const;
          const pair = new TwoPeers(configs, seededRandom(seed), longestDelayMs);
          for (const atMs of resetsMs.toSorted((a, b) => a - b)) {
            pair.until(atMs);
            pair.reset();
          }
          pair.until(140_000);
          expect([pair.areUp, pair.shown]).toEqual([true, ['Established', 'Established']]);
          const ends = pair.speakers.map(({ established }) => established);
          pair.until(300_000);
          expect(pair.speakers.map(({ established }) => established)).toEqual(ends);
          expect(pair.speakers.map(({ ends: { size } }) => size)).toEqual([1, 1]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

const messages = [
  PEER_OPEN,
  RESTARTING_OPEN,
  { ...PEER_OPEN, myAs: 1, capabilities: [] },
  { kind: 'keepalive' },
  UPDATE_SUMMARY,
  { kind: 'routeRefresh', afi: 1, safi: 1, subtype: 0 },
  { kind: 'notification', ...notification(2, 7, Uint8Array.of(64, 0)) },
  { kind: 'notification', ...notification(6, 1) },
] as const;

const connection = fc.integer({ min: 1, max: 4 });
const event: fc.Arbitrary<PeerEvent> = fc.oneof(
  fc.constantFrom<PeerEvent>(
    { kind: 'start' },
    { kind: 'stop', reason: { kind: 'administrativeShutdown' } },
    { kind: 'stop', reason: { kind: 'gracefulRestart' } },
    { kind: 'connectFailed', why: 'refused' },
    { kind: 'bfd', status: 'up' },
    { kind: 'bfd', status: 'down' },
    { kind: 'bfd', status: 'unknown' },
    { kind: 'expired', timer: 'idleHold' },
    { kind: 'expired', timer: 'connectRetry' },
    { kind: 'expired', timer: 'stable' },
  ),
  fc.record({ kind: fc.constantFrom('connected' as const, 'accepted' as const), connection: fc.constant(0) }),
  fc.record({ kind: fc.constant('closed' as const), connection, why: fc.constant('reset') }),
  fc.record({ kind: fc.constantFrom('sent' as const, 'endOfRibSent' as const), connection }),
  fc.record({
    kind: fc.constant('expired' as const),
    timer: fc.constantFrom('hold' as const, 'keepalive' as const, 'delayOpen' as const, 'sendHold' as const),
    connection,
  }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('received' as const), connection, message: fc.constantFrom(...messages) }),
  },
  fc.record({
    kind: fc.constant('malformed' as const),
    connection,
    notification: fc.constant(notification(1, 1)),
    detail: fc.constant('nonsense'),
  }),
);

/** A peer whose connections are numbered by one who only knows what he was told to open and close. */
class Told {
  readonly #peer: Peer;
  #lastId = 0;
  #open: number[] = [];
  #up: number | undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  tell(event: PeerEvent): void {
    this.#peer.tell(this.#numbered(event));
    for (const action of this.#peer.actions) this.#check(action);
    expect(this.#peer.state.connections.map(({ id }) => id).sort()).toEqual([...this.#open].sort());
    expect(this.#open.length).toBeLessThanOrEqual(2);
    expect(this.#peer.shown === 'Established').toBe(this.#up !== undefined);
  }

  #numbered(event: PeerEvent): PeerEvent {
    if (!('connection' in event)) return event;
    if (event.kind !== 'connected' && event.kind !== 'accepted')
      return { ...event, connection: this.#open[event.connection - 1] ?? event.connection };
    this.#lastId += 1;
    this.#open.push(this.#lastId);
    return { ...event, connection: this.#lastId };
  }

  #check(action: PeerAction): void {
    if (action.kind === 'down') {
      expect(action.connection).toBe(this.#up);
      this.#up = undefined;
    } else if ('connection' in action) expect(this.#open).toContain(action.connection);
    if (action.kind === 'established') {
      expect(this.#up).toBeUndefined();
      this.#up = action.connection;
    }
    if (action.kind === 'close') this.#open = this.#open.filter((id) => id !== action.connection);
  }
}

describe('the machine, told anything in any order', () => {
  it('never acts on a connection that is gone, ends what it ends once, and tells ups and downs in turn', () => {
    const options = fc.record({
      passive: fc.boolean(),
      delayOpenSeconds: fc.constantFrom(0, 5),
      strictBfd: fc.boolean(),
    });
    fc.assert(
      fc.property(options, fc.array(event, { maxLength: 60 }), (overridden, events) => {
        const told = new Told(new Peer(overridden));
        for (const one of events) told.tell(one);
      }),
      { numRuns: 2000 },
    );
  });
});
