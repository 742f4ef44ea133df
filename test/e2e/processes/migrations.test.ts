import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../../kubernetes/api.ts';
import { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { NODES } from '../../kubernetes/topology.ts';
import { heraldlb } from '../support/heraldlb-command.ts';
import { HeraldLbProcesses } from '../support/heraldlb-processes.ts';
import { LanView } from '../support/lan-view.ts';
import {
  asCreated,
  CILIUM,
  KUBE_VIP,
  type LeftBehind,
  METALLB_0_12,
  METALLB_0_13,
  PURELB,
  SERVICE_LB,
} from '../support/left-behind.ts';
import { CLEANUP_FINALIZER, Services } from '../support/services.ts';
import { type } from '../support/typed-commands.ts';

/** kube-vip puts addresses onto an interface, and leaves them there when it dies. */
const [, ...HOLDERS] = NODES;
const LEFT_ON_NODES = '192.168.10.161';
const KEPT = [METALLB_0_12, METALLB_0_13, KUBE_VIP, CILIUM, PURELB].flatMap(({ services }) => services);

interface Plan {
  readonly services: readonly { readonly service: string; readonly verdict: string }[];
  readonly steps: readonly string[];
}

let cluster: ProcessCluster;
let services: Services;
let lan: LanView;

beforeAll(async () => {
  cluster = await ProcessCluster.start({ name: 'migrations', kubeProxyMode: 'nftables' });
  services = new Services(cluster.controlPlane.api);
  lan = new LanView(cluster.lan, cluster.client);
  const { controlPlane } = cluster;
  await controlPlane.kubectl(['create', 'namespace', 'metallb-system']);
  for (const { name } of NODES) await cluster.addPagePod('web', name);
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

describe.each([
  ['MetalLB 0.12', 'metallb', METALLB_0_12],
  ['MetalLB 0.13', 'metallb', METALLB_0_13],
  ['kube-vip', 'kube-vip', KUBE_VIP],
  ['Cilium', 'cilium', CILIUM],
  ['PureLB', 'purelb', PURELB],
] as const)('a plan for coming from %s', (_, from, left) => {
  it('keeps every address, and is applied as its steps say', async () => {
    await leaveBehind(left);
    const plan = await planFrom(from);
    expect(plan.services.map(({ verdict }) => verdict)).toEqual(plan.services.map(() => 'kept'));

    const applied = plan.steps.findIndex((step) => step.startsWith('heraldlb migrate'));
    expect(applied).toBeGreaterThan(0);
    await type(cluster.controlPlane, plan.steps.slice(0, applied + 1));
  });
});

it("a plan for coming from ServiceLB says that nodes' addresses are replaced", async () => {
  await leaveBehind(SERVICE_LB);
  const plan = await planFrom('servicelb');
  expect(plan.services.find(({ service }) => service === 'default/servicelb')?.verdict).toBe('changed');
});

describe('once HeraldLB is installed', () => {
  beforeAll(async () => {
    for (const { name } of HOLDERS)
      await cluster.lan.run(name, ['ip', 'address', 'add', `${LEFT_ON_NODES}/32`, 'dev', 'eth0']);
    await HeraldLbProcesses.install(cluster);
    await Promise.all(KEPT.map(({ name }) => services.condition(name, 'heraldlb.io/Announced')));
  });

  it.each(KEPT)('$name has the addresses that it had, and serves them', async ({ name, ingress, port = 80 }) => {
    const [address = ''] = ingress.map(({ ip }) => String(ip));
    expect(await services.address(name)).toBe(address);
    const page = `http://${address}:${port}/`;
    await expect.poll(() => cluster.client.fetch(page), { timeout: 30_000 }).toBeDefined();
  });

  it('what others wrote into a Service and does not contradict is still there', async () => {
    for (const { name, annotations = {}, conditions = [], ingress } of KEPT) {
      const { metadata, status } = await services.get(name);
      expect(metadata, name).toMatchObject({ annotations, finalizers: [CLEANUP_FINALIZER] });
      expect(status.loadBalancer.ingress, name).toMatchObject(ingress);
      expect(status.conditions, name).toEqual(expect.arrayContaining([...conditions]));
    }
  });

  it("ServiceLB's nodes' addresses gave way to one of a pool, and no node's own address is announced", async () => {
    const [first] = NODES;
    const address = await services.address('servicelb', first?.address);
    expect(NODES.map((node) => node.address)).not.toContain(address);
    await lan.page(address);
    for (const node of NODES) expect(await cluster.lan.whoHas(node.address)).toEqual([node.name]);
  });

  it('an address that kube-vip left on an interface is announced all the same, and is told with what to do', async () => {
    const disputed = await event('kube-vip', 'AnnouncementDisputed');
    expect(disputed).toMatch(/node "node[23]".* answered/);
    expect(disputed).toMatch(/ip address show/);
    await lan.page(LEFT_ON_NODES);

    for (const { name } of HOLDERS)
      await cluster.lan.run(name, ['ip', 'address', 'delete', `${LEFT_ON_NODES}/32`, 'dev', 'eth0']);
    await lan.owner(LEFT_ON_NODES);
    await lan.page(LEFT_ON_NODES);
    expect(await services.address('kube-vip')).toBe(LEFT_ON_NODES);
  });

  it('a Service with the finalizer of another cloud controller can be deleted', async () => {
    await services.delete('kube-vip-dhcp');
    await services.gone('kube-vip-dhcp');
  });
});

async function leaveBehind({ objects, services: left }: LeftBehind): Promise<void> {
  const { controlPlane } = cluster;
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  if (definitions.length > 0) {
    await controlPlane.apply(definitions);
    await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  }
  const rest = objects.filter((object) => !definitions.includes(object));
  if (rest.length > 0) await controlPlane.apply(rest);
  for (const service of left) {
    await controlPlane.api.create('/api/v1/namespaces/default/services', asCreated(service));
    const { ingress, conditions = [] } = service;
    await services.patchStatus(service.name, { loadBalancer: { ingress }, conditions });
  }
}

async function planFrom(from: string): Promise<Plan> {
  const { out, errors } = await heraldlb(cluster.controlPlane, ['migrate', '--from', from, '-o', 'json']);
  expect(errors).toBe('');
  return JSON.parse(out) as Plan;
}

/** Waits for an event of a Service. @returns what it says */
async function event(service: string, reason: string): Promise<string> {
  const isIt = (each: ApiObject): boolean => each.involvedObject?.name === service && each.reason === reason;
  const itemsOf = (list: ApiObject | undefined): readonly ApiObject[] => (list?.items ?? []) as readonly ApiObject[];
  const list = await cluster.controlPlane.api.until('/api/v1/namespaces/default/events', (found) =>
    itemsOf(found).some(isIt),
  );
  return String(itemsOf(list).find(isIt)?.message);
}
