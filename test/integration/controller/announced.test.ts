import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { SERVICES } from '../../../src/adapters/kube/resource-types.ts';
import { systemTime } from '../../../src/cli/system-time.ts';
import { ANNOUNCED } from '../../../src/controller/announced/announced-condition.ts';
import { AnnouncementEvents } from '../../../src/controller/announced/announcement-events.ts';
import { ConditionWriter } from '../../../src/controller/announced/condition-writer.ts';
import { Layer2Source } from '../../../src/controller/announced/layer2-source.ts';
import { layer2Statuses } from '../../../src/controller/announced/layer2-statuses.ts';
import { StatusObjects } from '../../../src/controller/announced/status-objects.ts';
import { Announcer } from '../../../src/controller/announcer/announcer.ts';
import { OwnerHistory } from '../../../src/controller/announcer/owner-history.ts';
import { SpeakerRegistry } from '../../../src/controller/speakers/speaker-registry.ts';
import { EMPTY_CONFIG } from '../../../src/core/config/config.ts';
import { resourcesOf } from '../../../src/core/config/schema/resource-names.ts';
import { serviceL2Status } from '../../../src/core/config/schema/service-l2-status.ts';
import type { KubeObject } from '../../../src/lab/api/kube-object.ts';
import { readKustomization } from '../../../src/lab/manifests.ts';
import { advertisement, ip, sliceOf } from '../../support/channel/announcer-bed.ts';
import { ModelSpeaker } from '../../support/channel/model-speaker.ts';
import { FakeInformer } from '../../support/fake-informer.ts';
import { type ApiUnderTest, startApiUnderTest } from '../../support/kube/api-under-test.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');
const NAMESPACE = 'heraldlb-system';
const VIP = '192.0.2.1';
const NODES = ['node-a', 'node-b', 'node-c'];
const QUICK = { gatherMs: 20, paceMs: 5 };
const TYPES = resourcesOf(serviceL2Status);

/** Waits until it holds. */
const eventually = (holds: () => void | Promise<void>) => vi.waitFor(holds, { timeout: 20_000, interval: 50 });

/** CRDs of both groups, three nodes, and a Service that has an address. */
async function prepare(api: ApiUnderTest): Promise<void> {
  for (const folder of ['namespace', 'crds/heraldlb.io', 'crds/metallb.io']) {
    for (const object of await readKustomization(join(MANIFESTS, folder))) api.server.seed(object as KubeObject);
  }
  for (const name of NODES) api.server.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  };
  await api.user.send({ verb: 'create', path: { type: SERVICES, namespace: 'default' }, body });
}

/** A term of leadership of what decides and shows, with model speakers and everything else real. */
async function lead(api: ApiUnderTest) {
  const connection = await api.connect();
  const { log, metrics, signal } = api;
  const common = { clock: systemTime, timers: systemTime, log, metrics };
  const nodes = connection.nodeInformer();
  const services = connection.serviceInformer();
  const groups = TYPES.map((type) => ({ type, objects: connection.configInformer(type, NAMESPACE) }));
  const registry = new SpeakerRegistry({}, common);
  const config = { ...EMPTY_CONFIG, l2Advertisements: [advertisement('all')] };
  const announcer = new Announcer(
    { generation: 1 },
    {
      ...common,
      speakers: registry,
      config: { current: () => config, onChange: () => () => undefined },
      nodes,
      endpointSlices: new FakeInformer([['default/web-1', sliceOf('web', [{ ready: true }])] as const]),
      history: new OwnerHistory(common),
    },
  );
  api.run(connection);
  await Promise.all([services.synced(signal), ...groups.map(({ objects }) => objects.synced(signal))]);
  const sources = [new Layer2Source({ announcer, timers: common.timers })];
  new ConditionWriter(QUICK, { ...common, services, store: connection.services, sources }).start(signal);
  new AnnouncementEvents({ ...common, services, sources, events: connection.events }).start(signal);
  new StatusObjects(
    { namespace: NAMESPACE, prefix: 'l2', ...QUICK },
    {
      ...common,
      groups,
      store: connection.statusObjects,
      nodes,
      statusesOf: (key, type) => layer2Statuses(announcer.statesOf(key), type),
      onChange: (listener) => announcer.onChange(listener),
    },
  ).start(signal);
  await announcer.start(signal);
  const speakers = NODES.map((name) => new ModelSpeaker(name));
  for (const speaker of speakers) speaker.dial(registry);
  const addresses = [{ address: ip(VIP), poolName: 'pool', poolLabels: {} }];
  const identity = { namespace: 'default', name: 'web', labels: {} };
  announcer.set('default/web', { ...identity, externalTrafficPolicy: 'Cluster', addresses });
  announcer.declared();
  const beat = setInterval(() => {
    for (const speaker of speakers) speaker.beat();
  }, 200);
  signal.addEventListener('abort', () => {
    clearInterval(beat);
    registry.stop();
  });
  return { announcer, services, groups, speakers };
}

