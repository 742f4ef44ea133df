import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { CLIENT, type ClusterNode, NODES } from '../../kubernetes/topology.ts';

export const ROUTER_ASN = 64_513;
export const CLUSTER_ASN = 64_512;

const LOG = 'bird';
const PATIENCE_MS = 60_000;

/** BIRD on the client's host: what the nodes tell becomes the routes of its kernel, over every node that tells the same. */
export class BirdRouter {
  readonly #cluster: ProcessCluster;

  private constructor(cluster: ProcessCluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: ProcessCluster): Promise<BirdRouter> {
    // Connections are spread, not addresses.
    await cluster.lan.run(CLIENT.name, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/fib_multipath_hash_policy']);
    const folder = cluster.controlPlane.folder.folder('bird');
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'bird.conf');
    writeFileSync(config, [HEAD, ...NODES.map(({ name, address }) => neighbour(name, address))].join('\n'));
    const command = ['bird', '-f', '-c', config, '-s', join(folder, 'bird.ctl'), '-P', join(folder, 'bird.pid')];
    cluster.run({ name: LOG, namespace: CLIENT.name, command, environment: { PATH: process.env.PATH } });
    return new BirdRouter(cluster);
  }

  /** The next hops of each prefix. */
  async routes(): Promise<ReadonlyMap<string, readonly string[]>> {
    const shown = await this.#cluster.lan.run(CLIENT.name, ['ip', '-json', 'route', 'show', 'proto', 'bird']);
    const routes = JSON.parse(shown === '' ? '[]' : shown) as readonly KernelRoute[];
    return new Map(
      routes.map(({ dst, gateway, nexthops = [] }) => [
        dst,
        [...nexthops.map((hop) => hop.gateway), ...(gateway === undefined ? [] : [gateway])].sort(),
      ]),
    );
  }

  /** Waits until what `change` does has led to a new session with a node. */
  async meetsAgain(node: ClusterNode, change: () => Promise<void>): Promise<void> {
    const before = this.#sessions(node);
    await change();
    for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
      if (this.#sessions(node) > before) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no new session with ${node.name} within ${PATIENCE_MS / 1000} s`);
  }

  /** How many there have been. */
  #sessions({ name }: ClusterNode): number {
    const log = readFileSync(this.#cluster.controlPlane.folder.log(LOG), 'utf8');
    return log.split(`${name}: State changed to up`).length - 1;
  }

  /** Waits until each prefix has so many next hops, neither more nor fewer. */
  async settles(prefixes: number, nextHops: number): Promise<void> {
    let routes = await this.routes();
    const isSo = (): boolean =>
      routes.size === prefixes && [...routes.values()].every((hops) => hops.length === nextHops);
    for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs && !isSo(); routes = await this.routes())
      await new Promise((resolve) => setTimeout(resolve, 100));
    if (!isSo()) throw new Error(`not ${nextHops} next hops for ${prefixes} prefixes: ${JSON.stringify([...routes])}`);
  }
}

interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly nexthops?: readonly { readonly gateway: string }[];
}

const HEAD = `
log stderr all;
debug protocols { states };
router id ${CLIENT.address};
protocol device {}
protocol kernel { merge paths on; ipv4 { import none; export all; }; }
`;

function neighbour(name: string, address: string): string {
  return `
protocol bgp ${name} {
  local ${CLIENT.address} as ${ROUTER_ASN};
  neighbor ${address} as ${CLUSTER_ASN};
  direct; passive on;
  error wait time 1, 1; startup hold time 5; hold time 30;
  ipv4 { import all; export none; };
}`;
}
