import { describe, expect, it } from 'vitest';
import type { PeerStatus, PoolUsage } from '../../../../src/controller/configuration/config-source.ts';
import { Configuration } from '../../../../src/controller/configuration/configuration.ts';
import { DEFAULT_STATUS_WRITER_OPTIONS, StatusWriter } from '../../../../src/controller/configuration/status-writer.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { ConfigObject } from '../../../../src/ports/informer.ts';
import type { KubernetesEvent, Namespace } from '../../../../src/ports/kubernetes.ts';
import { configObject, pool } from '../../../support/config-objects.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const keyOf = ({ meta }: ConfigObject): string => `${meta.namespace}/${meta.name}`;
const put = (informer: FakeInformer<ConfigObject>, object: ConfigObject): void => informer.set(keyOf(object), object);
const everything = configObject('L2Advertisement', 'everything', {});

/** A writer over a store that merges patches as the API server does; `prunes` drops what MetalLB's own CRDs do not know. */
async function bed(objects: readonly ConfigObject[], { prunes = false, peers = new Map<string, PeerStatus>() } = {}) {
  const informer = new FakeInformer<ConfigObject>(objects.map((object) => [keyOf(object), object]));
  const time = new ManualTime();
  const telemetry = { log: new RecordingLog(), metrics: new RecordingMetrics() };
  const configuration = new Configuration(
    { namespaces: ['metallb-system'], fixed: [] },
    { objects: [informer], namespaces: new FakeInformer<Namespace>(), timers: time, ...telemetry },
  );
  const patches: { name: string; text: string }[] = [];
  const events: KubernetesEvent[] = [];
  const failures: ApiError[] = [];
  const usage = new Map<string, PoolUsage>();
  const writer = new StatusWriter(DEFAULT_STATUS_WRITER_OPTIONS, {
    configuration,
    store: {
      patchStatus: (object, patch) => {
        const failure = failures.shift();
        if (failure !== undefined) return Promise.reject(failure);
        patches.push({ name: object.meta.name, text: JSON.stringify(patch) });
        const { conditions, ...counts } = JSON.parse(JSON.stringify(patch)) as Record<string, unknown>;
        const now = informer.get(`${object.meta.namespace}/${object.meta.name}`);
        if (now === undefined) return Promise.resolve(undefined);
        const merged = { ...(now.status as object), ...counts, ...(prunes ? {} : { conditions }) };
        const status = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
        const resourceVersion = String(Number(now.meta.resourceVersion) + 1);
        put(informer, { ...now, meta: { ...now.meta, resourceVersion }, status });
        return Promise.resolve(status);
      },
    },
    usage: { usage: (name) => usage.get(name) },
    peers: { peerStatus: (name) => peers.get(name) },
    events: { record: (_object, event) => events.push(event) },
    time,
    ...telemetry,
  });
  const stop = new AbortController();
  await configuration.start(stop.signal);
  writer.start(stop.signal);
  await time.advance(5_000);
  const statusOf = (name: string): unknown => informer.get(`metallb-system/${name}`)?.status;
  return {
    informer,
    time,
    configuration,
    writer,
    patches,
    events,
    failures,
    usage,
    peers,
    stop,
    statusOf,
    ...telemetry,
  };
}

const counts = (assignedIPv4: bigint, availableIPv4: bigint, availableIPv6 = 0n): PoolUsage => ({
  assignedIPv4,
  assignedIPv6: 0n,
  availableIPv4,
  availableIPv6,
});

