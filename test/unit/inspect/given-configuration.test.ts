import { expect, it } from 'vitest';
import { parseYaml } from '../../../src/adapters/yaml/positioned-yaml.ts';
import { givenConfiguration } from '../../../src/inspect/given-configuration.ts';
import { planMigration } from '../../../src/inspect/migrate/plan.ts';
import { poolViews } from '../../../src/inspect/pools.ts';
import { rehearseAllocation } from '../../../src/inspect/rehearsal/allocation.ts';
import { formatNodes, simulateNodes } from '../../../src/inspect/simulate-nodes.ts';
import { formatStatus, statusView } from '../../../src/inspect/status.ts';
import { ApiError } from '../../../src/ports/api-error.ts';
import type { ClusterReader, ClusterSnapshot, Pod } from '../../../src/ports/cluster-snapshot.ts';
import type { Workload } from '../../../src/ports/workloads.ts';
import { nodeOf, sliceOf } from '../../support/channel/announcer-bed.ts';
import { snapshot } from '../../support/cluster-snapshot.ts';
import { service } from '../../support/kube/fake-cluster.ts';

const NAMESPACE = 'heraldlb-system';
const LEGACY = `
peers: [{ my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.254 }]
address-pools: [{ name: default, protocol: layer2, addresses: [192.0.2.0/28] }]
`;

