import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { longestOutage } from '../../../src/lab/page-attempt.ts';
import type { ApiObject } from '../../kubernetes/api.ts';
import { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { NODES } from '../../kubernetes/topology.ts';
import type { PageProbe } from '../../kubernetes/web-client.ts';
import { heraldlb } from '../support/heraldlb-command.ts';
import { HeraldLbProcesses } from '../support/heraldlb-processes.ts';
import { LanView } from '../support/lan-view.ts';
import { MetalLbProcesses } from '../support/metallb-processes.ts';
import { POOL_OBJECTS, Services } from '../support/services.ts';

/** More of them take a larger machine: `HERALDLB_SERVICES=50`. */
const COUNT = Number(process.env.HERALDLB_SERVICES ?? 10);
/** About 200 pages a second of all clients together. */
const PROBE_EVERY_MS = 5 * COUNT;
const RANGE = '192.168.10.150-192.168.10.249';
const SETTLED_MS = 5_000;
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
  await Promise.all([...addresses.values()].map((address) => lan.owner(address)));
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

it('when MetalLB stops, no address changes, and one node answers for each', async () => {
  await during('from MetalLB to HeraldLB, which ran beside it', () => metallb.stop());
});

it('when HeraldLB stops and MetalLB starts, no address changes, and one node answers for each', async () => {
  await during('from HeraldLB to MetalLB, one after the other', async () => {
    const running = [...heraldLb.controllers.values(), ...heraldLb.speakers.values()];
    await Promise.all(running.map(({ process }) => process.end('SIGTERM')));
    await metallb.start();
  });
});

/** Whether nobody wrote to a Service for a while. */
async function settled(): Promise<boolean> {
  const before = await versions();
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
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

/** A client on each Service while `move` does its work. Prints the longest time without a page, Service by Service. */
async function during(title: string, move: () => Promise<void>): Promise<void> {
  const probes = [...addresses.values()].map((address) => cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS));
  try {
    await Promise.all(probes.map((probe) => probe.nextPage()));
    await move();
    await Promise.all([...addresses.values()].map((address) => lan.owner(address)));
    await Promise.all(probes.map((probe) => probe.nextPage(60_000)));
    expect(await addressesNow()).toEqual(addresses);
    console.log(`${title}: no page for ${probes.map(gapMs).join(', ')} ms`);
  } finally {
    for (const probe of probes) probe.stop();
  }
}

function gapMs({ attempts }: PageProbe): number {
  const outage = longestOutage(attempts);
  return outage === undefined ? 0 : Math.round(outage.firstPageAtMs - outage.lastPageAtMs);
}
