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
import { NAMESPACE, podOf, shipped, shippedObjects } from './support/shipped.ts';

const OUR_POOLS = 'lbipaddresspools.heraldlb.io';
const POOL = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/lan';

let cluster: ControlPlane;
let services: Services;
/** The one that leads. */
let controller: ManagedProcess;
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

async function start(name: string, flags: readonly string[] = []): Promise<ManagedProcess> {
  const controller = await startController(cluster, name, flags);
  started.push(controller);
  return controller;
}

async function says(controller: ManagedProcess, words: RegExp): Promise<void> {
  await controller.until(String(words), async () => (words.test(await controller.lastLines(1000)) ? true : undefined));
}

it('without any permission the controller names what it lacks, and where that is written', async () => {
  controller = await start('without-permission', ['--retire-endpoints']);
  await says(
    controller,
    /list pods in all namespaces.*see manifests\/examples\/endpoint-retirement.yaml.*permission-missing/,
  );
  await says(controller, /patch services\/status in all namespaces.*see manifests\/controller.*permission-missing/);
  expect(controller.running).toBe(true);
  await controller.end();
  const objects = await shippedObjects(cluster);
  await cluster.apply(objects.filter(({ kind }) => /Role|Binding/.test(kind as string)));
});

it('a second installation is told by log, event and status, whatever its workloads are called', async () => {
  await cluster.apply(secondInstallation());
  controller = await start('installed-twice');
  await says(controller, /"product":"HeraldLB","namespace":"other".*other-load-balancer/);
  await expect
    .poll(() => cluster.kubectl(['describe', 'service', '-n', NAMESPACE, 'heraldlb-controller']), { timeout: 30_000 })
    .toMatch(/Warning +OtherLoadBalancer .*HeraldLB is installed twice \(Service other\/heraldlb-controller\)/);
  expect((await heraldlb(cluster, ['status'])).out).toMatch(/HeraldLB in other .*helm list -n other/);
  await cluster.kubectl(['delete', 'namespace', 'other', '--wait=false']);
  await cluster.kubectl(['delete', 'service,endpointslice', 'heraldlb-controller', '-n', 'other']);
});

it('without CRDs the Service and heraldlb status say that there is no pool', async () => {
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

it('an older CRD of our own does for what it knows; what it drops is told, and the present one is picked up', async () => {
  const crd = shipped(await shippedObjects(cluster), 'CustomResourceDefinition', OUR_POOLS);
  await cluster.apply([older(crd)]);
  await cluster.kubectl(['wait', '--for=condition=Established', `crd/${OUR_POOLS}`, '--timeout=60s']);
  const pool = (spec: object): string =>
    JSON.stringify({
      apiVersion: 'heraldlb.io/v1',
      kind: 'IPAddressPool',
      metadata: { name: 'own', namespace: NAMESPACE },
      spec: { addresses: ['10.9.0.0/28'], ...spec },
    });
  const reserving = pool({ reservations: [{ service: 'default/other', addresses: ['10.9.0.1/32'] }] });
  await expect(cluster.kubectl(['apply', '-f', '-'], reserving)).rejects.toThrow(/unknown field "spec.reservations"/);
  await cluster.kubectl(['apply', '-f', '-'], pool({}));
  await services.create('older', { app: 'web', requested: '10.9.0.3' });
  expect(await services.address('older')).toBe('10.9.0.3');
  await says(controller, /heraldlb.io\/v1 IPAddressPool.*kubectl apply -k manifests\/crds\/heraldlb.io.*crd-differs/);

  await cluster.apply([crd]);
  await cluster.kubectl(['apply', '-f', '-'], reserving);
  await cluster.kubectl(['wait', '--for=condition=Valid', OUR_POOLS, 'own', '-n', NAMESPACE, '--timeout=60s']);
});

it('a namespace that refuses the speakers is told, with the command that mends it', async () => {
  await cluster.kubectl([
    'label',
    'namespace',
    NAMESPACE,
    '--overwrite',
    'pod-security.kubernetes.io/enforce=restricted',
  ]);
  const daemonSet = shipped(await shippedObjects(cluster), 'DaemonSet', 'heraldlb-speaker');
  const tryPod = (): Promise<unknown> =>
    cluster.api.create(`/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`, podOf(daemonSet, 'speaker', 'node1'));
  await expect(tryPod()).rejects.toThrow(/violates PodSecurity "restricted:latest": host namespaces/);
  const { out } = await heraldlb(cluster, ['status']);
  const [command = ''] = /kubectl label namespace .*=privileged/.exec(out) ?? [];
  expect(command).toBe(
    `kubectl label namespace ${NAMESPACE} --overwrite pod-security.kubernetes.io/enforce=privileged`,
  );
  await cluster.kubectl(command.split(' ').slice(1));
  expect((await heraldlb(cluster, ['status'])).out).not.toContain('Pod Security');
  await expect(tryPod()).resolves.toBeDefined();
});

/** What every HeraldLB has under one name, while its controller runs. */
function secondInstallation(): readonly ApiObject[] {
  const labels = { 'app.kubernetes.io/name': 'heraldlb' };
  const metadata = { name: 'heraldlb-controller', namespace: 'other', labels };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 7950 }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { ...labels, 'kubernetes.io/service-name': 'heraldlb-controller' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.9.9.9'], conditions: { ready: true } }],
      ports: [{ port: 7950 }],
    },
  ];
}

/** Before there were reservations and conditions. */
function older(crd: ApiObject): ApiObject {
  const copy = structuredClone(crd);
  const { spec, status } = copy.spec.versions[0].schema.openAPIV3Schema.properties;
  delete spec.properties.reservations;
  delete status.properties.conditions;
  return copy;
}
