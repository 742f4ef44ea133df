import { beforeEach, describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/core/net/index.ts';
import type { Grant, SpeakerMessage } from '../../../src/ports/channel.ts';
import type { PacketCommand, PacketPlane, PacketPlaneListener } from '../../../src/ports/packet-plane.ts';
import { StateStoreError } from '../../../src/ports/state-store.ts';
import { Layer2 } from '../../../src/speaker/layer2.ts';
import { SpeakerMeter } from '../../../src/speaker/metrics.ts';
import { v4, v6 } from '../../support/fake-lan.ts';
import { ManualTime } from '../../support/manual-time.ts';
import { MemoryState } from '../../support/memory-state.ts';
import { RecordingLog, RecordingMetrics } from '../../support/recording-telemetry.ts';
import { SEE_THROUGH_SECRETS } from '../../support/see-through-secrets.ts';

const ADDRESS = v4('192.0.2.50');
const ADDRESS6 = v6('2001:db8::50');
const KEYS = [{ id: 3, key: Uint8Array.from({ length: 32 }, (_, at) => at) }];
const NEIGHBOURS = [{ nodeName: 'node2', addresses: [v4('192.0.2.2'), v6('2001:db8::2')] }];
const OWN = [v4('192.0.2.1')];

class CommandedPlane implements PacketPlane {
  readonly commands: PacketCommand[] = [];

  start(_listener: PacketPlaneListener): Promise<void> {
    return Promise.resolve();
  }

  command(command: PacketCommand): void {
    this.commands.push(command);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** The layer-2 part of one process of a speaker. */
class Process {
  readonly plane = new CommandedPlane();
  readonly sent: SpeakerMessage[] = [];
  readonly log = new RecordingLog();
  readonly metrics = new RecordingMetrics();
  readonly layer2: Layer2;

  constructor(store: MemoryState, timers: ManualTime) {
    this.layer2 = new Layer2(
      { nodeName: 'node1' },
      {
        plane: this.plane,
        send: (message) => this.sent.push(message),
        store,
        secrets: SEE_THROUGH_SECRETS,
        timers,
        log: this.log,
        meter: new SpeakerMeter(this.metrics),
        released: () => {},
      },
    );
  }
}

function grant(address: Grant['address'], counter: number, candidates = ['node1', 'node2']): Grant {
  return { address, epoch: { generation: 2, counter }, candidates, interfaces: ['eth0'], probed: true };
}

describe('a speaker that starts again', () => {
  let time: ManualTime;
  let store: MemoryState;

  /** It has two grants, and claims one of them by a takeover. */
  beforeEach(async () => {
    time = new ManualTime();
    store = new MemoryState();
    const { layer2 } = new Process(store, time);
    await layer2.restore();
    layer2.received({ kind: 'hello-keys', keys: KEYS });
    layer2.received({ kind: 'neighbours', neighbours: NEIGHBOURS, ownAddresses: OWN });
    const grants = [grant(ADDRESS, 1, ['node2', 'node1']), grant(ADDRESS6, 7)];
    layer2.received({ kind: 'snapshot', revision: 1, grants });
    const claim = { address: ADDRESS, epoch: { generation: 2, counter: 1 }, term: 1, reason: 'neighbour-down' };
    layer2.noticed({ kind: 'claims', claimed: [claim], released: [] });
    await time.advance(100);
  });

  it('tells the packet plane all that it needs to go on, without a word of the controller', async () => {
    const next = new Process(store, time);
    await next.layer2.restore();
    expect(next.plane.commands).toEqual([
      { kind: 'hello-keys', keys: KEYS },
      {
        kind: 'restore',
        neighbours: NEIGHBOURS,
        ownAddresses: OWN,
        grants: [grant(ADDRESS, 1, ['node2', 'node1']), grant(ADDRESS6, 7)],
        claims: [{ address: ADDRESS, epoch: { generation: 2, counter: 1 }, term: 1, rank: 1 }],
      },
    ]);
    expect(next.log.events()).toEqual(['local-state-restored']);
  });

  it('says in its first hello what it claims and how new its newest grant is', async () => {
    const { layer2 } = new Process(store, time);
    await layer2.restore();
    expect(layer2.claims).toEqual([{ address: ADDRESS, epoch: { generation: 2, counter: 1 }, term: 1 }]);
    expect(layer2.newestEpoch).toEqual({ generation: 2, counter: 7 });
  });

  it('keeps nothing that was released or revoked', async () => {
    const second = new Process(store, time);
    await second.layer2.restore();
    second.layer2.noticed({ kind: 'claims', claimed: [], released: [ADDRESS] });
    second.layer2.received({ kind: 'delta', revision: 2, grants: [], revoked: [ADDRESS] });
    await second.layer2.close();
    const third = new Process(store, time);
    await third.layer2.restore();
    expect(third.layer2.claims).toEqual([]);
    expect(JSON.parse(store.values.get('layer2') ?? '{}')).toMatchObject({
      grants: [{ address: formatIp(ADDRESS6) }],
    });
  });

  it('keeps the keys of its hellos from whoever finds the state', () => {
    const [{ key } = { key: new Uint8Array() }] = KEYS;
    const state = store.values.get('layer2') ?? '';
    for (const bare of [key.join(), Buffer.from(key).toString('base64'), Buffer.from(key).toString('hex')])
      expect(state).not.toContain(bare);
    expect(JSON.parse(state)).toMatchObject({ keys: [{ id: 3, key: SEE_THROUGH_SECRETS.seal(key.join()) }] });
  });

  it.each([
    ['were sealed elsewhere', '"c2VhbGVkIGVsc2V3aGVyZQ=="'],
    ['are not sealed', '[1,2,3]'],
  ])('goes on without keys, and says so, where those of its state %s', async (_, key) => {
    store.values.set('layer2', (store.values.get('layer2') ?? '').replace(/"key":"[^"]*"/, `"key":${key}`));
    const { layer2, plane, log, metrics } = new Process(store, time);
    await layer2.restore();
    expect(plane.commands).toMatchObject([
      { kind: 'hello-keys', keys: [] },
      { kind: 'restore', claims: [{ address: ADDRESS }] },
    ]);
    expect(log.events()).toEqual(['local-state-ignored', 'local-state-restored']);
    expect(metrics.value('heraldlb_speaker_local_state_failures_total', { reason: 'foreign' })).toBe(1);
  });

  it.each<[string, (store: MemoryState) => void]>([
    ['is not an object', ({ values }) => values.set('layer2', '7')],
    ['lacks a part', ({ values }) => values.set('layer2', '{"grants":[]}')],
    [
      'names what is no address',
      ({ values }) => values.set('layer2', (values.get('layer2') ?? '').replace('192.0.2.50', '192.0.2.500')),
    ],
    [
      'has an epoch that is none',
      ({ values }) => values.set('layer2', (values.get('layer2') ?? '').replace('"counter":1', '"counter":-1')),
    ],
    [
      'is damaged',
      (state) => {
        state.refusal = new StateStoreError('damaged', 'wrong checksum');
      },
    ],
  ])('begins anew, counts and explains it when its state %s', async (_, spoil) => {
    spoil(store);
    const { layer2, plane, log, metrics } = new Process(store, time);
    await layer2.restore();
    expect(plane.commands).toEqual([]);
    expect([layer2.claims, layer2.newestEpoch]).toEqual([[], undefined]);
    expect(log.events('warn')).toEqual(['local-state-ignored']);
    expect(metrics.value('heraldlb_speaker_local_state_failures_total', { reason: 'damaged' })).toBe(1);
  });
});
