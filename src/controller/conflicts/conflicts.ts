import type { Pool } from '../../core/config/config.ts';
import { formatIp, formatMac, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import type { ConflictSign, ForeignStation, ProbeResult } from '../../ports/channel.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, Node, Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Provider } from '../provider/provider.ts';
import type { Observation, Speakers } from '../speakers/speaker-listener.ts';
import { describeConflict, quarantineCause, type Sighting } from './conflict.ts';
import { ConflictBook } from './conflict-book.ts';
import { ConflictEvents } from './conflict-events.ts';
import { ConflictMeter } from './conflict-meter.ts';
import { FreeAddresses, type FreeAddressesOptions } from './free-addresses.ts';
import { MoveAllowance } from './move-allowance.ts';
import { NodeStations } from './node-stations.ts';
import { DEFAULT_SWEEP_OPTIONS, layer2Pools, Sweep, type SweepOptions } from './sweep.ts';

export interface ConflictsOptions extends SweepOptions, FreeAddressesOptions {
  /** An address leaves its quarantine when surveys have found nobody for so long, in ms. */
  readonly releaseAfterMs: number;
  /** What an announcer saw counts for so long, in ms: it repeats itself at least once in a minute. */
  readonly repeatedWithinMs: number;
}

export const DEFAULT_CONFLICTS_OPTIONS: ConflictsOptions = {
  ...DEFAULT_SWEEP_OPTIONS,
  knownFreeForMs: 300_000,
  releaseAfterMs: 120_000,
  repeatedWithinMs: 150_000,
};

export interface ConflictsDependencies {
  readonly speakers: Pick<Speakers, 'alive' | 'probe' | 'observe'>;
  /** Has an address announced that was found to be free. */
  readonly renew: (address: IpAddress) => void;
  readonly provider: Pick<Provider, 'addresses' | 'setQuarantine' | 'setUnusable'>;
  readonly configuration: Pick<Configuration, 'assessed' | 'current' | 'onChange'>;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  readonly services: Pick<Informer<Service>, 'get'>;
  /** Whether clients may know the address: then its Service keeps it, also while nobody announces it. */
  readonly wasAnnounced: (address: IpAddress) => boolean;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Knows which addresses of the pools foreign hosts have: from the speakers that announce, and from surveys of the addresses that
 * come next. An address that somebody has is in quarantine: nobody is given it. The Service that has it keeps it when it was
 * announced before, and gets another one when it never was.
 */
export class Conflicts {
  readonly #options: ConflictsOptions;
  readonly #dependencies: ConflictsDependencies;
  readonly #book = new ConflictBook();
  readonly #sweep: Sweep;
  readonly #events: ConflictEvents;
  readonly #meter: ConflictMeter;
  readonly #moves: MoveAllowance;
  readonly #stations: NodeStations;
  readonly #free: FreeAddresses;
  /** Addresses for which only nodes of the cluster answer. BOUNDED: by the addresses that Services have. */
  readonly #ofNodes = new Set<IpAddress>();
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: ((address: IpAddress) => void)[] = [];

  constructor(options: Partial<ConflictsOptions>, dependencies: ConflictsDependencies) {
    this.#options = { ...DEFAULT_CONFLICTS_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { provider, configuration, metrics, clock } = dependencies;
    this.#events = new ConflictEvents(dependencies);
    this.#meter = new ConflictMeter(metrics);
    this.#moves = new MoveAllowance(clock);
    this.#stations = new NodeStations(dependencies);
    this.#free = new FreeAddresses(this.#options, clock);
    this.#sweep = new Sweep(this.#options, {
      ...dependencies,
      config: configuration,
      nextFree: (pool, count) => provider.addresses.nextFree(pool, count),
      inQuestion: (pool) => this.#inQuestion(pool),
      unconfirmed: (pool) => this.#unconfirmed(pool),
      found: (nodeName, pool, result) => this.#surveyed(nodeName, pool, result),
      looking: () => this.#expire(),
      answered: () => this.#events.tellPools(),
    });
  }

  /** Listens and sweeps until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { speakers, configuration } = this.#dependencies;
    speakers.observe((nodeName, observation) => {
      if (!signal.aborted) this.#observed(nodeName, observation);
    });
    const stop = configuration.onChange(() => this.#sweep.soon());
    this.#sweep.start();
    this.#sweep.soon();
    signal.addEventListener('abort', () => {
      stop();
      this.#sweep.stop();
    });
  }

  /** Some address was given out or back: others are next. Cheap, however often. */
  usageChanged(): void {
    this.#sweep.soon();
  }

  /** Whether nobody had the address when the LAN was asked lately. */
  knownFree(address: IpAddress): boolean {
    return this.#ofNodes.has(address) || (this.#free.has(address) && !this.#book.has(address));
  }

  /** What is wrong with an address, in a sentence with what to do; undefined when nothing is. */
  conflictOf(address: IpAddress): string | undefined {
    const conflict = this.#book.of(address);
    return conflict === undefined ? undefined : describeConflict(conflict);
  }

  /** A witness that asked the LAN for an address that is announced heard another station as well. */
  claimed(witness: string, station: ForeignStation): void {
    this.#note(station.address, this.#sighting(witness, station, 'announcement'));
  }

  /** The node whose own MAC it is, or was until it died. */
  nodeWith(mac: MacAddress): string | undefined {
    return this.#stations.nodeWith(mac);
  }

  /** Told when `conflictOf` of an address changed. Must not throw. */
  onChange(listener: (address: IpAddress) => void): void {
    this.#listeners.push(listener);
  }

  #observed(nodeName: string, observation: Observation): void {
    switch (observation.kind) {
      case 'conflict':
        this.#conflict(nodeName, observation);
        return;
      case 'conflict-over':
        if (this.#book.withdraw(observation.address, { node: nodeName, interface: observation.interface }))
          this.#unseen(observation.address);
        return;
      case 'probed':
        this.#sweep.probed(nodeName, observation.requestId, observation.results);
        return;
      case 'neighbourhood':
        // Somebody came who can be asked.
        this.#sweep.soon();
        return;
      case 'verified':
      case 'kernel-answers':
      case 'groups-refused':
        return;
      default:
        observation satisfies never;
    }
  }

  #conflict(nodeName: string, observation: ForeignStation & { readonly seen: ConflictSign }): void {
    const { address, mac, seen } = observation;
    if (seen === 'own-mac' || seen === 'every-address') {
      this.#meter.began(seen, mac);
      this.#events.tellNode(nodeName, seen, observation);
      return;
    }
    const sighting = this.#sighting(nodeName, observation, seen);
    if (sighting.stationNode === undefined || seen === 'announcement') this.#note(address, sighting);
    else this.#announceBesideNode(address, sighting);
  }

  /**
   * A node of the cluster answers, by its kernel or by another load balancer. That is to be told, but it is no stranger, and the
   * Service is reached by either.
   */
  #announceBesideNode(address: IpAddress, sighting: Sighting): void {
    this.#note(address, { ...sighting, seen: 'announcement' });
    if (this.#ofNodes.has(address) || this.#dependencies.provider.addresses.holdersOf(address).length === 0) return;
    this.#ofNodes.add(address);
    this.#dependencies.renew(address);
  }

  #surveyed(nodeName: string, pool: Pool, { address, stations, failure }: ProbeResult): void {
    this.#meter.surveyed(failure === undefined ? (stations.length === 0 ? 'free' : 'in-use') : 'unasked');
    if (failure !== undefined) return;
    const claimed = this.#isClaimed(address);
    // While it moves, two nodes may answer: of that verifications tell.
    const [station] = stations.filter(({ mac }) => !this.#announces(address, mac) && !(claimed && this.nodeWith(mac)));
    const nowMs = this.#dependencies.clock.nowMs();
    if (station !== undefined) {
      this.#free.forget(address);
      this.#note(address, this.#sighting(nodeName, station, claimed ? 'announcement' : 'survey'));
      if (!claimed) this.#events.inPool(pool, address);
      return;
    }
    this.#free.note(address, { announced: claimed });
    if (!this.#book.has(address)) return;
    if (nowMs - this.#book.foundFree(address, nowMs) >= this.#options.releaseAfterMs) this.#release(address);
  }

  #note(address: IpAddress, sighting: Sighting): void {
    // Two speakers are not at one yet: hellos decide, and the announcer sees to it.
    if (this.#announces(address, sighting.mac)) return;
    const { provider, log } = this.#dependencies;
    const isNews = this.#book.note(address, sighting);
    const conflict = this.#book.of(address);
    if (conflict === undefined) return;
    if (isNews) {
      const { seen, mac, node } = conflict;
      log.warn('address-conflict', { address: formatIp(address), mac: formatMac(mac), seen, node });
      this.#meter.began(seen, mac, address);
      // First of all: nobody is moved away from an address that is not in quarantine.
      provider.setQuarantine(address, quarantineCause(conflict));
    }
    // Each time: the Service may have come after the first sign of the conflict.
    if (conflict.seen === 'answer') this.#moveAway(address);
    this.#events.tellServices(conflict);
    if (isNews) this.#changed(address);
  }

  /** A Service that was never reachable on its address gets another one, but not for ever. */
  #moveAway(address: IpAddress): void {
    const { provider, wasAnnounced } = this.#dependencies;
    if (wasAnnounced(address) || this.#isClaimed(address)) return;
    const holders = provider.addresses.holdersOf(address);
    if (holders.length > 0 && holders.every((key) => this.#moves.take(key, address))) provider.setUnusable(address);
  }

  /** Nobody who announces, or wants to, sees the other host any more. */
  #unseen(address: IpAddress): void {
    // Of an address that nobody has, surveys have to say it too.
    if (this.#dependencies.provider.addresses.holdersOf(address).length > 0) this.#release(address);
    else this.#sweep.soon();
  }

  #release(address: IpAddress): void {
    this.#book.forget(address);
    this.#meter.ended(address);
    this.#dependencies.log.info('address-conflict-over', { address: formatIp(address) });
    this.#dependencies.provider.setQuarantine(address, undefined);
    this.#events.tellOver(address);
    this.#changed(address);
  }

  #expire(): void {
    const { clock, provider, configuration } = this.#dependencies;
    this.#stations.learn();
    for (const address of this.#book.expire(clock.nowMs() - this.#options.repeatedWithinMs)) this.#unseen(address);
    for (const address of this.#ofNodes)
      if (provider.addresses.holdersOf(address).length === 0) this.#ofNodes.delete(address);
    const surveyed = new Set(layer2Pools(configuration.current()).map(({ pool }) => pool.name));
    // Nobody would ever find it free.
    for (const address of [...this.#book.addresses()])
      if (!surveyed.has(provider.addresses.poolOf(address)?.name ?? '')) this.#release(address);
  }

  /** What is announced on the word of a survey, which another host may have taken meanwhile. */
  #unconfirmed(poolName: string): ReadonlyMap<string, readonly IpAddress[]> {
    const { provider, speakers } = this.#dependencies;
    const found = [...this.#free.unconfirmed()].filter((each) => provider.addresses.poolOf(each)?.name === poolName);
    return new Map(
      [...speakers.alive()].map(({ nodeName, claims }) => [nodeName, found.filter((each) => claims.has(each))]),
    );
  }

  #inQuestion(poolName: string): readonly IpAddress[] {
    const { addresses } = this.#dependencies.provider;
    return [...this.#book.addresses()].filter(
      (address) =>
        addresses.poolOf(address)?.name === poolName &&
        (addresses.holdersOf(address).length === 0 || this.#isClaimed(address)),
    );
  }

  #sighting(node: string, { mac, interface: name }: Omit<ForeignStation, 'address'>, seen: Sighting['seen']): Sighting {
    const stationNode = this.nodeWith(mac);
    const atMs = this.#dependencies.clock.nowMs();
    return { seen, mac, node, interface: name, atMs, ...(stationNode === undefined ? {} : { stationNode }) };
  }

  /** Whether some speaker says that it announces the address. */
  #isClaimed(address: IpAddress): boolean {
    return [...this.#dependencies.speakers.alive()].some(({ claims }) => claims.has(address));
  }

  /** Whether the MAC is that of a speaker which says that it announces the address. */
  #announces(address: IpAddress, mac: MacAddress): boolean {
    return [...this.#dependencies.speakers.alive()].some(
      ({ interfaces, claims }) => claims.has(address) && interfaces.some((each) => each.mac === mac),
    );
  }

  #changed(address: IpAddress): void {
    for (const listener of this.#listeners) listener(address);
  }
}
