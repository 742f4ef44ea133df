import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { effects } from '../../../../src/lab/api/faults.ts';
import type { InformerChange } from '../../../../src/ports/informer.ts';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../../support/kube/api-under-test.ts';

const CONFIG_TYPE = {
  group: 'heraldlb.io',
  version: 'v1',
  kind: 'IPAddressPool',
  plural: 'ipaddresspools',
  namespaced: true,
};

function seedService({ server }: ApiUnderTest, name: string, annotations: Record<string, string> = {}) {
  return server.seed({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'web', name, annotations },
    spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP' }] },
  });
}

async function startInformer(api: ApiUnderTest, options: { watchIdleMs?: number } = {}) {
  const connection = await api.connect(options);
  const informer = connection.serviceInformer();
  const changes: InformerChange<Service>[] = [];
  informer.onChange((change) => {
    if (change.key.startsWith('web/')) changes.push(change);
  });
  api.run(connection);
  await informer.synced(api.signal);
  return { informer, changes };
}

test('the informer tells what is there, then every change once', async () => {
  await using api = await startApiUnderTest();
  seedService(api, 'first');
  const { informer, changes } = await startInformer(api);
  expect(informer.list().map((service) => service.meta.name)).toContain('first');
  seedService(api, 'second');
  await eventually('second is told', () => changes.length === 2);
  expect(changes[1]?.before).toBeUndefined();
  expect(changes[1]?.after?.spec.ports).toEqual([{ protocol: 'TCP', port: 80 }]);
});

test('a list of several pages is whole', async () => {
  await using api = await startApiUnderTest();
  for (let index = 0; index < 620; index += 1) seedService(api, `web-${index}`);
  const { informer } = await startInformer(api);
  expect(informer.list().filter((service) => service.meta.namespace === 'web')).toHaveLength(620);
});

test('a dropped watch goes on where it was', async () => {
  await using api = await startApiUnderTest();
  const { informer, changes } = await startInformer(api);
  await eventually('the watch is open', () => api.server.faults.watchCount() === 1);
  api.server.faults.dropWatches();
  seedService(api, 'meanwhile');
  await eventually('the change is told', () => informer.get('web/meanwhile') !== undefined);
  expect(changes).toHaveLength(1);
});

test('a watch that stalls in silence is opened again', async () => {
  await using api = await startApiUnderTest();
  const { informer } = await startInformer(api, { watchIdleMs: 200 });
  await eventually('the watch is open', () => api.server.faults.watchCount() === 1);
  const resume = api.server.faults.stallWatches();
  seedService(api, 'unheard');
  await eventually(
    'the silence is noticed',
    () => api.metrics.value('heraldlb_informer_restarts_total', { resource: 'services', reason: 'silent' }) > 0,
  );
  resume();
  await eventually('the change is told', () => informer.get('web/unheard') !== undefined);
});

test('an answer 410 leads to a new list, with what was deleted meanwhile told as gone', async () => {
  await using api = await startApiUnderTest();
  seedService(api, 'goes');
  const { informer, changes } = await startInformer(api);
  await eventually('the watch is open', () => api.server.faults.watchCount() === 1);
  await api.server.outage();
  api.server.store.collection('', 'services').remove('web/goes');
  seedService(api, 'comes');
  api.server.compact();
  await api.server.resume();
  await eventually('the new one is told', () => informer.get('web/comes') !== undefined);
  expect(changes.slice(1).map(({ key, after }) => [key, after === undefined ? 'gone' : 'there'])).toEqual([
    ['web/goes', 'gone'],
    ['web/comes', 'there'],
  ]);
});

test('an API that comes back after an outage is noticed within a second', async () => {
  await using api = await startApiUnderTest();
  const { informer } = await startInformer(api);
  await api.server.outage();
  await sleep(3_000);
  await api.server.resume();
  const backAt = Date.now();
  seedService(api, 'after');
  await eventually('the change is told', () => informer.get('web/after') !== undefined);
  expect(Date.now() - backAt).toBeLessThan(2_000);
});

