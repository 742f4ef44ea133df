import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabCluster } from '../../src/lab/cluster.ts';
import { addressOf, CLIENT, NODES } from '../../src/lab/topology.ts';
import { eventually } from '../support/eventually.ts';
import { Bird } from '../support/interop/bird.ts';
import { deleteNamespaces, hasProgram } from '../support/network-namespace.ts';

const NAMESPACE = 'metallb-system';
const OURS = 64_512;
/** As the router's configuration has it. */
const THEIRS = 65_000;
const PATIENCE_MS = 40_000;
/** For a Lease that a crashed controller left. */
const LEASE_PATIENCE_MS = 120_000;
const [NODE_A, NODE_B] = NODES.map(addressOf);

const GROUPS = {
  BGPPeer: '/apis/metallb.io/v1beta2',
  BGPAdvertisement: '/apis/metallb.io/v1beta1',
  IPAddressPool: '/apis/metallb.io/v1beta1',
  Secret: '/api/v1',
  Service: '/api/v1',
  EndpointSlice: '/apis/discovery.k8s.io/v1',
} as const;

/** What a user writes, the programs as they are shipped, and a router that is not ours. */
class Rack {
  readonly cluster: LabCluster;
  readonly router: Bird;

  private constructor(cluster: LabCluster, router: Bird) {
    this.cluster = cluster;
    this.router = router;
  }

  static async start(): Promise<Rack> {
    const cluster = await LabCluster.create();
    const router = await Bird.in(CLIENT.name);
    const common = { local: addressOf(CLIENT), asn: OURS, families: ['IPv4' as const], password: 'swordfish' };
    await router.start(NODES.map((node) => ({ ...common, address: addressOf(node) })));
    await cluster.startNodes();
    await cluster.install();
    await cluster.startController();
    await Promise.all(NODES.map((node) => cluster.startSpeaker(node)));
    return new Rack(cluster, router);
  }