it('each object is told once whether it is in force, and pools how full they are', async () => {
  const { statusOf, patches, events, time } = await bed([
    everything,
    pool('good', ['10.0.0.0/24']),
    pool('bad', ['10.1.0.5'], { generation: 4 }),
  ]);
  expect(statusOf('everything')).toEqual({
    conditions: [
      {
        type: 'Valid',
        status: 'True',
        reason: 'InForce',
        message: 'In force.',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  });
  expect(statusOf('bad')).toMatchObject({
    assignedIPv4: 0,
    conditions: [
      {
        status: 'False',
        reason: 'Invalid',
        message: 'spec.addresses[0] "10.1.0.5": is a single address without a prefix length; write "10.1.0.5/32".',
        observedGeneration: 4,
      },
    ],
  });
  expect(events).toEqual([
    {
      type: 'Warning',
      reason: 'Invalid',
      message: 'spec.addresses[0] "10.1.0.5": is a single address without a prefix length; write "10.1.0.5/32".',
    },
  ]);
  await time.advance(600_000);
  expect(patches).toHaveLength(3);
});

it('the counts of a pool follow its usage, gathered, and stay at the largest integer of the API', async () => {
  const { usage, writer, time, patches, statusOf } = await bed([
    everything,
    pool('first', ['10.0.0.0/24', 'fd00::/32']),
  ]);
  const before = patches.length;
  for (let assigned = 1n; assigned <= 50n; assigned += 1n) {
    usage.set('first', counts(assigned, 256n - assigned, 2n ** 96n));
    writer.changed();
  }
  await time.advance(5_000);
  expect(patches).toHaveLength(before + 1);
  expect(patches.at(-1)?.text).toContain('"assignedIPv4":50');
  expect(patches.at(-1)?.text).toContain('"availableIPv6":9223372036854775807');
  expect(statusOf('first')).toMatchObject({ assignedIPv4: 50, availableIPv4: 206 });
});

it('a status that somebody alters is put right', async () => {
  const { informer, time, statusOf, usage, writer } = await bed([everything, pool('first', ['10.0.0.0/24'])]);
  usage.set('first', counts(3n, 253n));
  writer.changed();
  await time.advance(5_000);
  const object = informer.get('metallb-system/first');
  if (object === undefined) throw new Error('the pool is gone');
  put(informer, { ...object, meta: { ...object.meta, resourceVersion: '50' }, status: { assignedIPv4: 99 } });
  await time.advance(5_000);
  expect(statusOf('first')).toMatchObject({ assignedIPv4: 3, conditions: [{ type: 'Valid' }] });
});

it('conditions of other people stay, each keeps its place, and the time of ours changes only with its status', async () => {
  const theirs = {
    type: 'Theirs',
    status: 'True',
    reason: 'R',
    message: 'm',
    lastTransitionTime: '2025-01-01T00:00:00Z',
  };
  const ours = {
    type: 'Valid',
    status: 'True',
    reason: 'InForce',
    message: 'said otherwise before',
    observedGeneration: 1,
    lastTransitionTime: '2025-06-01T00:00:00Z',
  };
  const { statusOf } = await bed([{ ...everything, status: { conditions: [ours, theirs] } }]);
  expect(statusOf('everything')).toEqual({ conditions: [{ ...ours, message: 'In force.' }, theirs] });
});

it('where a CRD does not keep our condition, it is not written over and over, and the log says so once', async () => {
  const { patches, time, writer, log } = await bed([pool('first', ['10.0.0.0/24'])], { prunes: true });
  for (let pass = 0; pass < 20; pass += 1) {
    writer.changed();
    await time.advance(5_000);
  }
  expect(patches.length).toBeLessThanOrEqual(3);
  expect(log.lines.filter(({ event }) => event === 'crd-differs')).toMatchObject([
    {
      fields: {
        kind: 'metallb.io/v1beta1 IPAddressPool',
        message: expect.stringMatching(/-k manifests\/crds\/metallb.io/),
      },
    },
  ]);
});

it('a write that fails is tried again, later each time, and said in the log', async () => {
  const { failures, informer, time, statusOf, log } = await bed([]);
  failures.push(
    new ApiError('forbidden', 'patch ipaddresspools/status is forbidden'),
    new ApiError('unavailable', 'gone'),
  );
  put(informer, pool('first', ['10.0.0.0/24']));
  await time.advance(10_000);
  expect(statusOf('first')).toMatchObject({ conditions: [{ type: 'Valid' }] });
  expect(log.lines.filter(({ event }) => event === 'config-status-not-written').map(({ fields }) => fields)).toEqual([
    { object: 'IPAddressPool metallb-system/first', message: 'patch ipaddresspools/status is forbidden' },
    { object: 'IPAddressPool metallb-system/first', message: 'gone' },
  ]);
});

it('an object that is put right is told so by an event', async () => {
  const { informer, time, events, statusOf } = await bed([everything, pool('first', ['10.0.0.5'])]);
  const object = informer.get('metallb-system/first');
  if (object === undefined) throw new Error('the pool is gone');
  put(informer, {
    ...object,
    meta: { ...object.meta, generation: 2, resourceVersion: '60' },
    spec: { addresses: ['10.0.0.5/32'] },
  });
  await time.advance(5_000);
  expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Warning Invalid', 'Normal InForce']);
  expect(statusOf('first')).toMatchObject({ conditions: [{ status: 'True', observedGeneration: 2 }] });
});

it('nothing is written after the signal aborts', async () => {
  const { stop, informer, patches, time } = await bed([]);
  stop.abort();
  put(informer, pool('first', ['10.0.0.0/24']));
  await time.advance(10_000);
  expect(patches).toEqual([]);
});

it('a pool lists the addresses that nobody is given, until there are none', async () => {
  const { usage, writer, time, patches, statusOf } = await bed([everything, pool('first', ['10.0.0.0/24'])]);
  const unavailable = [{ address: '10.0.0.7', cause: 'the own address of node "a"' }];
  usage.set('first', { ...counts(1n, 254n), unavailable });
  writer.changed();
  await time.advance(1_000);
  expect(statusOf('first')).toMatchObject({ unavailable });
  const written = patches.length;
  writer.changed();
  await time.advance(1_000);
  expect(patches).toHaveLength(written);
  usage.set('first', counts(1n, 255n));
  writer.changed();
  await time.advance(1_000);
  expect(JSON.parse(patches.at(-1)?.text ?? '')).toMatchObject({ unavailable: null });
  await time.advance(60_000);
  expect(patches.length).toBeLessThanOrEqual(written + 1);
});

describe('the status of a BGPPeer', () => {
  const spec = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.1' };
  const tor = configObject('BGPPeer', 'tor', spec, { apiVersion: 'metallb.io/v1beta2' });
  const established = { status: 'True', reason: 'AllEstablished', message: 'On all of 1 nodes.' } as const;
  const nodes = [{ node: 'a', state: 'established', since: '2026-01-01T00:00:00Z', prefixesSent: 3 }];
  const up: PeerStatus = { settled: true, sessions: { wanted: 1, established: 1 }, established, nodes };

  it('says node by node how its sessions are, and goes when the peer is not in force any more', async () => {
    const { peers, writer, time, statusOf, informer } = await bed([everything, tor]);
    peers.set('tor', up);
    writer.changed();
    await time.advance(1_000);
    expect(statusOf('tor')).toMatchObject({
      sessions: { wanted: 1, established: 1 },
      nodes,
      conditions: [
        { type: 'Valid', status: 'True' },
        { type: 'Established', status: 'True', reason: 'AllEstablished' },
      ],
    });
    const now = informer.get('metallb-system/tor');
    if (now !== undefined)
      put(informer, { ...now, spec: { ...spec, vrf: 'red' }, meta: { ...now.meta, generation: 2, uid: 'x' } });
    await time.advance(5_000);
    expect(Object.keys(statusOf('tor') as object)).toEqual(['conditions']);
    expect(statusOf('tor')).toMatchObject({ conditions: [{ type: 'Valid', status: 'False', reason: 'NotSupported' }] });
  });

  it('stays as it was while a new controller has not heard of the sessions, but for what is wrong by itself', async () => {
    const before = { sessions: up.sessions, nodes, conditions: [] };
    const down = { status: 'False', reason: 'NoneEstablished', message: '' } as const;
    const unsettled: PeerStatus = { ...up, settled: false, established: down, nodes: [], problem: 'no password.' };
    const objects = [everything, { ...tor, status: before }];
    const { statusOf } = await bed(objects, { peers: new Map([['tor', unsettled]]) });
    expect(statusOf('tor')).toMatchObject({
      sessions: up.sessions,
      nodes,
      conditions: [{ type: 'Valid', status: 'False' }],
    });
    expect((statusOf('tor') as { conditions: unknown[] }).conditions).toHaveLength(1);
  });

  it('is not valid, and an event says so once, while its password is missing', async () => {
    const { peers, writer, time, statusOf, events } = await bed([everything, tor]);
    peers.set('tor', { ...up, problem: 'spec.passwordSecret "x": there is no Secret of this name.' });
    writer.changed();
    await time.advance(1_000);
    writer.changed();
    await time.advance(1_000);
    expect(statusOf('tor')).toMatchObject({
      conditions: [
        { type: 'Valid', status: 'False', reason: 'ReferenceMissing' },
        { type: 'Established', status: 'True' },
      ],
    });
    peers.set('tor', up);
    writer.changed();
    await time.advance(1_000);
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning ReferenceMissing',
      'Normal InForce',
    ]);
  });
});
