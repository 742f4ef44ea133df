import { LabRouter } from './bird.ts';
import type { LabCluster } from './cluster.ts';
import { fetchPage, startCluster } from './demo.ts';
import type { LabHost } from './network.ts';
import { eventually, step } from './progress.ts';
import { NODES } from './topology.ts';

/** BGP, once: a router that has a route over every node, a node that is cordoned, a power cut. */
export async function demonstrateBgp(cluster: LabCluster): Promise<void> {
  if (!(await LabRouter.isThere(cluster))) {
    throw new Error('BIRD is not installed, and plays the router here: apt install bird2');
  }
  const router = await step('BIRD on the client, as a router', () => LabRouter.start(cluster));
  await startCluster(cluster);
  await step("a MetalLB guide's BGPPeer, pool, BGPAdvertisement and Service applied, unedited", () =>
    cluster.applyGuide('bgp.yaml'),
  );
  const address = await step('Service "routed" has an address', () =>
    eventually('an address for routed', () => cluster.addressOfService('routed')),
  );
  const until = (what: string, holds: (nodes: readonly string[]) => boolean): Promise<true> =>
    eventually(what, async () => (holds(await router.nextHops(address)) ? true : undefined));
  await step('the router has a route over every node', () =>
    until('a route over every node', (nodes) => nodes.length === NODES.length),
  );
  console.log(`\n${indented(await router.table())}\n`);
  const page = await step(`the client fetches http://${address}/`, () => fetchPage(cluster, address));
  const first = await best(router, address);
  await step(`${first.name}, the first choice, is cordoned: it asks to be left (RFC 8326)`, async () => {
    await cluster.cordon(first);
    await until(`another first choice than ${first.name}`, ([choice]) => choice !== first.name);
  });
  const second = await best(router, address);
  await step(`${second.name}, the first choice now, loses its power: BFD takes its route away`, async () => {
    await cluster.cutPower(second);
    await until(`no route over ${second.name}`, (nodes) => !nodes.includes(second.name));
  });
  console.log(`\n${indented(await router.table())}\n`);
  const after = await step(`the client fetches http://${address}/ again`, () => fetchPage(cluster, address));
  console.log(`\n   The page came from ${page} first, and from ${after} at the end.`);
}

/** The node that the router would take. */
async function best(router: LabRouter, address: string): Promise<LabHost> {
  const [name] = await router.nextHops(address);
  const node = NODES.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`the router has no route to ${address}`);
  return node;
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n');
}
