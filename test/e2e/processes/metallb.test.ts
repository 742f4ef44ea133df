import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiObject } from '../../kubernetes/api.ts';
import { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { NODES } from '../../kubernetes/topology.ts';
import { heraldlb } from '../support/heraldlb-command.ts';
import { HeraldLbProcesses } from '../support/heraldlb-processes.ts';
import { LanView } from '../support/lan-view.ts';
import { METALLB_NAMESPACE, MetalLbProcesses } from '../support/metallb-processes.ts';
import { pageGaps } from '../support/page-gaps.ts';
import { POOL_OBJECTS, Services } from '../support/services.ts';
import { MANIFESTS } from '../support/shipped.ts';
import { documentedCommands, type } from '../support/typed-commands.ts';

const COUNT = 50;
const RANGE = '192.168.10.150-192.168.10.249';
const SETTLED_MS = 5_000;
/** What the quick start has people type; what MetalLB's own manifest and its rollout do is done here in another way. */
const [THERE = [], BACK_AND_RELEASE = []] = documentedCommands('docs/quick-starts.md', 'metallb').map((commands) =>
  commands.filter((command) => !/^kubectl apply -f https:|rollout status/.test(command)),
);
const BACK = BACK_AND_RELEASE.filter((command) => command !== 'heraldlb release');
const LINUX = { 'kubernetes.io/os': 'linux' };
const NAMES = Array.from({ length: COUNT }, (_, index) => `web-${index + 1}`);

let cluster: ProcessCluster;
let services: Services;
let lan: LanView;
let metallb: MetalLbProcesses;
let heraldLb: HeraldLbProcesses;
/** What MetalLB gave, by Service. */
let addresses: ReadonlyMap<string, string>;

beforeAll(async () => {
  cluster = await ProcessCluster.start({ name: 'metallb', kubeProxyMode: 'nftables' });
  services = new Services(cluster.controlPlane.api);
  lan = new LanView(cluster.lan, cluster.client);
  metallb = await MetalLbProcesses.install(cluster);
  await cluster.controlPlane.apply(POOL_OBJECTS.map(withRange));
  for (const { name } of NODES) await cluster.addPagePod('web', name);
  for (const name of NAMES) await services.create(name, { app: 'web' });
  await metallb.start();
  addresses = await addressesNow();
  await oneOwnerEach();
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

it('heraldlb migrate plans to keep every address that MetalLB gave', async () => {
  const plan = await heraldlb(cluster.controlPlane, ['migrate', '--from', 'metallb', '-o', 'json']);
  expect(plan).toMatchObject({ status: 0, errors: '' });
  const { services: rows } = JSON.parse(plan.out) as { services: readonly { verdict: string }[] };
  expect(rows.map(({ verdict }) => verdict)).toEqual(NAMES.map(() => 'kept'));
});

it('HeraldLB beside MetalLB changes no address, and the two do not write against each other', async () => {
  heraldLb = await HeraldLbProcesses.install(cluster, 'beside-metallb');
  await heraldLb.leader();
  await Promise.all(NAMES.map((name) => services.condition(name, 'heraldlb.io/Announced')));
  await expect.poll(settled, { timeout: 60_000 }).toBe(true);
  expect(await addressesNow()).toEqual(addresses);
});

it('that both run is said, with what to do', async () => {
  const { status, out } = await heraldlb(cluster.controlPlane, ['status']);
  expect(status).toBe(1);
  expect(out).toMatch(
    /MetalLB in metallb-system .*scale deployment controller --replicas=0; .*delete daemonset speaker/,
  );
  const leader = heraldLb.controllers.get(await heraldLb.leader());
  expect(await leader?.process.lastLines(1000)).toMatch(/"product":"MetalLB".*"other-load-balancer"/);
});

it('when MetalLB stops as documented, no address changes, and one node answers for each', async () => {
  await cluster.controlPlane.apply(metallb.webhooks);
  await during('from MetalLB to HeraldLB, which ran beside it', async () => {
    await type(cluster.controlPlane, THERE);
    await metallb.stop();
  });
  expect(await placement()).toEqual({ replicas: 0, nodeSelector: { ...LINUX, 'heraldlb.io/instead': 'true' } });
});

it('when MetalLB starts beside HeraldLB and HeraldLB stops then, no address changes, and one node answers for each', async () => {
  const [toStart, toStop] = [BACK.slice(0, -1), BACK.slice(-1)];
  await cluster.controlPlane.kubectl(['apply', '-k', `${MANIFESTS}/beside-metallb`]);
  await during('from HeraldLB to MetalLB, which ran beside it', async () => {
    await type(cluster.controlPlane, toStart);
    expect(await placement()).toEqual({ replicas: 1, nodeSelector: LINUX });
    await metallb.start();
    await metallb.announces(COUNT);
    await type(cluster.controlPlane, toStop);
    await heraldLb.stop();
  });
});

it('after heraldlb release nothing of HeraldLB is left in a Service, and MetalLB serves it as before', async () => {
  const { status, errors } = await heraldlb(cluster.controlPlane, ['release']);
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(await addressesNow()).toEqual(addresses);
  for (const name of NAMES) {
    const { metadata, status: said } = await services.get(name);
    expect(metadata.finalizers, name).toBeUndefined();
    expect(JSON.stringify(said.conditions ?? []), name).not.toContain('heraldlb.io');
  }
  await services.delete(NAMES[0] ?? '');
  await services.gone(NAMES[0] ?? '');
});

/** Where MetalLB's workloads are to run. */
async function placement(): Promise<ApiObject> {
  const { api } = cluster.controlPlane;
  const workloads = `/apis/apps/v1/namespaces/${METALLB_NAMESPACE}`;
  const [deployment, daemonSet] = await Promise.all([
    api.get(`${workloads}/deployments/controller`),
    api.get(`${workloads}/daemonsets/speaker`),
  ]);
  return { replicas: deployment.spec.replicas, nodeSelector: daemonSet.spec.template.spec.nodeSelector };
}

/** Whether nobody wrote to a Service for a while. */
async function settled(): Promise<boolean> {
  const before = await versions();
  await sleep(SETTLED_MS);
  return isDeepStrictEqual(await versions(), before);
}

async function versions(): Promise<readonly string[]> {
  return Promise.all(NAMES.map(async (name) => String((await services.get(name)).metadata.resourceVersion)));
}

function withRange(object: ApiObject): ApiObject {
  return object.kind === 'IPAddressPool' ? { ...object, spec: { addresses: [RANGE] } } : object;
}

async function addressesNow(): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(NAMES.map(async (name) => [name, await services.address(name)] as const)));
}

/** A few at a time: what asks takes processors from those that are looked at. */
async function oneOwnerEach(): Promise<void> {
  const asked = [...addresses.values()];
  while (asked.length > 0) await Promise.all(asked.splice(0, 5).map((address) => lan.owner(address)));
}

/** A client on each Service while `move` does its work. */
async function during(title: string, move: () => Promise<void>): Promise<void> {
  const { spec } = await services.get(NAMES[0] ?? '');
  const clients = { addresses: [...addresses.values()], nodePort: Number(spec.ports[0].nodePort) };
  await pageGaps(title, cluster, clients, async () => {
    await move();
    await oneOwnerEach();
  });
  expect(await addressesNow()).toEqual(addresses);
}
