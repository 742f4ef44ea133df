import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../../kubernetes/api.ts';
import type { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { NODES } from '../../kubernetes/topology.ts';
import { KubeletHeartbeats } from '../support/kubelet-heartbeats.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';
import { MANIFESTS } from '../support/shipped.ts';

const PROBE_EVERY_MS = 50;
/** `--node-monitor-grace-period` of Kubernetes since 1.32: before, Kubernetes itself takes no Pod of a dead node out of service. */
const GRACE_MS = 50_000;
/** After so long the client's last connection has come to its end, whatever that is. */
const CONNECTION_MS = 6_000;
/** What an administrator closes who does not know that the speakers talk to each other. */
const FIREWALL =
  'add table inet firewall; add chain inet firewall input { type filter hook input priority 0; }; add rule inet firewall input udp dport 7953 drop';
const RIGHTS = readFileSync(join(MANIFESTS, 'examples', 'endpoint-retirement.yaml'), 'utf8');

let bed: ProcessBed;

describe('with --retire-endpoints', () => {
  beforeAll(async () => {
    bed = await start('with-retirement', ['--retire-endpoints']);
  });

  afterAll(() => bed[Symbol.asyncDispose]());

  it('a node that lost its power gets no more connections after some two seconds, and what was done is told', async () => {
    const { lostForMs, victim } = await powerCut();
    expect(lostForMs).toBeLessThan(GRACE_MS / 2);

    expect(await nodeEvents()).toMatch(
      new RegExp(`EndpointsRetired +node/${victim} +Marked \\d Pods not ready\\.`, 'i'),
    );
    const leader = bed.heraldlb.controllers.get(await bed.heraldlb.leader());
    expect(await leader?.process.lastLines(1_000)).toMatch(new RegExp(`"node":"${victim}".*"endpoints-retired"`));
    const metrics = await fetch(`http://${leader?.pod.address}:7954/metrics`);
    expect(await metrics.text()).toContain('heraldlb_endpoint_retirements_total{result="done"} 1');
  });
});

describe('without it, and with a firewall between the speakers', () => {
  beforeAll(async () => {
    bed = await start('without-retirement', [], async ({ lan, nodes }) => {
      for (const { name } of nodes) await lan.run(name, ['nft', FIREWALL]);
    });
  });

  afterAll(() => bed[Symbol.asyncDispose]());

  it('Services are served all the same, and an event on the nodes names the port that is closed', async () => {
    await bed.cluster.addPagePod('early', 'node3');
    await bed.services.create('early', { app: 'early' });
    expect(await bed.lan.page(await bed.services.address('early'))).toMatchObject({ node: 'node3' });
    await expect.poll(nodeEvents, { timeout: 60_000, interval: 500 }).toMatch(/NeighbourUnheard +node\/node\d .*7953/);
  });

  it('a node that lost its power gets its share of connections until Kubernetes has noticed', async () => {
    const { lostForMs } = await powerCut();
    expect(lostForMs).toBeGreaterThan(GRACE_MS / 2);
    expect(await nodeEvents()).not.toContain('EndpointsRetired');
  });
});

/** A cluster whose nodes have heartbeats, for the controller that finds dead ones. */
function start(
  name: string,
  flags: readonly string[],
  prepare?: (cluster: ProcessCluster) => Promise<void>,
): Promise<ProcessBed> {
  return startProcessBed({
    name,
    flags,
    controllers: ['node-lifecycle-controller'],
    before: async (_, cluster) => {
      await cluster.controlPlane.kubectl(['apply', '-f', '-'], RIGHTS);
      await prepare?.(cluster);
    },
  });
}

/** As kubectl shows them. */
function nodeEvents(): Promise<string> {
  return bed.cluster.controlPlane.kubectl(['get', 'events', '-A', '--field-selector=involvedObject.kind=Node']);
}

/**
 * A Service with two Pods; the node of one of them, which does not announce it, loses its power.
 * @returns for how long after that connections failed that were begun then
 */
async function powerCut(): Promise<{ readonly lostForMs: number; readonly victim: string }> {
  const { cluster, services, lan } = bed;
  const { api } = cluster.controlPlane;
  const kubelets = new Map<string, KubeletHeartbeats>();
  for (const { name } of NODES) kubelets.set(name, await KubeletHeartbeats.start(api, name));
  try {
    const homes = NODES.slice(0, 2).map(({ name }) => name);
    for (const home of homes) await cluster.addPagePod('web', home);
    await services.create('web', { app: 'web' });
    const address = await services.address('web');
    const owner = await lan.owner(address);
    const victim = homes.find((home) => home !== owner) ?? '';
    using probe = cluster.client.probe(`http://${address}/`, PROBE_EVERY_MS);
    await expect.poll(() => probe.attempts.map(({ node }) => node), { timeout: 30_000 }).toContain(victim);
    await sleep(CONNECTION_MS);

    const cutAtMs = Date.now();
    kubelets.get(victim)?.[Symbol.dispose]();
    await cluster.lan.cutPower(victim);
    await expect.poll(() => readyEndpoints((path) => api.list(path)), { timeout: 3 * GRACE_MS }).toBe(1);
    await sleep(CONNECTION_MS);
    const since = probe.attempts.filter(({ startedAtMs }) => startedAtMs >= cutAtMs);
    const lost = since.filter(({ node }) => node === undefined);
    const lostForMs = Math.max(0, ...lost.map(({ startedAtMs }) => startedAtMs - cutAtMs));
    const during = since.filter(({ startedAtMs }) => startedAtMs <= cutAtMs + lostForMs);
    console.log(
      `power cut: ${lost.length} of ${during.length} connections failed, the last one begun ${(lostForMs / 1_000).toFixed(1)} s after it`,
    );
    return { lostForMs, victim };
  } finally {
    for (const kubelet of kubelets.values()) kubelet[Symbol.dispose]();
  }
}

/** As kube-proxy sees them. */
async function readyEndpoints(list: (path: string) => Promise<ApiObject[]>): Promise<number> {
  const slices = await list(
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb',
  );
  const endpoints = slices.flatMap((slice) => (slice.endpoints ?? []) as { conditions: { ready?: boolean } }[]);
  return endpoints.filter(({ conditions }) => conditions.ready !== false).length;
}
