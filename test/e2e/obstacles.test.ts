import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ApiObject } from '../kubernetes/api.ts';
import { type ControlPlane, startControlPlane } from '../kubernetes/control-plane.ts';
import type { ManagedProcess } from '../kubernetes/managed-process.ts';
import { startController } from './support/controller-process.ts';
import { heraldlb } from './support/heraldlb-command.ts';
import { POOL_OBJECTS, Services } from './support/services.ts';
import { NAMESPACE, shippedObjects } from './support/shipped.ts';

const POOL = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/lan';

let cluster: ControlPlane;
let services: Services;
const started: ManagedProcess[] = [];

/** What an installation lacks, one after the other: each is said, and none stops what works without it. */
beforeAll(async () => {
  cluster = await startControlPlane({ name: 'obstacles', nodes: ['node1'] });
  services = new Services(cluster.api);
  const isRole = ({ kind }: ApiObject): boolean => /Role|Binding/.test(kind as string);
  const objects = await shippedObjects(cluster);
  await cluster.apply(objects.filter((object) => object.kind !== 'CustomResourceDefinition' && !isRole(object)));
  await services.create('web', { app: 'web' });
});

afterAll(async () => {
  await Promise.all(started.map((each) => each.end('SIGKILL')));
  await cluster[Symbol.asyncDispose]();
});

async function start(name: string): Promise<ManagedProcess> {
  const controller = await startController(cluster, name, []);
  started.push(controller);
  return controller;
}

async function says(controller: ManagedProcess, words: RegExp): Promise<void> {
  await controller.until(String(words), async () => (words.test(await controller.lastLines(1000)) ? true : undefined));
}

it('without any permission the controller names what it lacks, and where that is written', async () => {
  const controller = await start('without-permission');
  await says(controller, /patch services\/status in all namespaces.*see manifests\/controller.*permission-missing/);
  expect(controller.running).toBe(true);
  await controller.end();
  const objects = await shippedObjects(cluster);
  await cluster.apply(objects.filter(({ kind }) => /Role|Binding/.test(kind as string)));
});

it('without CRDs the Service and heraldlb status say that there is no pool', async () => {
  await start('without-crds');
  await expect
    .poll(async () => (await cluster.kubectl(['describe', 'service', 'web'])).split('\n'), { timeout: 60_000 })
    .toContainEqual(expect.stringMatching(/AllocationFailed .*there is no address pool; create an IPAddressPool/));
  const { status, out } = await heraldlb(cluster, ['status']);
  expect(status).toBe(1);
  expect(out).toMatch(/IPAddressPool +there is none, so no Service gets an address/);
});

it("MetalLB's CRDs, which know no conditions, do: addresses are given, and no status is written over and over", async () => {
  const yaml = readFileSync(cluster.binaries.path('metallb-native.yaml'), 'utf8');
  const crds = parseAllDocuments(yaml).map((document) => document.toJS() as ApiObject);
  const withoutWebhook = crds
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
    .map(({ spec: { conversion: _, ...spec }, ...crd }) => ({ ...crd, spec }));
  await cluster.apply(withoutWebhook);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.apply(POOL_OBJECTS);

  expect(await services.address('web')).toMatch(/^192\.168\.10\.20\d$/);
  await cluster.api.until(POOL, (pool) => pool?.status?.assignedIPv4 === 1);
  await sleep(3_000);
  const version = async (): Promise<unknown> => (await cluster.api.get(POOL)).metadata.resourceVersion;
  const before = await version();
  await sleep(5_000);
  expect(await version()).toBe(before);
});

it('a namespace that refuses the speakers is told, with the command that mends it', async () => {
  await cluster.kubectl([
    'label',
    'namespace',
    NAMESPACE,
    '--overwrite',
    'pod-security.kubernetes.io/enforce=restricted',
  ]);
  const { out } = await heraldlb(cluster, ['status']);
  const [command = ''] = /kubectl label namespace .*=privileged/.exec(out) ?? [];
  expect(command).toBe(
    `kubectl label namespace ${NAMESPACE} --overwrite pod-security.kubernetes.io/enforce=privileged`,
  );
  await cluster.kubectl(command.split(' ').slice(1));
  expect((await heraldlb(cluster, ['status'])).out).not.toContain('Pod Security');
});
