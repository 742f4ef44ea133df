import type { L2Advertisement } from '../../core/config/config.ts';
import type { Informer } from '../../ports/informer.ts';
import { type EndpointSlice, keyOf, type Node } from '../../ports/kubernetes.ts';
import type { ConfigSource } from '../configuration/config-source.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import type { BookedUse } from './address-book.ts';
import { Eligibility, type EligibleNodes, idleness } from './eligibility.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { NodeDirectory } from './node-directory.ts';
import type { NodeObstacleOptions } from './node-obstacle.ts';
import type { Obstacle } from './service-announcement.ts';

export interface ClusterViewDependencies {
  readonly speakers: Pick<Speakers, 'speaker'>;
  readonly config: ConfigSource;
  readonly nodes: Informer<Node>;
  readonly endpointSlices: Informer<EndpointSlice>;
}

export interface AdvertisementsEdit {
  readonly before: readonly L2Advertisement[];
  readonly now: readonly L2Advertisement[];
}

/** Told what is not as it was, once the caches are read. Must not throw. */
export interface ClusterListener {
  nodeChanged(nodeName: string): void;
  /** Each is `namespace/name`. */
  endpointsChanged(serviceKeys: readonly string[]): void;
  advertisementsChanged(edit: AdvertisementsEdit): void;
}

/** What is different about a node. */
export interface NodeChange {
  /** Other nodes reach it by other addresses than before. */
  readonly addresses: boolean;
  /** It may announce less than before, or more: both can be. */
  readonly lost: boolean;
  readonly gained: boolean;
}

/** All that decides who may announce: the nodes with their speakers, the endpoints, and the advertisements. */
export class ClusterView {
  readonly #dependencies: ClusterViewDependencies;
  readonly #endpoints = new EndpointIndex();
  readonly #eligibility: Eligibility;
  readonly directory: NodeDirectory;
  #isInformed = false;

  constructor(options: NodeObstacleOptions, dependencies: ClusterViewDependencies) {
    this.#dependencies = dependencies;
    const { speakers } = dependencies;
    this.directory = new NodeDirectory(options, { speaker: (nodeName) => speakers.speaker(nodeName) });
    this.#eligibility = new Eligibility(this.directory);
  }

  /** Resolves when the caches are read: false when `signal` aborted before. The listener hears of changes until it aborts. */
  async follow(listener: ClusterListener, signal: AbortSignal): Promise<boolean> {
    const { nodes, endpointSlices, config } = this.#dependencies;
    const stops = [
      nodes.onChange(({ key }) => listener.nodeChanged(key)),
      endpointSlices.onChange((change) => {
        const serviceKeys = this.#endpoints.apply(change);
        if (this.#isInformed) listener.endpointsChanged(serviceKeys);
      }),
      config.onChange((now, before) => {
        if (!this.#isInformed || now.l2Advertisements === before.l2Advertisements) return;
        this.#eligibility.configure(now.l2Advertisements);
        listener.advertisementsChanged({ before: before.l2Advertisements, now: now.l2Advertisements });
      }),
    ];
    signal.addEventListener(
      'abort',
      () => {
        for (const stop of stops) stop();
      },
      { once: true },
    );
    try {
      await Promise.all([nodes.synced(signal), endpointSlices.synced(signal)]);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
    for (const slice of endpointSlices.list()) {
      this.#endpoints.apply({ key: keyOf(slice.meta), after: slice });
    }
    for (const node of nodes.list()) this.directory.refresh(node.meta.name, node);
    this.#eligibility.configure(config.current().l2Advertisements);
    this.#isInformed = true;
    return true;
  }

  /** Looks at a node and its speaker again. Undefined when nothing about them is different, or the caches are not read. */
  refresh(nodeName: string): NodeChange | undefined {
    if (!this.#isInformed) return undefined;
    const change = this.directory.refresh(nodeName, this.#dependencies.nodes.get(nodeName));
    return change && { ...change, ...this.#eligibility.refresh(nodeName) };
  }

  /** The nodes that may announce an address for everybody who uses it, or why there is none. */
  eligibleFor(uses: readonly BookedUse[], refusals: ReadonlyMap<string, string>): EligibleNodes | Obstacle {
    const withEndpoints = uses.map(({ serviceKey, service, announced }) => {
      return { service, announced, endpoints: this.#endpoints.of(serviceKey) };
    });
    return this.#eligibility.of(withEndpoints, refusals);
  }

  /** Why nothing is announced for this one of those who use an address. Undefined when nothing of its own is in the way. */
  idlenessOf({ serviceKey, service }: Omit<BookedUse, 'announced'>): Obstacle | undefined {
    return idleness({ service, endpoints: this.#endpoints.of(serviceKey) });
  }
}
