import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BfdPacket, decodeBfdPacket, encodeBfdPacket } from '../../../../src/core/codec/bfd/index.ts';
import type { BfdCounters, BfdSessionReport, BfdSessionSettings } from '../../../../src/ports/bfd.ts';
import { BfdEngine } from '../../../../src/speaker/bfd/bfd-engine.ts';
import { FakeBfdSockets } from '../../../support/fake-bfd-sockets.ts';
import { v4, v6 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const ROUTER = v4('10.0.0.1');
const SETTINGS: BfdSessionSettings = {
  name: 'router',
  path: { remote: ROUTER },
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  passive: false,
};

let time: ManualTime;
let sockets: FakeBfdSockets;
let engine: BfdEngine;
let reports: BfdSessionReport[];
let counted: BfdCounters[];

beforeEach(() => {
  time = new ManualTime();
  sockets = new FakeBfdSockets();
  reports = [];
  counted = [];
  const hash = (algorithm: string, octets: Uint8Array): Uint8Array => createHash(algorithm).update(octets).digest();
  engine = new BfdEngine({ sockets, clock: time, timers: time, random: seededRandom(1), hash });
  engine.start({
    changed: (report) => reports.push(report),
    counted: (counters) => counted.push(counters),
    failed: (error) => {
      throw error;
    },
  });
});

const lastSent = (): BfdPacket => {
  const octets = sockets.sent.at(-1)?.octets;
  if (octets === undefined) throw new Error('nothing was sent');
  return decodeBfdPacket(octets);
};

/** What the router says next. */
const routerSays = (fields: Partial<BfdPacket>): Uint8Array =>
  encodeBfdPacket({
    diagnostic: 0,
    state: 'Down',
    poll: false,
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: 3,
    myDiscriminator: 77,
    yourDiscriminator: lastSent().myDiscriminator,
    desiredMinTxIntervalUs: 300_000,
    requiredMinRxIntervalUs: 300_000,
    requiredMinEchoRxIntervalUs: 0,
    ...fields,
  });

const comeUp = (): void => {
  engine.set([SETTINGS]);
  sockets.receive(routerSays({ state: 'Init' }), ROUTER);
  sockets.receive(routerSays({ state: 'Up', final: true }), ROUTER);
};

/** What was dropped so far, by reason. */
const drops = async (): Promise<Record<string, number>> => {
  await time.advance(1000);
  const sum: Record<string, number> = {};
  for (const { drops: some } of counted)
    for (const [reason, count] of Object.entries(some)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
};

describe('the BFD engine', () => {
  it('begins at once with what is wanted, and tells when it is up', () => {
    comeUp();
    expect(reports.at(-1)).toEqual({ name: 'router', state: 'Up', diagnostic: 0, remoteState: 'Up' });
  });

  it('finds the session of a neighbour that does not know it yet by address (RFC 5881 §3)', () => {
    engine.set([SETTINGS]);
    sockets.receive(routerSays({ yourDiscriminator: 0 }), ROUTER);
    expect(reports.at(-1)?.state).toBe('Init');
  });

  it.each([
    ['what is no BFD', (): void => sockets.receive(Uint8Array.from([1, 2, 3]), ROUTER), 'malformed'],
    [
      'a stranger',
      (): void => sockets.receive(routerSays({ yourDiscriminator: 0 }), v4('10.0.0.9')),
      'unknown-session',
    ],
    [
      'a discriminator of nobody',
      (): void => sockets.receive(routerSays({ yourDiscriminator: 5 }), ROUTER),
      'unknown-session',
    ],
    [
      'a stranger that knows our discriminator',
      (): void => sockets.receive(routerSays({ state: 'Up' }), v4('10.0.0.9')),
      'another-sender',
    ],
    [
      'what came over a router (RFC 5881 §5)',
      (): void => sockets.receive(routerSays({}), ROUTER, { hopLimit: 254 }),
      'hop-limit',
    ],
    [
      'multihop packets of a neighbour on the link',
      (): void => sockets.receive(routerSays({}), ROUTER, { hops: 'multihop' }),
      'unknown-session',
    ],
    [
      'a key where none is in use',
      (): void => sockets.receive(withPassword(routerSays({})), ROUTER),
      'authentication-unexpected',
    ],
  ])('ignores and counts %s', async (_, happen, reason) => {
    engine.set([
      SETTINGS,
      { ...SETTINGS, name: 'far', path: { remote: v4('10.0.0.7'), multihop: { minimumTtl: 254 } } },
    ]);
    // The last that was sent is that of the first session.
    sockets.sent.reverse();
    happen();
    expect(reports).toEqual([]);
    expect(await drops()).toEqual({ [reason]: 1 });
  });

  it('takes no more packets than three times what was agreed on', async () => {
    comeUp();
    for (let count = 0; count < 1000; count += 1) sockets.receive(routerSays({ state: 'Up', poll: true }), ROUTER);
    expect((await drops())['rate-limit']).toBeGreaterThan(900);
    expect(sockets.sent.length).toBeLessThan(60);
  });

  it('knows the least TTL of a multihop session (RFC 5883 §3)', () => {
    engine.set([{ ...SETTINGS, path: { remote: ROUTER, multihop: { minimumTtl: 250 } } }]);
    sockets.receive(routerSays({}), ROUTER, { hops: 'multihop', hopLimit: 249 });
    expect(reports).toEqual([]);
    sockets.receive(routerSays({}), ROUTER, { hops: 'multihop', hopLimit: 250 });
    expect(reports.at(-1)?.state).toBe('Init');
  });

  it('tells neighbours of one address apart by interface', () => {
    const path = { remote: v6('fe80::1'), interface: 'eth1' };
    engine.set([{ ...SETTINGS, path }]);
    sockets.receive(routerSays({}), path.remote, { interface: 'eth0' });
    expect(reports).toEqual([]);
    sockets.receive(routerSays({}), path.remote, { interface: 'eth1' });
    expect(reports.at(-1)?.state).toBe('Init');
  });

  it('tells sessions with one neighbour apart by its word, where this end has two addresses', () => {
    const path = { remote: ROUTER, local: v4('10.0.0.5') };
    engine.set([SETTINGS, { ...SETTINGS, name: 'second', path }]);
    sockets.receive(routerSays({ state: 'Init' }), ROUTER);
    expect(reports.at(-1)).toMatchObject({ name: 'second', state: 'Up' });
  });

  it('does not call a neighbour dead whose packet was waiting while this thread was late', async () => {
    comeUp();
    await time.advance(890);
    // The timer fires late; the packet is read before the second look.
    const firing = time.advance(12);
    sockets.receive(routerSays({ state: 'Up' }), ROUTER);
    await firing;
    expect(reports.at(-1)?.state).toBe('Up');
  });

  it('looks for longer than timers that fire in one go, between which no socket is read', async () => {
    comeUp();
    await time.advance(905);
    sockets.receive(routerSays({ state: 'Up' }), ROUTER);
    await time.advance(800);
    expect(reports.at(-1)?.state).toBe('Up');
  });

  it('calls it dead after the Detection Time of silence, and says so on the wire', async () => {
    comeUp();
    await time.advance(899);
    expect(reports.at(-1)?.state).toBe('Up');
    // 1 ms, and 10 ms to read what waits.
    await time.advance(13);
    expect(reports.at(-1)).toEqual({ name: 'router', state: 'Down', diagnostic: 1 });
    expect(lastSent()).toMatchObject({ state: 'Down', diagnostic: 1 });
  });

  it('ends what is not wanted any more as AdminDown, and leaves the others alone', () => {
    comeUp();
    const other = { ...SETTINGS, name: 'other', path: { remote: v4('10.0.0.2') } };
    engine.set([SETTINGS, other]);
    const before = reports.length;
    engine.set([SETTINGS]);
    expect(lastSent()).toMatchObject({ state: 'AdminDown', diagnostic: 7 });
    expect(sockets.opened).toEqual([SETTINGS.path]);
    // Thrice: a neighbour that hears none of them takes the end for a failure.
    const farewells = sockets.sent.filter(({ octets }) => decodeBfdPacket(octets).state === 'AdminDown');
    expect(farewells).toHaveLength(3);
    expect(reports.slice(before).map(({ name }) => name)).toEqual(['other']);
  });

  it('changes intervals without taking the session down, and begins anew for another path', () => {
    comeUp();
    engine.set([{ ...SETTINGS, receiveIntervalMs: 100 }]);
    expect(reports.at(-1)?.state).toBe('Up');
    expect(lastSent()).toMatchObject({ poll: true, requiredMinRxIntervalUs: 100_000 });
    const discriminator = lastSent().myDiscriminator;
    engine.set([{ ...SETTINGS, path: { remote: ROUTER, local: v4('10.0.0.5') } }]);
    expect(lastSent().state).toBe('Down');
    expect(lastSent().myDiscriminator).not.toBe(discriminator);
  });

  it('says what keeps it from opening a socket, and tries again', async () => {
    sockets.refusal = 'this node has no interface eth9';
    engine.set([SETTINGS]);
    expect(reports).toEqual([{ name: 'router', state: 'Down', diagnostic: 0, obstacle: sockets.refusal }]);
    sockets.refusal = undefined;
    await time.advance(5000);
    expect(sockets.opened).toEqual([SETTINGS.path]);
  });

  it('leaves nothing behind when it stops', async () => {
    comeUp();
    await engine.stop();
    expect(lastSent().state).toBe('AdminDown');
    expect(sockets.opened).toEqual([]);
    expect(time.armed).toBe(0);
  });
});

function withPassword(octets: Uint8Array): Uint8Array {
  return encodeBfdPacket({
    ...decodeBfdPacket(octets),
    authentication: { kind: 'simple-password', keyId: 1, password: Uint8Array.from([1]) },
  });
}
