import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../src/inspect/live/timeline.ts';
import { buildImage } from '../../tools/image.ts';
import type { ApiObject } from '../kubernetes/api.ts';
import { podClusterLack } from '../kubernetes/machine-lack.ts';
import { PodCluster } from '../kubernetes/pod-cluster.ts';
import { CLIENT, NODES } from '../kubernetes/topology.ts';
import { heraldlb } from './support/heraldlb-command.ts';
import { LanView } from './support/lan-view.ts';
import { pageDaemonSet } from './support/page-daemon-set.ts';
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

  it.each([
    ['status', /ready on 3 of 3 nodes.*No problems\./s],
    ['pools', /^metallb-system +lan /m],
    ['services', /^default +web-cluster +192\.168\.10\.\d+ +lan +Cluster +node\d/m],
    ['doctor', /Looked at 3 nodes, and found nothing wrong\./],
  ])('heraldlb %s finds all of it well, with status 0', async (command, words) => {
    await expect
      .poll(() => heraldlb(cluster.controlPlane, [command]), { timeout: 30_000 })
      .toMatchObject({ status: 0, errors: '', out: expect.stringMatching(words) });
  });

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

    const heir = await lan.owner(address, owner);
    expect(NODES.map(({ name }) => name)).toContain(heir);
    await probe.nextPage();

    const timeline = await heraldlb(cluster.controlPlane, ['timeline', address, '-o', 'json']);
    expect(timeline).toMatchObject({ status: 0, errors: '' });
    const [latest] = JSON.parse(timeline.out) as readonly TimelineEntry[];
    expect(latest).toMatchObject({ address, node: heir, gapMs: expect.any(Number) });
  });

  it('heraldlb says which node has lost its speaker, with status 1', async () => {
    const { status, out } = await heraldlb(cluster.controlPlane, ['doctor']);
    expect(status).toBe(1);
    expect(out).toMatch(/node\d +\w+ +its speaker/);
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
