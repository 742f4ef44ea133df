import type { AnnouncementState } from '../../controller/announcer/service-announcement.ts';
import { formatIp } from '../../core/net/index.ts';
import type { ClusterSnapshot } from '../../ports/cluster-snapshot.ts';
import type { ConfigObject, Informer } from '../../ports/informer.ts';
import { type EndpointSlice, keyOf, type Namespace, type Node, type Service } from '../../ports/kubernetes.ts';
import type { Clock } from '../../ports/time.ts';
import { type PoolView, poolViews } from '../pools.ts';
import { type ServiceView, serviceViews } from '../services.ts';
import { Timeline, type TimelineEntry, type TimelineSource } from './timeline.ts';

/** What the leader knows now, for people and for `heraldlb timeline`. */
export interface LiveState {
  readonly version: string;
  /** Pod that leads. */
  readonly leader: string;
  /** RFC 3339. */
  readonly at: string;
  readonly nodes: readonly LiveNode[];
  readonly pools: readonly PoolView[];
  readonly services: readonly LiveService[];
  /** Newest first. */
  readonly changes: readonly TimelineEntry[];
}

export interface LiveNode {
  readonly name: string;
  /** How the speaker is known to be: `connected`, `away`, `leaving`, `gone`. */
  readonly speaker: string;
  /** How many addresses it announces on layer 2. */
  readonly announces: number;
  /** What the speakers of other nodes know of it, by their nodes. */
  readonly heardBy: Readonly<Record<string, string>>;
}

export interface LiveService extends Omit<ServiceView, 'announcedBy' | 'routedBy'> {
  readonly owners: readonly LiveOwner[];
}

export interface LiveOwner {
  readonly address: string;
  readonly node?: string;
  readonly since?: string;
  readonly reason?: string;
  readonly gapMs?: number;
  readonly verifiedAt?: string;
  /** Who would take over, best first. */
  readonly standbys: readonly string[];
}

export interface LiveOptions {
  readonly version: string;
  readonly podName: string;
  readonly namespace: string;
}

export interface LiveDependencies {
  readonly services: Informer<Service>;
  readonly nodes: Informer<Node>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly objects: () => readonly ConfigObject[];
  readonly announcer: TimelineSource;
  readonly presenceOf: (nodeName: string) => string;
  readonly witnessesOf: (nodeName: string) => ReadonlyMap<string, string>;
  readonly clock: Clock;
}

const NO_NAMESPACES: readonly Namespace[] = [];

/** One term of leadership, looked at while it lasts. */
export class LiveBoard {
  readonly #options: LiveOptions;
  readonly #dependencies: LiveDependencies;
  readonly #timeline: Timeline;

  constructor(options: LiveOptions, dependencies: LiveDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#timeline = new Timeline(dependencies);
  }

  /** O(Services): for people, not for a loop. */
  state(): LiveState {
    const { version, podName } = this.#options;
    const snapshot = this.#snapshot();
    const services = serviceViews(snapshot).map((view) => this.#liveService(view));
    const load = new Map<string, number>();
    for (const { node } of services.flatMap(({ owners }) => owners))
      if (node !== undefined) load.set(node, (load.get(node) ?? 0) + 1);
    return {
      version,
      leader: podName,
      at: this.#dependencies.clock.wallTime().toISOString(),
      nodes: snapshot.nodes
        .map(({ meta: { name } }) => ({
          name,
          speaker: this.#dependencies.presenceOf(name),
          announces: load.get(name) ?? 0,
          heardBy: Object.fromEntries(this.#dependencies.witnessesOf(name)),
        }))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
      pools: poolViews(snapshot),
      services,
      changes: this.#timeline.entries(),
    };
  }

  #snapshot(): ClusterSnapshot {
    const { services, nodes, endpointSlices, objects } = this.#dependencies;
    return {
      namespace: this.#options.namespace,
      services: services.list(),
      nodes: nodes.list(),
      namespaces: NO_NAMESPACES,
      endpointSlices: endpointSlices.list(),
      objects: objects(),
      pods: [],
      workloads: [],
      events: [],
      unreadable: [],
    };
  }

  #liveService({ announcedBy: _, routedBy: __, ...view }: ServiceView): LiveService {
    return { ...view, owners: this.#dependencies.announcer.statesOf(keyOf(view)).map(liveOwner) };
  }
}

function liveOwner({ address, candidates, ownership }: AnnouncementState): LiveOwner {
  const standbys = candidates.filter((candidate) => candidate !== ownership?.node);
  if (ownership === undefined) return { address: formatIp(address), standbys };
  const { node, since, reason, gapMs, verifiedAt } = ownership;
  return {
    address: formatIp(address),
    node,
    since: since.toISOString(),
    reason,
    ...(gapMs === undefined ? {} : { gapMs }),
    ...(verifiedAt === undefined ? {} : { verifiedAt: verifiedAt.toISOString() }),
    standbys,
  };
}
