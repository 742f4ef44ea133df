import { beforeEach, describe, expect, it } from 'vitest';
import type { Presence } from '../../../../src/controller/speakers/speaker-listener.ts';
import { SpeakerRegistry } from '../../../../src/controller/speakers/speaker-registry.ts';
import type { IpAddress } from '../../../../src/core/net/index.ts';
import type { NeighbourState, SpeakerMessage } from '../../../../src/ports/channel.ts';
import { FakeSession } from '../../../support/channel/fake-session.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const DEAD_MS = 1_000;
const ADDRESS = 0xc0a8_0101 as IpAddress;
const STATES: readonly NeighbourState[] = ['never-heard', 'heard', 'leaving', 'stopped', 'down', 'deaf'];

describe('the presence of a speaker', () => {
  let time: ManualTime;
  let registry: SpeakerRegistry;

  const begin = (): void => {
    time = new ManualTime();
    registry = new SpeakerRegistry(
      { heartbeatIntervalMs: 250, missedHeartbeats: 4 },
      { clock: time, timers: time, log: new RecordingLog(), metrics: new RecordingMetrics() },
    );
    registry.release();
  };
  beforeEach(begin);

  function open(nodeName: string, hello: Partial<Extract<SpeakerMessage, { kind: 'hello' }>> = {}): FakeSession {
    const session = new FakeSession(registry, nodeName);
    const { interfaces = [], claims = [] } = hello;
    registry.opened(session, { kind: 'hello', nodeName, instanceId: 'i', version: '1', interfaces, claims });
    const snapshot = session.sent.find(({ kind }) => kind === 'snapshot');
    if (snapshot?.kind === 'snapshot') registry.received(session, { kind: 'ack', revision: snapshot.revision });
    return session;
  }
  const says = (session: FakeSession, nodeName: string, state: NeighbourState | undefined): void =>
    registry.received(session, {
      kind: 'neighbourhood',
      neighbours: state === undefined ? [] : [{ nodeName, state }],
    });
  const presence = (nodeName: string): Presence | undefined => registry.speaker(nodeName)?.presence;
  async function pass(ms: number, ...speaking: FakeSession[]): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      for (const session of speaking) registry.received(session, { kind: 'heartbeat' });
      await time.advance(100);
    }
  }

  it('is decided by its session and by what its neighbours say, in every combination', async () => {
    const table: Record<string, (Presence | undefined)[]> = {};
    const histories: Record<string, (session: FakeSession) => void> = {
      'falls silent': () => undefined,
      'loses its session': (session) => session.close('transport'),
      'says that it leaves': (session) => registry.received(session, { kind: 'leaving' }),
      'leaves and closes': (session) => {
        registry.received(session, { kind: 'leaving' });
        session.close('transport');
      },
    };
    for (const [history, happens] of Object.entries(histories)) {
      for (const state of [undefined, ...STATES]) {
        begin();
        const witness = open('node-b');
        const session = open('node-a', {
          claims: [{ address: ADDRESS, epoch: { generation: 1, counter: 1 }, term: 0 }],
        });
        says(witness, 'node-a', state);
        happens(session);
        const row: (Presence | undefined)[] = [presence('node-a')];
        for (const ms of [DEAD_MS + 600, 92_000]) {
          await pass(ms, witness);
          row.push(presence('node-a'));
        }
        table[`${history}, ${state ?? 'no neighbour'}`] = row;
      }
    }
    expect(table).toMatchInlineSnapshot(`
      {
        "falls silent, deaf": [
          "connected",
          undefined,
          undefined,
        ],
        "falls silent, down": [
          "connected",
          undefined,
          undefined,
        ],
        "falls silent, heard": [
          "connected",
          "away",
          "away",
        ],
        "falls silent, leaving": [
          "connected",
          "away",
          undefined,
        ],
        "falls silent, never-heard": [
          "connected",
          undefined,
          undefined,
        ],
        "falls silent, no neighbour": [
          "connected",
          undefined,
          undefined,
        ],
        "falls silent, stopped": [
          "connected",
          "away",
          undefined,
        ],
        "leaves and closes, deaf": [
          undefined,
          undefined,
          undefined,
        ],
        "leaves and closes, down": [
          undefined,
          undefined,
          undefined,
        ],
        "leaves and closes, heard": [
          "away",
          "away",
          "away",
        ],
        "leaves and closes, leaving": [
          "away",
          "away",
          undefined,
        ],
        "leaves and closes, never-heard": [
          undefined,
          undefined,
          undefined,
        ],
        "leaves and closes, no neighbour": [
          undefined,
          undefined,
          undefined,
        ],
        "leaves and closes, stopped": [
          "away",
          "away",
          undefined,
        ],
        "loses its session, deaf": [
          "away",
          undefined,
          undefined,
        ],
        "loses its session, down": [
          "away",
          undefined,
          undefined,
        ],
        "loses its session, heard": [
          "away",
          "away",
          "away",
        ],
        "loses its session, leaving": [
          "away",
          "away",
          undefined,
        ],
        "loses its session, never-heard": [
          "away",
          undefined,
          undefined,
        ],
        "loses its session, no neighbour": [
          "away",
          undefined,
          undefined,
        ],
        "loses its session, stopped": [
          "away",
          "away",
          undefined,
        ],
        "says that it leaves, deaf": [
          "leaving",
          undefined,
          undefined,
        ],
        "says that it leaves, down": [
          "leaving",
          undefined,
          undefined,
        ],
        "says that it leaves, heard": [
          "away",
          "away",
          "away",
        ],
        "says that it leaves, leaving": [
          "away",
          "away",
          undefined,
        ],
        "says that it leaves, never-heard": [
          "leaving",
          undefined,
          undefined,
        ],
        "says that it leaves, no neighbour": [
          "leaving",
          undefined,
          undefined,
        ],
        "says that it leaves, stopped": [
          "away",
          "away",
          undefined,
        ],
      }
    `);
  });

  it('keeps what it claims for as long as its neighbours hear it', async () => {
    const witness = open('node-b');
    const epoch = { generation: 1, counter: 1 };
    open('node-a', { claims: [{ address: ADDRESS, epoch, term: 0 }] });
    says(witness, 'node-a', 'heard');
    await pass(600_000, witness);
    expect(registry.speaker('node-a')?.claims.size).toBe(1);
    says(witness, 'node-a', 'down');
    await pass(500, witness);
    expect(registry.speaker('node-a')).toBeUndefined();
  });

  it('is not vouched for by a witness whose own session ended, nor by itself', async () => {
    const witness = open('node-b');
    const session = open('node-a');
    says(witness, 'node-a', 'heard');
    says(session, 'node-a', 'heard');
    witness.close('transport');
    await pass(600, session);
    expect([...registry.witnessesOf('node-a')]).toEqual([]);
  });

  it('is told its neighbours and keys before its grants, again on every session, and only when they changed', async () => {
    const around = {
      kind: 'neighbours',
      neighbours: [{ nodeName: 'node-b', addresses: [ADDRESS] }],
      ownAddresses: [],
    } as const;
    registry.setHelloKeys([{ id: 1, key: new Uint8Array(32) }]);
    registry.surround('node-a', around);
    registry.grant('node-a', { address: ADDRESS, epoch: { generation: 1, counter: 1 }, candidates: ['node-a'] });
    const first = open('node-a');
    const kinds = (session: FakeSession) => session.sent.map(({ kind }) => kind).filter((kind) => kind !== 'heartbeat');
    expect(kinds(first)).toEqual(['welcome', 'hello-keys', 'neighbours', 'snapshot']);
    registry.grant('node-a', { address: ADDRESS, epoch: { generation: 1, counter: 2 }, candidates: ['node-a'] });
    registry.surround('node-a', { ...around });
    registry.surround('node-a', { ...around, neighbours: [] });
    registry.surround('node-a', { ...around, ownAddresses: [ADDRESS] });
    expect(kinds(first).slice(4)).toEqual(['delta']);
    registry.received(first, { kind: 'ack', revision: 2 });
    expect(kinds(first).slice(5)).toEqual(['neighbours']);
    first.close('transport');
    expect(kinds(open('node-a'))).toEqual(['welcome', 'hello-keys', 'neighbours', 'snapshot']);
  });

  it('tells riders of the sessions that stand, and observers of what speakers see', async () => {
    const seen: string[] = [];
    registry.ride({
      attached: ({ nodeName }) => seen.push(`attached ${nodeName}`),
      received: (_, { kind }) => seen.push(kind),
      drained: () => seen.push('drained'),
      detached: ({ nodeName }) => seen.push(`detached ${nodeName}`),
      down: (nodeName) => seen.push(`down ${nodeName}`),
    });
    registry.observe((nodeName, { kind }) => seen.push(`${nodeName} saw ${kind}`));
    const session = open('node-a');
    registry.received(session, { kind: 'bgp-ack', revision: 3 });
    registry.received(session, { kind: 'conflict-over', address: ADDRESS, interface: 'eth0' });
    registry.drained(session);
    session.close('transport');
    await pass(DEAD_MS + 300);
    expect(seen).toEqual([
      'attached node-a',
      'bgp-ack',
      'node-a saw conflict-over',
      'drained',
      'detached node-a',
      'down node-a',
    ]);
  });

  it('can be asked to probe and to claim once more only while it takes messages', () => {
    expect(registry.probe('node-a', { requestId: 1, addresses: [ADDRESS] })).toBe(false);
    const session = open('node-a');
    expect(registry.probe('node-a', { requestId: 1, addresses: [ADDRESS] })).toBe(true);
    expect(registry.reclaim('node-a', [ADDRESS])).toBe(true);
    expect(session.sent.slice(2)).toEqual([
      { kind: 'probe', requestId: 1, addresses: [ADDRESS] },
      { kind: 'reclaim', addresses: [ADDRESS] },
    ]);
  });
});
