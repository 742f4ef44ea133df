import { familyOf, type IpAddress } from '../../core/net/index.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { contradictionIn, obstructed, STARTING, stateOf } from './announcement-states.ts';
import type { BgpNodes } from './bgp-nodes.ts';
import type { BgpAnnouncementState, BgpObstacle } from './bgp-state.ts';
import { peersByNode } from './reach.ts';
import type { RouteBook } from './route-book.ts';
import type { RoutedServices } from './routed-services.ts';
import { noAdvertisement } from './service-routes.ts';
import { REPORTS_WITHIN_MS, type SessionBook } from './session-book.ts';

export interface ServiceStatesDependencies {
  readonly services: RoutedServices;
  readonly book: RouteBook;
  readonly nodes: Pick<BgpNodes, 'all'>;
  readonly sessions: SessionBook;
  readonly timers: Timers;
}

/** News of nodes and sessions concern many Services: they are told together. */
const GATHER_MS = 1_000;

/** What is said of the Services that are announced by BGP, and to whom. */
export class ServiceStates {
  readonly #dependencies: ServiceStatesDependencies;
  /** By Service. BOUNDED: by the Services that have an address. */
  readonly #obstacles = new Map<string, BgpObstacle>();
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: ((serviceKey: string) => void)[] = [];
  #hasBegun = false;
  /** The speakers had the time to say how their sessions are. */
  #settled = false;
  #settling: Timer | undefined;
  #telling: Timer | undefined;
  #stopped = false;

  constructor(dependencies: ServiceStatesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Told when what is announced for the Service may be another. Must not throw. */
  onChange(listener: (serviceKey: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The speakers are told from now on. */
  begin(): void {
    this.#hasBegun = true;
    this.#settling = this.#dependencies.timers.start(REPORTS_WITHIN_MS, () => {
      this.#settled = true;
      this.changedForAll();
    });
    this.changedForAll();
  }

  stop(): void {
    this.#stopped = true;
    this.#settling?.cancel();
    this.#telling?.cancel();
  }

  /** What is announced for the Service may be another. `obstacle`: why nothing is; undefined: its routes say it. */
  changed(serviceKey: string, obstacle: BgpObstacle | undefined): void {
    if (obstacle === undefined) this.#obstacles.delete(serviceKey);
    else this.#obstacles.set(serviceKey, obstacle);
    this.#tell(serviceKey);
  }

  /** What is announced for any Service may be another. */
  changedForAll(): void {
    const { services, book, timers } = this.#dependencies;
    if (this.#stopped || book.size === 0) return;
    this.#telling ??= timers.start(GATHER_MS, () => {
      this.#telling = undefined;
      for (const key of services.keys()) this.#tell(key);
    });
  }

  /** How it stands with each address of a Service; empty for one that has none. */
  of(serviceKey: string): readonly BgpAnnouncementState[] {
    const { services, book, sessions } = this.#dependencies;
    const service = services.get(serviceKey);
    if (service === undefined) return [];
    const obstacle = this.#hasBegun ? this.#obstacles.get(serviceKey) : STARTING;
    const facts = { nodes: [...this.#dependencies.nodes.all()], sessions, settled: this.#settled };
    return service.addresses.map(({ address }) => {
      if (obstacle !== undefined) return obstructed(address, obstacle);
      const mine = book.contributionsFor(serviceKey, address);
      if (mine.length === 0) return obstructed(address, noAdvertisement(service));
      const state = stateOf(address, mine, facts);
      const warning = contradictionIn(mine, (prefix) => book.advertisementsOf(prefix));
      return warning === undefined ? state : { ...state, warning };
    });
  }

  /**
   * The nodes that announce addresses of the Service, each with the names of the peers that it tells, established or not. `only`:
   * for one address. Undefined before it began.
   */
  tellingNodesOf(serviceKey: string, only?: IpAddress): ReadonlyMap<string, ReadonlySet<string>> | undefined {
    if (!this.#hasBegun) return undefined;
    const { services, book, nodes } = this.#dependencies;
    const asked = (services.get(serviceKey)?.addresses ?? [])
      .filter(({ address }) => only === undefined || address === only)
      .map(({ address }) => [familyOf(address), book.contributionsFor(serviceKey, address)] as const);
    return peersByNode(asked, [...nodes.all()]);
  }

  #tell(serviceKey: string): void {
    for (const listener of this.#listeners) listener(serviceKey);
  }
}
