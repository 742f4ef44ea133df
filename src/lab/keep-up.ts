import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../ports/error-message.ts';
import type { LabCluster } from './cluster.ts';
import { bringUp } from './demo.ts';
import type { LabHost } from './network.ts';
import { table } from './progress.ts';
import { NODES } from './topology.ts';

const LOOK_EVERY_MS = 1_000;

const INTRODUCTION = `
   The lab is up. In this terminal:
     cut node-a        cut a node's power        restore node-a    give it back
     show              the table again           Ctrl-C            remove everything
   In another one:
     npm run lab -- shell client                 then: curl http://ADDRESS/, ip neighbour, …
     npm run lab -- shell node-a                 (any node, switch, control-plane)`;

/** Keeps a cluster running, shows who owns which address whenever that changes, and obeys a few words. Ends with the process. */
export async function keepUp(cluster: LabCluster): Promise<void> {
  await bringUp(cluster);
  console.log(
    `${INTRODUCTION}\n     KUBECONFIG=${cluster.adminKubeconfig} kubectl get services   (on control-plane)\n     ls ${cluster.folder}                           what each program says (on any host)\n`,
  );
  let shown = '';
  createInterface(process.stdin).on('line', (line) => {
    if (line.trim() === 'show') shown = '';
    else void obey(cluster, line);
  });
  for (;;) {
    const now = await owners(cluster);
    if (now !== shown) console.log(`${new Date().toLocaleTimeString()}\n${now}\n`);
    shown = now;
    await sleep(LOOK_EVERY_MS);
  }
}

async function obey(cluster: LabCluster, line: string): Promise<void> {
  const [verb, name] = line.trim().split(/\s+/);
  const node = NODES.find((candidate) => candidate.name === name);
  try {
    if (verb === 'cut' && node !== undefined) await cut(cluster, node);
    else if (verb === 'restore' && node !== undefined) await restore(cluster, node);
    else if (verb !== '')
      console.log(
        `   say: cut NODE, restore NODE or show, with NODE one of ${NODES.map((known) => known.name).join(', ')}`,
      );
  } catch (error) {
    console.log(`   ${messageOf(error)}`);
  }
}

async function cut(cluster: LabCluster, node: LabHost): Promise<void> {
  if (!cluster.hasPower(node)) return console.log(`   ${node.name} has no power already`);
  await cluster.cutPower(node);
  console.log(`   ${node.name} is without power`);
}

async function restore(cluster: LabCluster, node: LabHost): Promise<void> {
  if (cluster.hasPower(node)) return console.log(`   ${node.name} has its power: nothing to restore`);
  await cluster.restorePower(node);
  console.log(`   ${node.name} has its power again, and its speaker starts`);
}

async function owners(cluster: LabCluster): Promise<string> {
  const services = await cluster.servicesWithAddresses();
  const macs = await cluster.whoHas(services.map(({ address }) => address));
  const rows = services.map(({ name, address }) => {
    const mac = macs[address];
    return [name, address, mac === undefined ? 'nobody' : (cluster.network.hostOf(mac) ?? 'unknown'), mac ?? ''];
  });
  return table([['Service', 'address', 'ARP answered by', 'MAC'], ...rows]);
}