test('errors of the server are waited out without a hot loop', async () => {
  await using api = await startApiUnderTest();
  const fault = api.server.faults.inject({
    match: { verbs: ['list'], resources: ['services'] },
    effect: effects.internalError(),
  });
  const connection = await api.connect();
  const informer = connection.serviceInformer();
  api.run(connection);
  await sleep(1_500);
  expect(fault.hits).toBeGreaterThan(2);
  expect(fault.hits).toBeLessThan(12);
  fault.remove();
  await informer.synced(api.signal);
  expect(api.log.events('warn')).toEqual(['informer-interrupted']);
});

test('a refusal names verb and resource in one line', async () => {
  await using api = await startApiUnderTest({
    tokens: { nobody: { name: 'nobody', uid: 'n', groups: [], extra: {} } as never },
  });
  const connection = await api.connect({ token: 'nobody' });
  connection.serviceInformer();
  api.run(connection);
  await eventually('the refusal is logged', () => api.log.events('warn').length > 0);
  const line = api.log.lines.find((each) => each.event === 'informer-interrupted');
  expect(line?.fields.error).toMatch(/^list services: not allowed \(403\): .*nobody.*list.*services/);
  expect(String(line?.fields.error)).not.toContain('\n');
});

test('an API server that does not know a kind for a moment takes no object away', async () => {
  await using api = await startApiUnderTest();
  seedService(api, 'first');
  const { informer, changes } = await startInformer(api);
  await eventually('the watch is open', () => api.server.faults.watchCount() === 1);
  const effect = { kind: 'status', code: 404, reason: 'NotFound', message: '404 page not found' } as const;
  api.server.faults.inject({ match: { resources: ['services'] }, effect, times: 2 });
  api.server.faults.dropWatches();
  await eventually('the watch is open again', () => api.server.faults.watchCount() === 1);
  seedService(api, 'second');
  await eventually('second is told', () => informer.get('web/second') !== undefined);
  expect(changes.map(({ key, after }) => [key, after?.meta.name])).toEqual([
    ['web/first', 'first'],
    ['web/second', 'second'],
  ]);
});

test('a kind that is not installed is an empty list, and is picked up when it appears', async () => {
  await using api = await startApiUnderTest();
  const connection = await api.connect();
  const informer = connection.configInformer(CONFIG_TYPE);
  api.run(connection);
  await informer.synced(api.signal);
  expect(informer.list()).toEqual([]);
  api.server.seed({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'ipaddresspools.heraldlb.io' },
    spec: {
      group: 'heraldlb.io',
      scope: 'Namespaced',
      names: {
        plural: 'ipaddresspools',
        singular: 'ipaddresspool',
        kind: 'IPAddressPool',
        listKind: 'IPAddressPoolList',
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
  await eventually('the kind is served', () => {
    try {
      api.server.seed({
        apiVersion: 'heraldlb.io/v1',
        kind: 'IPAddressPool',
        metadata: { namespace: 'default', name: 'pool' },
        spec: { addresses: ['192.0.2.0/28'] },
      });
      return true;
    } catch {
      return false;
    }
  });
  await eventually('the object is told', () => informer.get('default/pool') !== undefined);
  expect(informer.get('default/pool')?.spec).toEqual({ addresses: ['192.0.2.0/28'] });
});

test('a kind that is dispensable and that an older role does not let us read counts as synced', async () => {
  const nobody = { name: 'nobody', groups: ['system:authenticated'], extra: {} };
  await using api = await startApiUnderTest({ tokens: { 'nobody-token': nobody } });
  const connection = await api.connect({ token: 'nobody-token' });
  const [dispensable, necessary] = [connection.serviceCidrInformer(), connection.nodeInformer()];
  api.run(connection);
  await dispensable.synced(api.signal);
  expect(dispensable.list()).toEqual([]);
  const necessarySynced = await Promise.race([
    necessary.synced(api.signal).then(() => true),
    new Promise<false>((resolve) => setTimeout(resolve, 200, false)),
  ]);
  expect(necessarySynced).toBe(false);
});
