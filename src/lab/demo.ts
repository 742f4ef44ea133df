import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabCluster } from './cluster.ts';
import type { LabHost } from './network.ts';
import { longestOutage, type Outage, type PageAttempt } from './page-attempt.ts';
import { eventually, step, table } from './progress.ts';
import { CLIENT, NODES } from './topology.ts';

const PROBE_INTERVAL_MS = 10;
const STEADY_MS = 1_000;

/** Brings a cluster up without any configuration, one progress line for each step. */
export async function startCluster(cluster: LabCluster): Promise<void> {
  await step('three nodes, each with a web page', () => cluster.startNodes());
  await step('manifests applied: CRDs, RBAC, ServiceAccounts', () => cluster.install());
  await step('controller started', () => cluster.startController());
  await step(
    'three speakers started',
    async () => void (await Promise.all(NODES.map((node) => cluster.startSpeaker(node)))),
  );
}

/** Brings a cluster up and installs the guide's YAML. */
export async function bringUp(cluster: LabCluster): Promise<void> {
  await startCluster(cluster);
  await step("a MetalLB guide's pool and L2Advertisement applied, unedited", () => cluster.applyGuide('pool.yaml'));
  await step('two Services of type LoadBalancer applied', () => cluster.applyGuide('services.yaml'));
}

/** The whole path, once: addresses, ARP, a page, a power cut, the page again. */
export async function demonstrate(cluster: LabCluster): Promise<void> {
  await bringUp(cluster);
  const address = await step('Service "whoami" has an address', () =>
    eventually('an address for whoami', () => cluster.addressOfService('whoami')),
  );
  const requested = await step('Service "whoami-requested" has the address that it asked for', () =>
    eventually('an address for whoami-requested', () => cluster.addressOfService('whoami-requested')),
  );
  const page = await step(`the client fetches http://${address}/`, () => fetchPage(cluster, address));
  const requestedPage = await step(`the client fetches http://${requested}/`, () => fetchPage(cluster, requested));
  const before = await answering(cluster, address);
  const owner = NODES.find(({ name }) => name === before.node);
  if (owner === undefined) throw new Error(`ARP for ${address} is answered by ${before.mac}, which is no node`);
  const outage = await step(`${owner.name} loses its power; the client asks every ${PROBE_INTERVAL_MS} ms`, () =>
    measurePowerCut(cluster, owner, address),
  );
  const after = await answering(cluster, address);
  const back = await step(`${owner.name} comes back; nothing is to move`, () => comeBack(cluster, owner, address));
  console.log(
    `\n${table([
      ['Service', 'address', 'first page from', 'ARP answered by', 'after the power cut', 'after the node returned'],
      ['whoami', address, page, `${before.node} ${before.mac}`, `${after.node} ${after.mac}`, back.node],
      ['whoami-requested', requested, requestedPage, '', '', ''],
    ])}`,
  );
  console.log(`\n   The page was away for ${outage.firstPageAtMs - outage.lastPageAtMs} ms, client to client.`);
  console.log(
    '   kube-proxy and Pods are played by a local route and a small web server on each node; all else is the real program.',
  );
}

/** Fetches until a page comes. @returns the node that it came from */
export async function fetchPage(cluster: LabCluster, address: string): Promise<string> {
  let node: string | undefined;
  await watchPage(cluster, address, (seen) =>
    eventually(`a page from ${address}`, async () => {
      node = seen.find((attempt) => attempt.node !== undefined)?.node;
      return node;
    }),
  );
  return node ?? '';
}

/** Who answers now, not who answered once: the client forgets first. */
async function answering(
  cluster: LabCluster,
  address: string,
): Promise<{ readonly mac: string; readonly node: string }> {
  await cluster.network.run(CLIENT.name, ['ip', 'neighbour', 'flush', 'to', address]);
  await fetchPage(cluster, address);
  return eventually(`an ARP answer for ${address}`, () => cluster.answeringNode(address));
}

async function measurePowerCut(cluster: LabCluster, owner: LabHost, address: string): Promise<Outage> {
  const attempts = await watchPage(cluster, address, async (seen) => {
    await sleep(STEADY_MS);
    await cluster.cutPower(owner);
    await eventually('a page after the power cut', async () => {
      const node = seen.at(-1)?.node;
      return node === undefined || node === owner.name ? undefined : node;
    });
    await sleep(STEADY_MS);
  });
  const outage = longestOutage(attempts);
  if (outage === undefined) throw new Error('the client never got two pages');
  return outage;
}

async function comeBack(
  cluster: LabCluster,
  owner: LabHost,
  address: string,
): Promise<{ readonly mac: string; readonly node: string }> {
  await cluster.restorePower(owner);
  await sleep(3 * STEADY_MS);
  return answering(cluster, address);
}

/** Has the client ask for the page again and again while `during` runs. @returns every attempt, in the order of their ends */
async function watchPage(
  cluster: LabCluster,
  address: string,
  during: (seen: readonly PageAttempt[]) => Promise<unknown>,
): Promise<PageAttempt[]> {
  const seen: PageAttempt[] = [];
  const program = join(import.meta.dirname, 'page-client.ts');
  const command = [process.execPath, program, `http://${address}/`, String(PROBE_INTERVAL_MS)];
  const client: ChildProcess = cluster.network.spawn(CLIENT.name, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (client.stdout === null) throw new Error('the client has no output');
  createInterface(client.stdout).on('line', (line) => seen.push(JSON.parse(line) as PageAttempt));
  try {
    await during(seen);
  } finally {
    client.kill('SIGKILL');
  }
  return seen;
}
