import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { KubernetesApi } from '../../../../src/adapters/kube/kubernetes-api.ts';
import { NODES, SERVICES } from '../../../../src/adapters/kube/resource-types.ts';
import { systemTime } from '../../../../src/cli/system-time.ts';
import { ServiceController } from '../../../../src/controller/service/service-controller.ts';
import { effects, type FaultEffect } from '../../../../src/lab/api/faults.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../../support/kube/api-under-test.ts';
import { FakeLoadBalancer } from '../../../support/kube/fake-load-balancer.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const MERGE_PATCH = 'application/merge-patch+json';

interface Running {
  readonly api: ApiUnderTest;
  readonly connection: KubernetesApi;
  readonly loadBalancer: FakeLoadBalancer;
}

async function startController(api: ApiUnderTest, addresses: readonly string[] = ['192.0.2.1']): Promise<Running> {
  const connection = await api.connect({ watchIdleMs: 1_000 });
  const services = connection.serviceInformer();
  const nodes = connection.nodeInformer();
  const loadBalancer = new FakeLoadBalancer(addresses);
  const controller = new ServiceController(
    { clusterName: 'kubernetes', concurrency: 8 },
    {
      services,
      nodes,
      store: connection.services,
      events: connection.events,
      loadBalancer,
      claims: loadBalancer,
      clock: systemTime,
      timers: systemTime,
      log: api.log,
      metrics: api.metrics,
    },
  );
  loadBalancer.onFreed = (waiting) => {
    for (const key of waiting) controller.enqueue(key);
  };
  api.run({
    run: async (signal: AbortSignal) => void (await Promise.all([connection.run(signal), controller.run(signal)])),
  });
  await Promise.all([services.synced(api.signal), nodes.synced(api.signal)]);
  return { api, connection, loadBalancer };
}

async function create({ user }: ApiUnderTest, name: string, spec: object = {}): Promise<void> {
  await user.send({
    verb: 'create',
    path: { type: SERVICES, namespace: 'default' },
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], allocateLoadBalancerNodePorts: false, ...spec },
    },
  });
}

async function patch({ user }: ApiUnderTest, name: string, body: object, subresource?: string): Promise<void> {
  const path = { type: SERVICES, namespace: 'default', name, ...(subresource === undefined ? {} : { subresource }) };
  await user.send({ verb: 'patch', path, body, contentType: MERGE_PATCH });
}

interface Stored {
  readonly metadata: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
}

const stored = ({ server }: ApiUnderTest, name: string) =>
  server.store.collection('', 'services').get(`default/${name}`) as unknown as Stored | undefined;
const address = (api: ApiUnderTest, name: string) => stored(api, name)?.status?.loadBalancer?.ingress?.[0]?.ip;

test('a Service gets its address, keeps it, and gives it back', async () => {
  await using api = await startApiUnderTest();
  const { loadBalancer } = await startController(api);
  await create(api, 'web');
  await eventually('it has the address', () => address(api, 'web') === '192.0.2.1');
  expect(stored(api, 'web')?.metadata.finalizers).toEqual([FINALIZER]);
  await api.user.send({ verb: 'delete', path: { type: SERVICES, namespace: 'default', name: 'web' } });
  await eventually('it is gone', () => stored(api, 'web') === undefined);
  expect(loadBalancer.free).toEqual(['192.0.2.1']);
});

test('a Service that is not of type LoadBalancer any more is released, and gets an address when it is again', async () => {
  await using api = await startApiUnderTest();
  const { loadBalancer } = await startController(api);
  await create(api, 'web');
  await eventually('it has the address', () => address(api, 'web') !== undefined);
  await patch(api, 'web', { spec: { type: 'ClusterIP' } });
  await eventually(
    'it is released',
    () => stored(api, 'web')?.metadata.finalizers === undefined && loadBalancer.free.length === 1,
  );
  expect(address(api, 'web')).toBeUndefined();
  await patch(api, 'web', { spec: { type: 'LoadBalancer' } });
  await eventually('it has the address again', () => address(api, 'web') === '192.0.2.1');
});

