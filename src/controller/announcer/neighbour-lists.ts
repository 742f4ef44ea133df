import type { IpAddress } from '../../core/net/index.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import type { NodeDirectory } from './node-directory.ts';

/** Who knows with whom a node shares candidate lists, or exchanges an address. */
export interface NeighbourSource {
  neighboursOf(node: string): readonly string[];
  /** Those who have others than when this was last asked. */
  takeChanged(): readonly string[];
}

export interface NeighbourListsDependencies {
  readonly sources: readonly NeighbourSource[];
  readonly directory: Pick<NodeDirectory, 'get'>;
  readonly speakers: Pick<Speakers, 'surround'>;
}

/** In a drain a node exchanges addresses with many; with more than these it does not exchange hellos as well. */
const MAX_NEIGHBOURS = 32;

/** Tells each node who its neighbours are, and by which addresses they are reached: those nodes only for which that changed. */
export class NeighbourLists {
  readonly #dependencies: NeighbourListsDependencies;

  constructor(dependencies: NeighbourListsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Tells what changed since the last time. */
  update(): void {
    const changed = new Set(this.#dependencies.sources.flatMap((source) => source.takeChanged()));
    for (const node of changed) this.#tell(node);
  }

  /** A node has other addresses than before. */
  addressesChanged(node: string): void {
    for (const one of [node, ...this.#neighboursOf(node)]) this.#tell(one);
  }

  #tell(node: string): void {
    const neighbours = this.#neighboursOf(node).map((nodeName) => ({
      nodeName,
      addresses: this.#addressesOf(nodeName),
    }));
    this.#dependencies.speakers.surround(node, {
      kind: 'neighbours',
      neighbours,
      ownAddresses: this.#addressesOf(node),
    });
  }

  #neighboursOf(node: string): readonly string[] {
    const all = this.#dependencies.sources.map((source) => [...source.neighboursOf(node)].sort());
    return [...new Set(all.flat())].slice(0, MAX_NEIGHBOURS);
  }

  #addressesOf(node: string): readonly IpAddress[] {
    return this.#dependencies.directory.get(node)?.addresses ?? [];
  }
}