function replica(name: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Pod {
  const { meta } = service(name, { meta: { labels: { 'app.kubernetes.io/component': 'controller' } } });
  return { meta, nodeName: 'a', ready: true, restarts: 0, invocation: { args, environment } };
}

function deployment(args: readonly string[]): Workload {
  const labels = { 'app.kubernetes.io/name': 'heraldlb' };
  const { meta } = service('heraldlb-controller', { meta: { namespace: NAMESPACE, labels } });
  return { kind: 'Deployment', meta, ready: 0, args };
}

const NO_CONFIG_MAP: Pick<ClusterReader, 'configMap'> = { configMap: () => Promise.resolve(undefined) };
const given = (parts: Partial<ClusterSnapshot>, cluster = NO_CONFIG_MAP) =>
  givenConfiguration(cluster, snapshot(parts), parseYaml);

/** Two nodes, and one Service that has an address. */
const CLUSTER = snapshot({
  services: [service('web', { status: { ingress: [{ ip: '192.0.2.1' }] } })],
  nodes: [nodeOf('node-a'), nodeOf('node-b')],
  endpointSlices: [sliceOf('web', [{ nodeName: 'node-a', ready: true }])],
});

async function lostWhenBothDie(parts: Partial<ClusterSnapshot>, cluster = NO_CONFIG_MAP) {
  const seen = { ...CLUSTER, ...parts };
  const options = { configNamespaces: [NAMESPACE], given: await givenConfiguration(cluster, seen, parseYaml) };
  const { config, announcements } = await rehearseAllocation(seen, options);
  const alive = ['node-a', 'node-b'];
  const input = { config, announcements, nodes: seen.nodes, endpointSlices: seen.endpointSlices, alive };
  return (await simulateNodes({ ...input, owners: new Map() }, 'kill', alive)).lost.map(({ address }) => address);
}

it.each([
  ['--pool=RANGE of a Pod', { pods: [replica('c', ['controller', '--pool=192.0.2.0/28'])] }],
  ['--pool RANGE of a Pod', { pods: [replica('c', ['controller', '--pool', '192.0.2.0/28'])] }],
  ['HERALDLB_POOL of a Pod', { pods: [replica('c', ['controller'], { HERALDLB_POOL: '192.0.2.9/32, 192.0.2.0/29' })] }],
  ['--pool of a Deployment without Pods', { workloads: [deployment(['--pool=192.0.2.0/28'])] }],
])('an address that comes from %s is lost when all nodes die', async (_, parts) => {
  expect(await lostWhenBothDie(parts)).toEqual(['192.0.2.1']);
});

it('an address that comes from --legacy-config is lost when all nodes die', async () => {
  const pods = [replica('c', ['--legacy-config=metallb-system/config'])];
  const cluster = { configMap: () => Promise.resolve({ config: LEGACY }) };
  expect(await lostWhenBothDie({ pods }, cluster)).toEqual(['192.0.2.1']);
});

it('the leader counts where two replicas are told different things', async () => {
  const pods = [replica('c-1', ['--pool=192.0.2.128/28']), replica('c-2', ['--pool=192.0.2.0/28'])];
  expect(await lostWhenBothDie({ pods, leader: 'c-2_1234' })).toEqual(['192.0.2.1']);
});

it('what cannot be seen is said', async () => {
  const pods = [replica('c', ['--legacy-config=metallb-system/config'])];
  expect((await given({ pods })).unknown).toEqual([expect.stringContaining('there is none of that name')]);
  const forbidden = { configMap: () => Promise.reject(new ApiError('forbidden', 'you may not')) };
  expect((await given({ pods }, forbidden)).unknown).toEqual([
    'the ConfigMap metallb-system/config that the controller reads (--legacy-config): you may not',
  ]);
  const unreadable = ['pods is forbidden: User "x" cannot list resource "pods"', 'events: cannot list "events"'];
  expect((await given({ unreadable })).unknown).toHaveLength(1);
  expect((await given({ unreadable, pods: [replica('c', [])] })).unknown).toEqual([]);
});

it('a Service that asks for nothing is given an address of --pool in the plan of a migration', async () => {
  const seen = { ...CLUSTER, services: [service('web', {})], pods: [replica('c', ['--pool=192.0.2.0/28'])] };
  const options = {
    configNamespaces: [NAMESPACE],
    given: await givenConfiguration(NO_CONFIG_MAP, seen, parseYaml),
  };
  const { services } = await planMigration({ from: 'servicelb', snapshot: seen, foreign: [], options });
  expect(services).toEqual([expect.objectContaining({ verdict: 'new' })]);
});

it('pools of flags are listed with what is used and free', async () => {
  const parts = { pods: [replica('c', ['--pool=192.0.2.0/28'])] };
  expect(poolViews({ ...CLUSTER, ...parts }, await given(parts))).toEqual([
    expect.objectContaining({
      namespace: '',
      name: 'command-line',
      addresses: ['192.0.2.0-192.0.2.15'],
      assigned: { ipv4: 1, ipv6: 0 },
      available: { ipv4: 15, ipv6: 0 },
    }),
  ]);
});

it('routers of a legacy ConfigMap are in the status, and what is wrong in it', async () => {
  const pods = [replica('c', ['--legacy-config=metallb-system/config'])];
  const status = async (config: string) =>
    statusView(snapshot({ pods }), await given({ pods }, { configMap: () => Promise.resolve({ config }) }));
  expect(formatStatus(await status(LEGACY))).toMatch(/^BGP +192\.0\.2\.254 \(ConfigMap metallb-system\/config/m);
  const { problems } = await status('address-pools: 5');
  expect(problems).toContainEqual(expect.objectContaining({ object: 'ConfigMap metallb-system/config' }));
});

it('an address that only routers are told of is said not to be looked at', async () => {
  const pods = [replica('c', ['--legacy-config=metallb-system/config'])];
  const cluster = { configMap: () => Promise.resolve({ config: LEGACY.replace('layer2', 'bgp') }) };
  const options = { configNamespaces: [], given: await given({ pods }, cluster) };
  const { config, announcements } = await rehearseAllocation(CLUSTER, options);
  const { nodes, endpointSlices } = CLUSTER;
  const input = { config, announcements, nodes, endpointSlices, alive: ['node-a', 'node-b'], owners: new Map() };
  const view = await simulateNodes(input, 'kill', ['node-a', 'node-b']);
  expect(view).toMatchObject({ moves: [], lost: [], elsewhere: ['192.0.2.1'] });
  expect(formatNodes(view)).toMatch(/^Not announced on layer 2.*192\.0\.2\.1\./m);
});