test('a status that somebody empties is put right', async () => {
  await using api = await startApiUnderTest();
  await startController(api);
  await create(api, 'web');
  await eventually('it has the address', () => address(api, 'web') !== undefined);
  await patch(api, 'web', { status: { loadBalancer: null } }, 'status');
  await eventually('it has the address again', () => address(api, 'web') === '192.0.2.1');
});

test('of two Services and one address the waiting one is served when the other goes', async () => {
  await using api = await startApiUnderTest();
  await startController(api);
  await create(api, 'first');
  await eventually('it has the address', () => address(api, 'first') !== undefined);
  await create(api, 'second');
  await eventually('it waits', () => stored(api, 'second')?.metadata.finalizers !== undefined);
  await api.user.send({ verb: 'delete', path: { type: SERVICES, namespace: 'default', name: 'first' } });
  await eventually('it has the address', () => address(api, 'second') === '192.0.2.1');
});

test.each<[string, FaultEffect]>([
  ['too many requests', effects.tooManyRequests(1)],
  ['an internal error', effects.internalError()],
  ['a connection that is reset', { kind: 'reset' }],
  ['an answer that is lost after the write', { kind: 'lost-answer' }],
])('%s on the first patch delays the address, and changes nothing else', async (_title, effect) => {
  await using api = await startApiUnderTest();
  await startController(api);
  api.server.faults.inject({ match: { resources: ['services/status'] }, effect, times: 1 });
  await create(api, 'web');
  await eventually('it has the address', () => address(api, 'web') === '192.0.2.1');
  expect(stored(api, 'web')?.metadata.finalizers).toEqual([FINALIZER]);
});

test('a Service that is made after an outage of the API has its address within three seconds of its return', async () => {
  await using api = await startApiUnderTest();
  await startController(api);
  await api.server.outage();
  await sleep(4_000);
  await api.server.resume();
  const backAt = Date.now();
  await create(api, 'web');
  await eventually('it has the address', () => address(api, 'web') === '192.0.2.1');
  expect(Date.now() - backAt).toBeLessThan(3_000);
});

test('watches that end, stall and are compacted cost nothing but time', async () => {
  await using api = await startApiUnderTest();
  await startController(api, ['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  await eventually('the watches are open', () => api.server.faults.watchCount() === 2);
  api.server.faults.endWatches();
  await create(api, 'first');
  const resume = api.server.faults.stallWatches();
  await create(api, 'second');
  await sleep(1_200);
  api.server.compact();
  resume();
  await create(api, 'third');
  for (const name of ['first', 'second', 'third']) {
    await eventually(`${name} has an address`, () => address(api, name) !== undefined);
  }
});

test('two hundred Services at once cost one write each', async () => {
  await using api = await startApiUnderTest();
  const addresses = Array.from({ length: 200 }, (_, index) => `192.0.2.${index}`);
  await startController(api, addresses);
  const writes = api.server.faults.inject({
    match: { resources: ['services/status'] },
    effect: { kind: 'delay', ms: 0 },
  });
  await Promise.all(addresses.map((_, index) => create(api, `web-${index}`)));
  await eventually('all have addresses', () =>
    addresses.every((_, index) => address(api, `web-${index}`) !== undefined),
  );
  expect(writes.hits).toBe(200);
});

test('a node that joins is handed to the provider', async () => {
  await using api = await startApiUnderTest();
  const { loadBalancer } = await startController(api);
  await create(api, 'web');
  await eventually('it has the address', () => address(api, 'web') !== undefined);
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } };
  await api.user.send({ verb: 'create', path: { type: NODES }, body });
  await eventually('the provider has it', () => loadBalancer.hosts.get('web')?.includes('node-a') ?? false);
});
