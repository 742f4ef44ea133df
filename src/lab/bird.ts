import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabCluster } from './cluster.ts';
import { addressOf, CLIENT, NODES } from './topology.ts';

const ROUTER_ASN = 64_513;
const CLUSTER_ASN = 64_512;

/** BIRD on the client of the lab: its routes go into the kernel, so that the client reaches Services by way of the nodes. */
export class LabRouter {
  readonly #cluster: LabCluster;
  readonly #folder: string;

  private constructor(cluster: LabCluster) {
    this.#cluster = cluster;
    this.#folder = cluster.folder;
  }

  /** Whether BIRD is installed. */
  static async isThere(cluster: LabCluster): Promise<boolean> {
    return cluster.network.run(CLIENT.name, ['bird', '--version']).then(
      () => true,
      () => false,
    );
  }

  static async start(cluster: LabCluster): Promise<LabRouter> {
    const router = new LabRouter(cluster);
    const config = join(router.#folder, 'bird.conf');
    await writeFile(config, CONFIG);
    const files = ['-c', config, '-s', router.#socket, '-P', join(router.#folder, 'bird.pid')];
    // It goes on in the background, and ends with the sandbox.
    await cluster.network.run(CLIENT.name, ['bird', ...files]);
    return router;
  }

  /** The nodes that told it a route to an address, best first. */
  async nextHops(address: string): Promise<readonly string[]> {
    // birdc fails where there is no route.
    const answer = await this.#ask(`show route for ${address}/32`).catch(() => '');
    const vias = [...answer.matchAll(/via (\S+) on/g)].map(([, via]) => via);
    return vias.map((via) => NODES.find((node) => addressOf(node) === via)?.name ?? String(via));
  }

  /** As a person would look at it. */
  table(): Promise<string> {
    return this.#ask('show route');
  }

  get #socket(): string {
    return join(this.#folder, 'bird.ctl');
  }

  #ask(question: string): Promise<string> {
    return this.#cluster.network.run(CLIENT.name, ['birdc', '-s', this.#socket, ...question.split(' ')]);
  }
}

const CONFIG = `
router id ${addressOf(CLIENT)};
protocol device {}
protocol bfd { interface "eth0" { min rx interval 100 ms; min tx interval 100 ms; multiplier 3; }; }
protocol kernel { merge paths on; ipv4 { export all; }; }
${NODES.map(
  (node) => `
protocol bgp ${node.name.replace('-', '_')} {
  local ${addressOf(CLIENT)} as ${ROUTER_ASN};
  neighbor ${addressOf(node)} as ${CLUSTER_ASN};
  direct; passive on; bfd on;
  ipv4 {
    export none;
    # RFC 8326: who asks to be left is the last choice.
    import filter { if (65535, 0) ~ bgp_community then bgp_local_pref = 0; accept; };
  };
}`,
).join('\n')}
`;
