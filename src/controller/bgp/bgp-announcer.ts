import type { BgpAdvertisement, BgpPeer } from '../../core/config/bgp-config.ts';
import type { Config } from '../../core/config/config.ts';
import type { IpAddress, Prefix } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import { type EndpointSlice, keyOf, type Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { EndpointIndex, type ServiceEndpoints } from '../announcer/endpoint-index.ts';
import type { ServiceAnnouncement, ServiceAnnouncer } from '../announcer/service-announcement.ts';
import type { ConfigSource } from '../configuration/config-source.ts';
import { BgpNodes, type NodeChange } from './bgp-nodes.ts';
import type { BgpAnnouncementState, BgpObstacle } from './bgp-state.ts';
import { PREFIXES } from './metrics.ts';
import { NodeDirectives } from './node-directives.ts';
import type { PeerPasswords } from './peer-passwords.ts';
import { type Contribution, RouteBook } from './route-book.ts';
import { RoutedServices } from './routed-services.ts';
import { contributionsOf, type RoutedService } from './service-routes.ts';
import { ServiceStates } from './service-states.ts';
import type { SessionBook } from './session-book.ts';
import { withIdentity } from './with-identity.ts';

export interface BgpAnnouncerOptions {
  readonly ignoreExcludeLabel: boolean;
  /** How long speakers may wait for the Services to be declared. */
  readonly patienceMs: number;
}

export const DEFAULT_BGP_ANNOUNCER_OPTIONS: BgpAnnouncerOptions = { ignoreExcludeLabel: false, patienceMs: 60_000 };

export interface BgpAnnouncerDependencies {
  readonly config: ConfigSource;
  readonly nodes: Informer<Node>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly passwords: PeerPasswords;
  readonly sessions: SessionBook;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Who sees to it that the nodes are told. */
export interface DirectivesListener {
  /** Everything that must not be interrupted is known. */
  begin(): void;
  routeChanged(prefix: Prefix, nodes: ReadonlySet<string> | undefined): void;
  settingsChanged(nodeName: string): void;
  everythingChanged(nodeName: string): void;
}

/** How long routers may take to prefer others, before a node that was excluded withdraws. */
const EXCLUSION_GRACE_MS = 2_000;

/**
 * Decides what each node tells which routers. A change of a Service costs as much as the Service has addresses,
 * advertisements and nodes with endpoints; of a node, that node; all is looked at again only when the configuration changes,
 * and then too only differences are told.
 */
export class BgpAnnouncer implements ServiceAnnouncer {
  readonly directives: NodeDirectives;
  readonly #options: BgpAnnouncerOptions;
  readonly #dependencies: BgpAnnouncerDependencies;
  readonly #services = new RoutedServices();
  readonly #book = new RouteBook();
  readonly #nodes: BgpNodes;
  readonly #states: ServiceStates;
  /** Kept only while there are advertisements. */
  #endpoints: EndpointIndex | undefined;
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: DirectivesListener[] = [];
  readonly #prefixes: Gauge;
  #advertisements: readonly BgpAdvertisement[] = [];
  #peers: readonly BgpPeer[] = [];
  /** Of nodes that may have been excluded just now. BOUNDED: by the nodes of the cluster. */
  readonly #graces = new Map<string, Timer>();
  #informed = false;
  #declared = false;
  #begun = false;
  #stopped = false;

  constructor(options: Partial<BgpAnnouncerOptions>, dependencies: BgpAnnouncerDependencies) {
    this.#options = { ...DEFAULT_BGP_ANNOUNCER_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#nodes = new BgpNodes(this.#options);
    const { sessions, passwords, timers, metrics } = dependencies;
    const known = { services: this.#services, book: this.#book, nodes: this.#nodes };
    this.#states = new ServiceStates({ ...known, sessions, timers });
    this.directives = new NodeDirectives({ ...known, passwords });
    this.#prefixes = metrics.gauge(PREFIXES);
  }

  listen(listener: DirectivesListener): void {
    this.#listeners.push(listener);
  }

  /** Told when what is announced for the Service may be another. Must not throw. */
  onChange(listener: (serviceKey: string) => void): void {
    this.#states.onChange(listener);
  }

  /** Resolves when the caches are read. Aborting `signal` ends it for good. */
  async start(signal: AbortSignal): Promise<void> {
    const { config, nodes, endpointSlices, passwords, timers } = this.#dependencies;
    const stops = [
      nodes.onChange(({ key }) => this.#nodeChanged(key)),
      endpointSlices.onChange((change) => {
        for (const key of this.#endpoints?.apply(change) ?? []) this.#ask(key);
      }),
      config.onChange((now) => this.#configure(now)),
    ];
    const patience: Timer = timers.start(this.#options.patienceMs, () => this.declared());
    signal.addEventListener(
      'abort',
      () => {
        this.#stopped = true;
        for (const stop of stops) stop();
        patience.cancel();
        this.#states.stop();
        for (const grace of this.#graces.values()) grace.cancel();
      },
      { once: true },
    );
    passwords.start(signal);
    passwords.onChange(() => this.#passwordsChanged());
    this.#dependencies.sessions.onChange((news) => {
      if (news.some(({ before, after }) => before?.state !== after?.state)) this.#states.changedForAll();
    });
    try {
      await Promise.all([nodes.synced(signal), endpointSlices.synced(signal)]);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    for (const node of nodes.list()) this.#nodes.refresh(node.meta.name, node, { grace: false });
    this.#informed = true;
    this.#configure(config.current());
    this.#beginIfReady();
  }

  set(serviceKey: string, announcement: ServiceAnnouncement): void {
    for (const key of this.#services.set(serviceKey, announcement)) this.#ask(key);
  }

  delete(serviceKey: string): void {
    for (const key of this.#services.set(serviceKey, undefined)) this.#ask(key);
  }

  declared(): void {
    this.#declared = true;
    this.#beginIfReady();
  }

  /** How it stands with each address of a Service; empty for one that was not set. */
  statesOf(serviceKey: string): readonly BgpAnnouncementState[] {
    return this.#states.of(serviceKey);
  }

  /**
   * The nodes that announce addresses of the Service, each with the names of the peers that it tells, established or not. `only`:
   * for one address. Undefined before it began.
   */
  tellingNodesOf(serviceKey: string, only?: IpAddress): ReadonlyMap<string, ReadonlySet<string>> | undefined {
    return this.#states.tellingNodesOf(serviceKey, only);
  }

  /** How many Services have an address. */
  get serviceCount(): number {
    return this.#services.size;
  }

  /** Names of the nodes that are to hold a session with the peer. */
  nodesOf(peerName: string): readonly string[] {
    return [...this.#nodes.all()].flatMap(({ name, peers }) =>
      peers.some((peer) => peer.name === peerName) ? [name] : [],
    );
  }

  #nodeChanged(nodeName: string, grace = true): void {
    if (!this.#informed || this.#stopped) return;
    const { nodes, timers } = this.#dependencies;
    this.#nodeIsOther(nodeName, this.#nodes.refresh(nodeName, nodes.get(nodeName), { grace }));
    if (!grace || this.#nodes.get(nodeName)?.draining !== true) {
      this.#graces.get(nodeName)?.cancel();
      this.#graces.delete(nodeName);
    } else if (!this.#graces.has(nodeName)) {
      const over = timers.start(EXCLUSION_GRACE_MS, () => this.#nodeChanged(nodeName, false));
      this.#graces.set(nodeName, over);
    }
  }

  #nodeIsOther(nodeName: string, { routes, settings }: NodeChange): void {
    const { peersLeftOut = 0 } = this.#nodes.get(nodeName) ?? {};
    if ((routes || settings) && peersLeftOut > 0) {
      this.#dependencies.log.warn('bgp-peers-too-many', {
        node: nodeName,
        leftOut: peersLeftOut,
        remedy: 'give the BGPPeers nodeSelectors, so that fewer match the node',
      });
    }
    for (const listener of this.#listeners) {
      if (routes) listener.everythingChanged(nodeName);
      else if (settings) listener.settingsChanged(nodeName);
    }
    if (routes || settings) this.#states.changedForAll();
  }

  #passwordsChanged(): void {
    for (const { name, peers } of this.#nodes.all()) {
      if (peers.some(({ password }) => password?.kind === 'secret')) {
        this.#nodeIsOther(name, { routes: false, settings: true });
      }
    }
    this.#beginIfReady();
  }

  #configure({ bgpAdvertisements, bgpPeers }: Config): void {
    if (!this.#informed) return;
    const before = this.#advertisements;
    this.#advertisements = withIdentity(bgpAdvertisements, before);
    this.#peers = withIdentity(bgpPeers, this.#peers);
    this.#dependencies.passwords.configure(this.#peers);
    const changes = this.#nodes.configure(this.#advertisements, this.#peers);
    if (before !== this.#advertisements) {
      this.directives.configure(this.#advertisements);
      this.#followEndpoints();
      for (const key of this.#services.keys()) this.#ask(key);
    }
    for (const [nodeName, change] of changes) this.#nodeIsOther(nodeName, change);
    this.#beginIfReady();
  }

  /** Where nothing is announced by BGP, nothing is kept of the endpoints. */
  #followEndpoints(): void {
    if (this.#advertisements.length === 0) this.#endpoints = undefined;
    if (this.#advertisements.length === 0 || this.#endpoints !== undefined) return;
    this.#endpoints = new EndpointIndex();
    for (const slice of this.#dependencies.endpointSlices.list()) {
      this.#endpoints.apply({ key: keyOf(slice.meta), after: slice });
    }
  }

  /** Looks at a Service again. */
  #ask(serviceKey: string): void {
    const service = this.#services.get(serviceKey);
    const endpoints = this.#endpoints?.of(serviceKey);
    const asked = service && endpoints && contributionsOf(this.#routed(service, endpoints), this.#advertisements);
    const routes = asked !== undefined && isContributions(asked) ? asked : [];
    const obstacle = asked === undefined || isContributions(asked) ? undefined : asked;
    const changes = this.#book.set(serviceKey, routes);
    for (const { prefix, nodes } of changes) {
      for (const listener of this.#listeners) listener.routeChanged(prefix, nodes);
    }
    this.#prefixes.set({}, this.#book.size);
    this.#states.changed(serviceKey, obstacle);
  }

  #routed(service: ServiceAnnouncement, endpoints: ServiceEndpoints): RoutedService {
    const sharersOf = ({ address }: { readonly address: IpAddress }) =>
      this.#services.sharersOf(address).flatMap((key) => this.#services.get(key) ?? []);
    return { service, endpoints, sharersOf };
  }

  #beginIfReady(): void {
    if (this.#begun || this.#stopped || !this.#informed || !this.#declared || this.#dependencies.passwords.pending)
      return;
    this.#begun = true;
    this.#dependencies.log.info('bgp-announcer-began', { prefixes: this.#book.size, peers: this.#peers.length });
    for (const listener of this.#listeners) listener.begin();
    this.#states.begin();
  }
}

function isContributions(asked: readonly Contribution[] | BgpObstacle): asked is readonly Contribution[] {
  return !('reason' in asked);
}
