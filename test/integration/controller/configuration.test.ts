import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemTime } from '../../../src/cli/system-time.ts';
import { Configuration } from '../../../src/controller/configuration/configuration.ts';
import { StatusWriter } from '../../../src/controller/configuration/status-writer.ts';
import { CONFIG_RESOURCES } from '../../../src/core/config/schema/resource-names.ts';
import type { KubeObject } from '../../../src/lab/api/kube-object.ts';
import { readKustomization } from '../../../src/lab/manifests.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../support/kube/api-under-test.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');
const NAMESPACE = 'metallb-system';
const POOLS = CONFIG_RESOURCES.find(({ group, kind }) => group === 'metallb.io' && kind === 'IPAddressPool');
if (POOLS === undefined) throw new Error('metallb.io has no pools');
const TYPE = POOLS;

/** The CRDs, and the namespace that guides use. */
async function installCrds(api: ApiUnderTest): Promise<void> {
  for (const object of await readKustomization(join(MANIFESTS, 'metallb'))) {
    api.server.seed(object as KubeObject);
  }
}

/** The configuration as the controller runs it, over the adapter and the embedded API. */
async function follow(api: ApiUnderTest): Promise<Configuration> {
  const connection = await api.connect();
  const { log, metrics, signal } = api;
  const configuration = new Configuration(
    { namespaces: [NAMESPACE], fixed: [] },
    {
      objects: CONFIG_RESOURCES.map((type) => connection.configInformer(type)),
      namespaces: connection.namespaceInformer(),
      timers: systemTime,
      log,
      metrics,
    },
  );
  const usage = { assignedIPv4: 1n, assignedIPv6: 0n, availableIPv4: 15n, availableIPv6: 2n ** 70n };
  const writer = new StatusWriter(
    { gatherMs: 20, retryMinMs: 20, retryMaxMs: 100 },
    {
      configuration,
      store: connection.configObjects(CONFIG_RESOURCES),
      usage: { usage: () => usage },
      peers: { peerStatus: () => undefined },
      events: connection.events,
      time: systemTime,
      log,
      metrics,
    },
  );
  api.run(connection);
  await configuration.start(signal);
  writer.start(signal);
  return configuration;
}

async function createPool(api: ApiUnderTest, name: string, addresses: readonly string[]): Promise<void> {
  const metadata = { name, namespace: NAMESPACE };
  const body = { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata, spec: { addresses } };
  await api.user.send({ verb: 'create', path: { type: TYPE, namespace: NAMESPACE }, body });
}

async function validOf(api: ApiUnderTest, name: string): Promise<Record<string, unknown> | undefined> {
  const object = await api.user.send({ verb: 'get', path: { type: TYPE, namespace: NAMESPACE, name } });
  const { status } = object as { status?: { conditions?: Record<string, unknown>[] } };
  return status?.conditions?.find(({ type }) => type === 'Valid');
}

test('pools are in force as they are applied, and each is told in its status whether it is', async () => {
  await using api = await startApiUnderTest();
  await installCrds(api);
  await createPool(api, 'first', ['10.0.0.0/28']);
  const configuration = await follow(api);
  expect(configuration.current().pools.map(({ name }) => name)).toEqual(['first']);
  await createPool(api, 'reversed', ['10.1.0.9-10.1.0.1']);
  await createPool(api, 'overlapping', ['10.0.0.8/29']);
  await eventually('all are told', async () => (await validOf(api, 'overlapping')) !== undefined);
  expect(await validOf(api, 'first')).toMatchObject({ status: 'True', reason: 'InForce' });
  expect(await validOf(api, 'reversed')).toMatchObject({
    status: 'False',
    reason: 'Invalid',
    message: 'spec.addresses[0] "10.1.0.9-10.1.0.1": runs backwards; write "10.1.0.1-10.1.0.9".',
  });
  expect(await validOf(api, 'overlapping')).toMatchObject({ status: 'False', reason: 'Overlap' });
  expect(configuration.current().pools.map(({ name }) => name)).toEqual(['first']);
});

test('without any CRD the configuration is ready and empty; CRDs that come later are picked up', async () => {
  await using api = await startApiUnderTest();
  const configuration = await follow(api);
  expect([configuration.ready(), configuration.current().pools]).toEqual([true, []]);
  await installCrds(api);
  await createPool(api, 'late', ['10.0.0.0/28']);
  await eventually('the pool is in force', () => configuration.current().pools.length === 1);
});

test('an API server that answers with errors for a while is told everything afterwards', async () => {
  await using api = await startApiUnderTest();
  await installCrds(api);
  await follow(api);
  await api.server.outage();
  await api.server.resume();
  await createPool(api, 'first', ['10.0.0.0/28']);
  await eventually('the pool is told', async () => (await validOf(api, 'first')) !== undefined);
});
