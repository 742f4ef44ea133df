import type { Config, Pool } from '../../core/config/config.ts';
import { sameValue } from '../../core/config/same-value.ts';
import { type Applicant, Ipam, type Vacancy } from '../../core/ipam/index.ts';
import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { Informer, InformerChange } from '../../ports/informer.ts';
import { type EventSink, keyOf, type Node, type Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { ServiceAnnouncer } from '../announcer/service-announcement.ts';
import type { ExistingClaims } from '../cloud-provider/claims.ts';
import { type LoadBalancer, type LoadBalancerStatus, UnsatisfiableError } from '../cloud-provider/load-balancer.ts';
import type { PoolUsage, PoolUsageSource, SettlingConfig } from '../configuration/config-source.ts';
import { wantedFamilies } from './address-families.ts';
import { AllocationEvents } from './allocation-events.ts';
import { announcementOf } from './announcement.ts';
import { applicantOf } from './applicant.ts';
import { Availability } from './availability.ts';
import { type Convergence, converge } from './convergence.ts';
import { adoptable, claimPromised, inClaimOrder, isStaying, promisedBy } from './existing-claims.ts';
import { NodeAddresses } from './node-addresses.ts';
import { changedPools, poolSpecOf } from './pool-specs.ts';
import { requestOf } from './service-request.ts';
import { poolNamesOf, statusOf } from './status.ts';
import { Turns } from './turns.ts';

export interface ProviderOptions {
  /** How long a freed address rests before another Service is given it unasked, in milliseconds; 0: not at all. */
  readonly coolDownMs: number;
}

/** Long enough for the clients of the former Service to notice, short enough for who waits. */
export const DEFAULT_PROVIDER_OPTIONS: ProviderOptions = { coolDownMs: 5_000 };

export interface ProviderDependencies {
  readonly config: SettlingConfig;
  readonly services: Informer<Service>;
  readonly nodes: Informer<Node>;
  readonly announcer: ServiceAnnouncer;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** For who looks at addresses from outside. */
export type KnownAddresses = Pick<Ipam, 'nextFree' | 'holdersOf' | 'poolOf' | 'quarantined'>;

/** Whom the provider tells what it found out by itself. Must not throw. */
export interface ProviderListener {
  /** These Services need an ensure, in this order: what they wait for may be there, or what they have must be looked at. */
  needSync(serviceKeys: readonly string[]): void;
  /** The numbers of some pool may be different: called often, so it should cost nothing. */
  usageChanged(): void;
}

/**
 * Gives Services the addresses of the pools, for one term of leadership. All of its state is what the Services' statuses
 * promise, so that it can be lost at any time.
 * @see cloud-provider/load-balancer.ts for the contract of the verbs
 */
export class Provider implements LoadBalancer, ExistingClaims, PoolUsageSource {
  readonly #dependencies: ProviderDependencies;
  readonly #ipam: Ipam;
  readonly #turns: Turns;
  readonly #nodeAddresses: NodeAddresses;
  readonly #availability: Availability;
  readonly #events: AllocationEvents;
  /** BOUNDED: by the pools of the configuration. */
  #pools = new Map<string, Pool>();
  #listener: ProviderListener | undefined;

  constructor(options: ProviderOptions, dependencies: ProviderDependencies) {
    this.#dependencies = dependencies;
    this.#ipam = new Ipam(options);
    this.#events = new AllocationEvents(dependencies.events);
    const call = (keys: readonly string[]): void => this.#listener?.needSync(keys);
    this.#turns = new Turns({ ...dependencies, ipam: this.#ipam, call });
    this.#nodeAddresses = new NodeAddresses(this.#ipam, (addresses) => this.#barChanged(addresses));
    this.#availability = new Availability({ ipam: this.#ipam, nodeAddresses: this.#nodeAddresses });
  }

  /** Follows configuration, nodes and statuses until `signal` aborts. To be called before any verb. */
  start(listener: ProviderListener, signal: AbortSignal): void {
    const { config, nodes, services } = this.#dependencies;
    this.#setPools(config.current());
    const stops = [
      config.onChange((after, before) => this.#configChanged(after, before)),
      this.#nodeAddresses.follow(nodes),
      services.onChange((change) => this.#serviceChanged(change)),
    ];
    this.#listener = listener;
    signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
      this.#turns.stop();
      this.#listener = undefined;
    });
  }

  claimExisting(services: readonly Service[]): void {
    const { announcer, log } = this.#dependencies;
    let claimed = 0;
    for (const service of inClaimOrder(services)) {
      try {
        const addresses = claimPromised(this.#ipam, service);
        claimed += addresses.length;
        // What was announced is to stay so until its Service has been looked at.
        if (isStaying(service)) this.#announce(service, addresses);
      } catch (error) {
        log.error('status-not-claimed', { service: keyOf(service.meta), error: String(error) });
      }
    }
    log.info('statuses-claimed', { services: services.length, addresses: claimed });
    this.#listener?.usageChanged();
    announcer.declared();
  }

  async getLoadBalancer(
    _clusterName: string,
    service: Service,
  ): Promise<{ readonly status: LoadBalancerStatus; readonly exists: boolean }> {
    const { addresses, leaving } = this.#ipam.holding(keyOf(service.meta));
    return { status: statusOf(this.#ipam, addresses), exists: addresses.length + leaving.length > 0 };
  }

  getLoadBalancerName(_clusterName: string, { meta }: Service): string {
    return `a${meta.uid.replaceAll('-', '')}`.slice(0, 32);
  }

  async ensureLoadBalancer(_clusterName: string, service: Service): Promise<LoadBalancerStatus> {
    await this.#dependencies.config.settled();
    const outcome = this.#converge(service);
    const status = statusOf(this.#ipam, outcome.addresses);
    if (outcome.kind === 'unserved') throw new UnsatisfiableError(outcome.reason, outcome.message, status);
    return status;
  }

  /** The announcer follows the nodes by itself. */
  async updateLoadBalancer(): Promise<'nothing-to-update'> {
    return 'nothing-to-update';
  }

  async ensureLoadBalancerDeleted(_clusterName: string, service: Service): Promise<void> {
    const key = keyOf(service.meta);
    this.#dependencies.announcer.delete(key);
    this.#events.forget(key);
    this.#turns.leave(key, 'nothing');
    this.#ipam.retire(key);
    const stored = this.#dependencies.services.get(key);
    this.#settle(key, stored?.meta.uid === service.meta.uid ? stored : undefined);
  }

  usage(poolName: string): PoolUsage | undefined {
    return this.#availability.usage(poolName);
  }

  /**
   * Bars an address because another host answers for it, with the cause for people to read; undefined lifts that. The
   * Service that has it keeps it.
   */
  setQuarantine(address: IpAddress, cause: string | undefined): void {
    this.#availability.setQuarantine(address, cause);
    this.#turns.addressChanged(address);
    this.#listener?.usageChanged();
  }

  /**
   * An address in quarantine was never announced for the Services that have it: they get another one, where there is one and
   * they did not ask for this one.
   */
  setUnusable(address: IpAddress): void {
    if (this.#availability.setUnusable(address)) this.#reviewHolders(address);
  }

  /** What is known of single addresses. */
  get addresses(): KnownAddresses {
    return this.#ipam;
  }

  #converge(service: Service): Convergence {
    const key = keyOf(service.meta);
    // Before cool-downs are ended, so that none ends unseen between the two.
    const nowMs = this.#dependencies.clock.nowMs();
    this.#turns.endRests();
    const request = requestOf(service);
    const applicant = applicantOf(service, request);
    this.#events.contradictions(service, request.contradictions);
    this.#events.deprecations(service, request.deprecations);
    const current = this.#present(service, applicant);
    const outcome = converge(this.#ipam, {
      applicant,
      request,
      families: wantedFamilies(service),
      current,
      nowMs,
      promised: (pool, family) => this.#turns.promised(key, pool, family),
      unusable: (address) => this.#availability.unusableCause(address),
    });
    const held = this.#ipam.holding(key).addresses;
    const changed = this.#assign(applicant, outcome.addresses);
    this.#announce(service, outcome.addresses);
    this.#tell(service, outcome, current);
    if (outcome.refusals.length > 0) this.#turns.wait(key, outcome.refusals, applicant.sharing);
    else this.#turns.leave(key, applicant.sharing === undefined ? 'exclusive' : 'shareable');
    const fresh = outcome.addresses.filter((address) => !held.includes(address));
    for (const address of fresh) this.#turns.taken(address);
    if (applicant.sharing !== undefined && fresh.length + changed.length > 0) this.#turns.shared(applicant.sharing);
    return outcome;
  }

  /** What it holds; what its status promises when it holds nothing, but nothing that it is to give up anyway. */
  #present(service: Service, applicant: Applicant): readonly IpAddress[] {
    const { addresses, leaving } = this.#ipam.holding(applicant.holder);
    if (addresses.length > 0) return addresses;
    const promised = adoptable(this.#ipam, service);
    if (leaving.length === 0) return promised;
    return promised.filter((address) => this.#ipam.keepRefusal(applicant, address, []) === undefined);
  }

  /** Returns which of them the Service held on other terms before. */
  #assign(applicant: Applicant, addresses: readonly IpAddress[]): readonly Vacancy[] {
    const assignment = this.#ipam.assign(applicant, addresses);
    if (assignment.kind === 'refused') {
      throw new Error(
        `${applicant.holder} was to have ${addresses.map(formatIp).join(' and ')}, which is not possible`,
      );
    }
    this.#turns.vacated(assignment.changed);
    return assignment.changed;
  }

  #tell(service: Service, outcome: Convergence, current: readonly IpAddress[]): void {
    const fresh = outcome.addresses.filter((address) => !current.includes(address));
    for (const { address, why } of outcome.givenUp) this.#events.givenUp(service, address, why);
    if (fresh.length > 0) this.#events.assigned(service, fresh, poolNamesOf(this.#ipam, fresh));
    this.#events.missingFamily(service, outcome.kind === 'served' ? outcome.refusals : []);
    if (fresh.length + outcome.givenUp.length > 0) this.#listener?.usageChanged();
  }

  #announce(service: Service, addresses: readonly IpAddress[]): void {
    const { announcer } = this.#dependencies;
    const poolOf = (address: IpAddress) => this.#pools.get(this.#ipam.poolOf(address)?.name ?? '');
    const announcement = announcementOf(service, addresses, poolOf);
    if (announcement === undefined) announcer.delete(keyOf(service.meta));
    else announcer.set(keyOf(service.meta), announcement);
  }

  #setPools({ pools }: Config): void {
    this.#pools = new Map(pools.map((pool) => [pool.name, pool]));
    this.#ipam.setPools(pools.map(poolSpecOf));
    this.#availability.changed();
  }

  #configChanged(after: Config, before: Config): void {
    if (sameValue(after.pools, before.pools)) return;
    const changed = changedPools(after.pools, before.pools);
    this.#setPools(after);
    const isConcerned = (address: IpAddress): boolean => {
      const pool = this.#ipam.poolOf(address)?.name;
      return pool === undefined || changed.has(pool);
    };
    const holders = [...this.#ipam.holders()].filter((key) => this.#ipam.holding(key).addresses.some(isConcerned));
    const concerned = new Set([...holders, ...this.#turns.everything()]);
    this.#listener?.usageChanged();
    if (concerned.size > 0) this.#listener?.needSync([...concerned]);
  }

  #barChanged(addresses: readonly IpAddress[]): void {
    this.#availability.changed();
    for (const address of addresses) {
      this.#turns.addressChanged(address);
      this.#reviewHolders(address);
    }
    this.#listener?.usageChanged();
  }

  #reviewHolders(address: IpAddress): void {
    const holders = this.#ipam.holdersOf(address);
    if (holders.length > 0) this.#listener?.needSync(holders);
  }

  #serviceChanged({ key, after }: InformerChange<Service>): void {
    if (after === undefined || !isStaying(after)) this.#turns.leave(key, 'nothing');
    // A Service that is gone while it has addresses is told by ensureLoadBalancerDeleted.
    if (after === undefined && this.#ipam.holding(key).addresses.length > 0) return;
    this.#settle(key, after);
  }

  /** Frees what the Service gave up, once its status (there is none when it is gone) promises that no more. */
  #settle(key: string, service: Service | undefined): void {
    const promised = service === undefined ? [] : promisedBy(service);
    const vacancies = this.#ipam.settle(key, promised, this.#dependencies.clock.nowMs());
    if (vacancies.length === 0) return;
    this.#turns.vacated(vacancies);
    this.#listener?.usageChanged();
  }
}
