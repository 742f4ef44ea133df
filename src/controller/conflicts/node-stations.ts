import type { MacAddress } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';

export interface NodeStationsDependencies {
  readonly speakers: Pick<Speakers, 'alive'>;
  readonly nodes: Pick<Informer<Node>, 'get'>;
}

/**
 * Which MACs are those of nodes: also of one whose speaker is gone, as long as there is its Node. Switches and proxies may go on
 * answering with the MAC of a node that lost its power, and that is no stranger.
 */
export class NodeStations {
  readonly #dependencies: NodeStationsDependencies;
  /** BOUNDED: by the interfaces of the nodes of the cluster. */
  readonly #nodes = new Map<MacAddress, string>();

  constructor(dependencies: NodeStationsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Learns the MACs of now, and forgets those that a living node has no more, and of nodes that are no more. */
  learn(): void {
    const { speakers, nodes } = this.#dependencies;
    const alive = new Map([...speakers.alive()].map(({ nodeName, interfaces }) => [nodeName, interfaces]));
    for (const [mac, nodeName] of this.#nodes)
      if (alive.has(nodeName) || nodes.get(nodeName) === undefined) this.#nodes.delete(mac);
    for (const [nodeName, interfaces] of alive) for (const { mac } of interfaces) this.#nodes.set(mac, nodeName);
  }

  nodeWith(mac: MacAddress): string | undefined {
    this.learn();
    return this.#nodes.get(mac);
  }
}