async function eventsOf(api: ApiUnderTest): Promise<string[]> {
  const path = { type: { ...SERVICES, kind: 'Event', plural: 'events' }, namespace: 'default' };
  const { items } = (await api.user.send({ verb: 'list', path })) as { items: { reason: string; message: string }[] };
  return items.map(({ reason, message }) => `${reason}: ${message}`);
}

test('a Service, its status objects and its events follow the owner of its address from node to node', async () => {
  await using api = await startApiUnderTest();
  await prepare(api);
  const { announcer, services, groups, speakers } = await lead(api);
  const condition = () => services.get('default/web')?.status.conditions.find(({ type }) => type === ANNOUNCED);
  await eventually(() => expect(condition()).toMatchObject({ status: 'True', reason: 'Announced' }));
  const [owner = '', standby = ''] = announcer.statesOf('default/web')[0]?.candidates ?? [];
  expect(condition()?.message).toMatch(new RegExp(`^${VIP} from ${owner} since \\S+Z \\(granted\\)$`));
  const objects = () => groups.map(({ objects: each }) => each.list().map(({ status }) => status));
  const subject = (node: string) => ({ node, serviceName: 'web', serviceNamespace: 'default' });
  await eventually(() => expect(objects()).toMatchObject([[subject(owner)], [subject(owner)]]));
  expect(objects()[0]).toMatchObject([{ addresses: [{ address: VIP, reason: 'granted' }] }]);

  const byName = new Map(speakers.map((speaker) => [speaker.nodeName, speaker]));
  byName.get(owner)?.cutPower();
  byName.get(standby)?.takeOver(VIP, { gapMs: 321 });
  await eventually(() => expect(condition()?.message).toContain(`from ${standby} since`));
  expect(condition()?.message).toContain('(neighbour-down, gap 321 ms)');
  await eventually(() => expect(objects()).toMatchObject([[subject(standby)], [subject(standby)]]));
  expect(objects()[0]).toMatchObject([{ addresses: [{ reason: 'neighbour-down', gapMilliseconds: 321 }] }]);
  await eventually(async () =>
    expect(await eventsOf(api)).toContainEqual(
      `nodeAssigned: announcing from node "${standby}" with protocol "layer2": ${VIP} (neighbour-down, gap 321 ms)`,
    ),
  );

  announcer.delete('default/web');
  await eventually(() => expect(condition()).toBeUndefined());
  await eventually(() => expect(objects()).toEqual([[], []]));
});

test('the node, name and namespace of a status object cannot be changed by anybody', async () => {
  await using api = await startApiUnderTest();
  await prepare(api);
  const { groups } = await lead(api);
  for (const { type, objects } of groups) {
    await eventually(() => expect(objects.list()[0]?.status).toMatchObject({ serviceName: 'web' }));
    const name = objects.list()[0]?.meta.name ?? '';
    const patch = api.user.send({
      verb: 'patch',
      path: { type, namespace: NAMESPACE, name, subresource: 'status' },
      body: { status: { node: 'another' } },
      contentType: 'application/merge-patch+json',
    });
    await expect(patch).rejects.toThrow('Value is immutable');
  }
});
