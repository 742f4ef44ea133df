import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { CLIENT, NODES } from '../../kubernetes/topology.ts';
import { hasProgram } from '../../support/network-namespace.ts';
import { BirdRouter, CLUSTER_ASN, ROUTER_ASN } from '../support/bird-router.ts';
import { heraldlb } from '../support/heraldlb-command.ts';
import { HeraldLbProcesses } from '../support/heraldlb-processes.ts';
import { METALLB_NAMESPACE, MetalLbProcesses } from '../support/metallb-processes.ts';
import { pageGaps } from '../support/page-gaps.ts';
import { Services } from '../support/services.ts';
import { documentedCommands, type } from '../support/typed-commands.ts';

const NAMES = Array.from({ length: 10 }, (_, index) => `web-${index + 1}`);
const metadata = { name: 'rack', namespace: METALLB_NAMESPACE };
const OBJECTS = [
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata,
    spec: { addresses: ['198.51.100.0/24'] },
  },
  {
    apiVersion: 'metallb.io/v1beta2',
    kind: 'BGPPeer',
    metadata,
    spec: { myASN: CLUSTER_ASN, peerASN: ROUTER_ASN, peerAddress: CLIENT.address },
  },
  { apiVersion: 'metallb.io/v1beta1', kind: 'BGPAdvertisement', metadata, spec: { ipAddressPools: ['rack'] } },
];

let cluster: ProcessCluster;
let services: Services;
let router: BirdRouter;
let metallb: MetalLbProcesses;
let heraldLb: HeraldLbProcesses;
/** What MetalLB gave, by Service, and the routes that it told. */
let addresses: ReadonlyMap<string, string>;
let routes: ReadonlyMap<string, readonly string[]>;

const why = hasProgram('bird') || process.env.CI !== undefined ? '' : ' (needs the package bird2)';

describe.skipIf(why !== '')(`MetalLB with a router${why}`, () => {
  beforeAll(async () => {
    cluster = await ProcessCluster.start({ name: 'metallb-bgp', kubeProxyMode: 'nftables' });
    services = new Services(cluster.controlPlane.api);
    metallb = await MetalLbProcesses.install(cluster);
    await cluster.controlPlane.apply(OBJECTS);
    router = await BirdRouter.start(cluster);
    for (const { name } of NODES) await cluster.addPagePod('web', name);
    for (const name of NAMES) await services.create(name, { app: 'web' });
    await metallb.start();
    addresses = await addressesNow();
    await router.settles(NAMES.length, NODES.length);
    routes = await router.routes();
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  it('heraldlb migrate plans to go node by node, since a router holds one session with each', async () => {
    const { out, errors } = await heraldlb(cluster.controlPlane, ['migrate', '--from', 'metallb']);
    expect(errors).toBe('');
    expect(out).toContain(`${NAMES.length} of ${NAMES.length} Services would keep their addresses`);
    expect(out).toContain('--field-selector spec.nodeName=NODE');
  });

  it('HeraldLB beside MetalLB changes neither addresses nor routes', async () => {
    heraldLb = await HeraldLbProcesses.install(cluster, 'beside-metallb');
    await heraldLb.leader();
    await Promise.all(NAMES.map((name) => services.condition(name, 'heraldlb.io/AddressAllocated')));
    expect(await addressesNow()).toEqual(addresses);
    expect(await router.routes()).toEqual(routes);
  });

  it('when MetalLB goes as documented, node by node, the router has the same routes to the same addresses', async () => {
    const [commands = []] = documentedCommands('docs/quick-starts.md', 'metallb-bgp');
    const [once, [forEach = '']] = [commands.slice(0, -2), commands.slice(-2)];
    await cluster.controlPlane.apply(metallb.webhooks);
    await during('from MetalLB to HeraldLB by BGP, node by node', async () => {
      await type(cluster.controlPlane, once);
      await metallb.stopController();
      for (const node of NODES) {
        await router.meetsAgain(node, async () => {
          // No kubelet is here that would say when the Pod has ended.
          await type(cluster.controlPlane, [`${forEach.replace('NODE', node.name)} --wait=false`]);
          await metallb.stopSpeaker(node);
        });
        await router.settles(NAMES.length, NODES.length);
      }
    });
  });

  it('when HeraldLB goes and MetalLB comes, node by node, it has them too', async () => {
    await during('from HeraldLB to MetalLB by BGP, node by node', async () => {
      await metallb.startController();
      for (const node of NODES) {
        await router.meetsAgain(node, async () => {
          await heraldLb.stopSpeaker(node);
          await metallb.startSpeaker(node);
        });
        await router.settles(NAMES.length, NODES.length);
      }
      await heraldLb.stop();
    });
  });
});

async function during(title: string, move: () => Promise<void>): Promise<void> {
  const { spec } = await services.get(NAMES[0] ?? '');
  const clients = { addresses: [...addresses.values()], nodePort: Number(spec.ports[0].nodePort) };
  await pageGaps(title, cluster, clients, move);
  expect(await addressesNow()).toEqual(addresses);
  expect(await router.routes()).toEqual(routes);
}

async function addressesNow(): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(NAMES.map(async (name) => [name, await services.address(name)] as const)));
}
