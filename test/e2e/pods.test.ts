import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../../tools/image.ts';
import type { ApiObject } from '../kubernetes/api.ts';
import { podClusterLack } from '../kubernetes/machine-lack.ts';
import { PodCluster } from '../kubernetes/pod-cluster.ts';
import { PAGE_PORT } from '../kubernetes/process-cluster.ts';
import { PAGE_IMAGE } from '../kubernetes/test-images.ts';
import { CLIENT, NODES } from '../kubernetes/topology.ts';
import { LanView } from './support/lan-view.ts';
import { POOL_OBJECTS, Services } from './support/services.ts';
import { MANIFESTS, NAMESPACE, ROOT } from './support/shipped.ts';

const PROBE_EVERY_MS = 20;

let cluster: PodCluster;
let services: Services;
let lan: LanView;

const rolledOut = (workload: string): Promise<string> =>
  cluster.controlPlane.kubectl(['-n', NAMESPACE, 'rollout', 'status', workload, '--timeout=120s']);

// On a developer's machine this may be skipped; in CI nothing is.
const lack = podClusterLack();
if (lack !== undefined) console.warn(`The cluster of kubelets is skipped: ${lack}`);

describe.skipIf(lack !== undefined && process.env.CI === undefined)('a cluster of kubelets', () => {
  beforeAll(async () => {
    const image = await buildImage(join(ROOT, '.cache', 'image.tar'));
    cluster = await PodCluster.start({ name: 'pods', kubeProxyMode: 'nftables', images: [image] });
    services = new Services(cluster.controlPlane.api);
    lan = new LanView(cluster.lan, cluster.client);
    await cluster.controlPlane.kubectl(['apply', '-k', MANIFESTS]);
    await cluster.controlPlane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    await cluster.controlPlane.apply([...POOL_OBJECTS, pageDaemonSet('web')]);
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  it("Deployment and DaemonSet become Ready by the kubelet's own gRPC probes and tokens", async () => {
    await rolledOut('deployment/heraldlb-controller');
    await rolledOut('daemonset/heraldlb-speaker');
    await cluster.controlPlane.kubectl(['rollout', 'status', 'daemonset/web', '--timeout=60s']);
    const pods = await cluster.controlPlane.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
    expect(pods.map(restarts)).toEqual(pods.map(() => 0));
  });

  it.each(['Cluster', 'Local'] as const)(
    'a client reads the page of a Service with externalTrafficPolicy %s through its address',
    async (policy) => {
      const name = `web-${policy.toLowerCase()}`;
      await services.create(name, { app: 'web', externalTrafficPolicy: policy });
      const address = await services.address(name);
      const page = await lan.page(address);
      const owner = await lan.owner(address);
      if (policy === 'Local') expect(page).toMatchObject({ node: owner, client: CLIENT.address });
    },
  );

  it('rolling the DaemonSet leaves every address answered by one node, and loses no page but one in transit', async () => {
    const address = await services.address('web-cluster');
    using probe = cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
    await probe.nextPage();
    await cluster.controlPlane.kubectl(['-n', NAMESPACE, 'rollout', 'restart', 'daemonset/heraldlb-speaker']);
    await rolledOut('daemonset/heraldlb-speaker');

    await lan.owner(address);
    await probe.nextPage();
    expect(await services.address('web-cluster')).toBe(address);
    // It moves at most once for each node.
    expect(probe.interruptions).toBeLessThanOrEqual(NODES.length);
  });

  it('rolling the Deployment changes no address and moves none', async () => {
    const address = await services.address('web-local');
    const owner = await lan.owner(address);
    using probe = cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
    await cluster.controlPlane.kubectl(['-n', NAMESPACE, 'rollout', 'restart', 'deployment/heraldlb-controller']);
    await rolledOut('deployment/heraldlb-controller');

    await services.create('after', { app: 'web' });
    await lan.page(await services.address('after'));
    expect(await services.address('web-local')).toBe(address);
    expect(await lan.owner(address)).toBe(owner);
    expect(probe.interruptions).toBe(0);
  });

  it('when an owner loses its power, another node takes its address over, and the page comes back', async () => {
    const { address, owner } = await ownedWithoutController();
    using probe = cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
    await probe.nextPage();
    await cluster.cutPower(owner);

    expect(NODES.map(({ name }) => name)).toContain(await lan.owner(address, owner));
    await probe.nextPage();
  });

  /** An address whose owner runs no replica of the controller: who dies with the leader is found by Kubernetes only. */
  async function ownedWithoutController(): Promise<{ readonly address: string; readonly owner: string }> {
    const controllers = 'app.kubernetes.io%2Fcomponent%3Dcontroller';
    const pods = await cluster.controlPlane.api.list(
      `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=${controllers}`,
    );
    const homes = pods.map((pod) => String(pod.spec.nodeName));
    for (let number = 1; number <= 2 * NODES.length; number += 1) {
      await services.create(`one-of-many-${number}`, { app: 'web' });
      const address = await services.address(`one-of-many-${number}`);
      const owner = await lan.owner(address);
      if (!homes.includes(owner)) return { address, owner };
    }
    throw new Error(`every owner runs a controller: they are on ${homes.join(' and ')}`);
  }
});

function restarts(pod: ApiObject): number {
  const [container] = (pod.status.containerStatuses ?? []) as { restartCount: number }[];
  return container?.restartCount ?? 0;
}

/** A Pod with a page on every node. */
function pageDaemonSet(app: string): ApiObject {
  const field = (name: string, fieldPath: string): ApiObject => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const env = [
    { name: 'LISTEN', value: `:${PAGE_PORT}` },
    field('NODE_NAME', 'spec.nodeName'),
    field('POD_NAME', 'metadata.name'),
  ];
  const container = { name: 'page', image: PAGE_IMAGE, imagePullPolicy: 'Never', env };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: app, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { containers: [container] } },
    },
  };
}