  async create(kind: keyof typeof GROUPS, name: string, content: object, namespace = NAMESPACE): Promise<void> {
    const group = GROUPS[kind];
    const body = { apiVersion: group.replace(/^\/apis?\//, ''), kind, metadata: { name, namespace }, ...content };
    const labels = { 'kubernetes.io/service-name': name };
    const metadata = kind === 'EndpointSlice' ? { name, namespace, labels } : body.metadata;
    await this.#call('POST', `${group}/namespaces/${namespace}/${plural(kind)}`, { ...body, metadata });
  }

  async delete(kind: keyof typeof GROUPS, name: string, namespace = NAMESPACE): Promise<void> {
    await this.#call('DELETE', `${GROUPS[kind]}/namespaces/${namespace}/${plural(kind)}/${name}`);
  }

  /** Replaces what `change` makes of an object. */
  async change(path: string, change: (object: Record<string, unknown>) => object): Promise<void> {
    await this.#call('PUT', path, change(await this.#call('GET', path)));
  }

  async conditionsOf(kind: keyof typeof GROUPS, name: string): Promise<readonly string[]> {
    const object = await this.#call('GET', `${GROUPS[kind]}/namespaces/${NAMESPACE}/${plural(kind)}/${name}`);
    const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
    return conditions.map(({ type, status }) => `${type} ${status}`);
  }

  /** ServiceBGPStatus objects of MetalLB's group, in the order of their nodes. */
  async serviceStatuses(): Promise<readonly { readonly labels: readonly string[]; readonly status: unknown }[]> {
    const { items } = (await this.#call('GET', '/apis/metallb.io/v1beta1/servicebgpstatuses')) as unknown as {
      items: { metadata: { labels: Record<string, string> }; status: { node: string } }[];
    };
    const keys = ['metallb.io/node', 'metallb.io/service-name', 'metallb.io/service-namespace'];
    return items
      .sort((a, b) => (a.status.node < b.status.node ? -1 : 1))
      .map(({ metadata, status }) => ({ labels: keys.map((key) => metadata.labels[key] ?? ''), status }));
  }

  async stop(): Promise<void> {
    await this.router.stop();
    await this.cluster.stop();
    await deleteNamespaces();
  }

  async #call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const answer = await this.cluster.client.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

function plural(kind: string): string {
  return `${kind.toLowerCase()}s`;
}

const endpointsOn = (...nodes: readonly (typeof NODES)[number][]) => ({
  addressType: 'IPv4',
  endpoints: nodes.map((node) => ({
    addresses: [addressOf(node)],
    nodeName: node.name,
    conditions: { ready: true },
  })),
  ports: [{ port: 80, protocol: 'TCP' }],
});

const why = hasProgram('bird') || process.env.CI !== undefined ? '' : ' (needs the package bird2)';

describe.skipIf(why !== '')(`a cluster and a router${why}`, () => {
  let rack: Rack;
  const routesOf = (): Promise<number[]> => Promise.all(NODES.map((node) => rack.router.count(addressOf(node))));
  const until = (assertion: () => Promise<void>): Promise<void> => eventually(assertion, PATIENCE_MS);

  beforeAll(async () => {
    rack = await Rack.start();
  });

  afterAll(async () => {
    await rack.stop();
  });

  it('objects of MetalLB bring sessions up, once the Secret with their password is there', async () => {
    const spec = { myASN: OURS, peerASN: THEIRS, peerAddress: addressOf(CLIENT) };
    await rack.create('BGPPeer', 'tor', { spec: { ...spec, passwordSecret: { name: 'tor' } } });
    await until(async () => expect(await rack.conditionsOf('BGPPeer', 'tor')).toContain('Valid False'));
    const password = Buffer.from('swordfish').toString('base64');
    await rack.create('Secret', 'tor', { type: 'kubernetes.io/basic-auth', data: { password } });
    await until(async () =>
      expect(await rack.conditionsOf('BGPPeer', 'tor')).toEqual(['Valid True', 'Established True']),
    );
  });

  it('a Service comes into the table of the router from every node, with its communities', async () => {
    await rack.create('IPAddressPool', 'bgp', { spec: { addresses: ['198.51.100.0/24'] } });
    const communities = ['64512:100', 'large:64512:1:2'];
    await rack.create('BGPAdvertisement', 'bgp', { spec: { ipAddressPools: ['bgp'], communities } });
    await rack.create('EndpointSlice', 'web', endpointsOn(...NODES), 'default');
    const service = { spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }] } };
    await rack.create('Service', 'web', service, 'default');
    await until(async () => expect(await routesOf()).toEqual([1, 1, 1]));
    expect(await rack.router.route('198.51.100.0/32')).toMatchObject({
      asPath: [OURS],
      origin: 'igp',
      communities: ['64512:100'],
      largeCommunities: ['64512:1:2'],
    });
  });

  it('ServiceBGPStatus objects say of each node which peers it tells of a Service', async () => {
    await until(async () => {
      const statuses = await rack.serviceStatuses();
      expect(statuses).toEqual(
        NODES.map(({ name: node }) => ({
          labels: [node, 'web', 'default'],
          status: { node, serviceName: 'web', serviceNamespace: 'default', peers: ['tor'] },
        })),
      );
    });
  });

  it('a cordoned node asks the router to prefer others, and takes that back (RFC 8326)', async () => {
    const cordon = (unschedulable: boolean) =>
      rack.change('/api/v1/nodes/node-a', (node) => ({ ...node, spec: { ...(node.spec as object), unschedulable } }));
    const communitiesFrom = async (node: string | undefined): Promise<readonly string[]> =>
      (await rack.router.routeFrom('198.51.100.0/32', node ?? ''))?.communities ?? [];
    await cordon(true);
    await until(async () => expect(await communitiesFrom(NODE_A)).toContain('65535:0'));
    expect(await communitiesFrom(NODE_B)).toEqual(['64512:100']);
    await cordon(false);
    await until(async () => expect(await communitiesFrom(NODE_A)).toEqual(['64512:100']));
  });

  it(
    'a controller that crashes and comes back takes no route away, and says nothing of sessions that it has not heard of',
    async () => {
      let watching = true;
      const seen: number[][] = [];
      const said: string[] = [];
      const watched = (async () => {
        while (watching) {
          seen.push(await routesOf());
          said.push((await rack.conditionsOf('BGPPeer', 'tor')).join());
          await sleep(50);
        }
      })();
      rack.cluster.killController();
      await rack.cluster.startController();
      const service = { spec: { type: 'LoadBalancer', selector: { app: 'dns' }, ports: [{ port: 53 }] } };
      await rack.create('EndpointSlice', 'dns', endpointsOn(...NODES), 'default');
      await rack.create('Service', 'dns', service, 'default');
      await eventually(async () => expect(await routesOf()).toEqual([2, 2, 2]), LEASE_PATIENCE_MS);
      await rack.delete('Service', 'dns', 'default');
      await until(async () => expect(await routesOf()).toEqual([1, 1, 1]));
      watching = false;
      await watched;
      expect(seen.filter((counts) => counts.some((count) => count === 0))).toEqual([]);
      expect(new Set(said)).toEqual(new Set(['Valid True,Established True']));
    },
    2 * LEASE_PATIENCE_MS,
  );

  it('with externalTrafficPolicy Local only nodes with an endpoint have the route', async () => {
    await rack.change('/api/v1/namespaces/default/services/web', (service) => ({
      ...service,
      spec: { ...(service.spec as object), externalTrafficPolicy: 'Local' },
    }));
    const [first] = NODES;
    if (first === undefined) throw new Error('the lab has no nodes');
    await rack.change('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/web', (slice) => ({
      ...slice,
      ...endpointsOn(first),
    }));
    await until(async () => expect(await routesOf()).toEqual([1, 0, 0]));
    await until(async () =>
      expect((await rack.serviceStatuses()).map(({ labels }) => labels[0])).toEqual([first.name]),
    );
  });

  it('a Service that goes takes its route with it, and the sessions stay', async () => {
    await rack.delete('Service', 'web', 'default');
    await until(async () => expect(await routesOf()).toEqual([0, 0, 0]));
    await until(async () => expect(await rack.serviceStatuses()).toEqual([]));
    expect(await rack.conditionsOf('BGPPeer', 'tor')).toEqual(['Valid True', 'Established True']);
  });
});
