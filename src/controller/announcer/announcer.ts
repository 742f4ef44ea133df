import type { IpAddress } from '../../core/net/index.ts';
import { Placement } from '../../core/placement/placement.ts';
import type { Epoch } from '../../ports/channel.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EndpointSlice, Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { ConfigSource } from '../configuration/config-source.ts';
import type { SpeakerListener, Speakers } from '../speakers/speaker-listener.ts';
import { AddressBook } from './address-book.ts';
import { type AddressUse, Eligibility, type EligibleNodes } from './eligibility.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { compareEpochs } from './epochs.ts';
import { GrantLedger } from './grant-ledger.ts';
import { NodeDirectory } from './node-directory.ts';
import type { AnnouncementState, Obstacle, ServiceAnnouncement, ServiceAnnouncer } from './service-announcement.ts';
import { StateCensus } from './state-census.ts';

export interface AnnouncerOptions {
  /** Of our leadership, from the Lease (`leaseTransitions`): a new leader outranks every older one. */
  readonly generation: number;
  readonly ignoreExcludeLabel: boolean;
  /** After the first speaker came, how long the others may take to say what they announce. */
  readonly settleMs: number;
  /** How long all of this may take, when the Services are never declared. */
  readonly patienceMs: number;
  /** After this long without any speaker the Services are told that there is none. */
  readonly speakerPatienceMs: number;
  /** How long the old owner of a planned move waits for the new one to claim. */
  readonly handoverMs: number;
}

export const DEFAULT_ANNOUNCER_OPTIONS = {
  ignoreExcludeLabel: false,
  // Longer than a dial that got lost on the way to the Pod of the former leader, and the next one.
  settleMs: 5_000,
  patienceMs: 60_000,
  speakerPatienceMs: 15_000,
  handoverMs: 2_000,
} satisfies Partial<AnnouncerOptions>;

export interface AnnouncerDependencies {
  readonly speakers: Speakers;
  readonly config: ConfigSource;
  readonly nodes: Informer<Node>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

const STARTING: Obstacle = {
  reason: 'Starting',
  message: 'the controller has just begun, and waits for speakers to connect and say what they announce',
};

const NO_SPEAKER: Obstacle = {
  reason: 'NoEligibleNode',
  message: 'no speaker is connected to the controller: look at the DaemonSet of the speakers, and at what they log',
};

/**
 * Decides who announces each address, and sees to it. Level-based: whatever happens, the addresses that it may touch are
 * decided anew from what is known now.
 *
 * It begins by listening: what the speakers announce already stays with them wherever the rules allow it, and nobody is told
 * anything before every speaker could report and every Service that has an address was set.
 */
export class Announcer implements ServiceAnnouncer, SpeakerListener {
  readonly #options: AnnouncerOptions;
  readonly #dependencies: AnnouncerDependencies;
  readonly #book = new AddressBook();
  readonly #endpoints = new EndpointIndex();
  readonly #directory: NodeDirectory;
  readonly #eligibility: Eligibility;
  readonly #placement = new Placement();
  readonly #ledger: GrantLedger;
  readonly #census: StateCensus;
  readonly #listeners: ((serviceKey: string) => void)[] = [];
  #phase: 'idle' | 'listening' | 'deciding' = 'idle';
  /** Why nothing is decided yet. */
  #waiting = STARTING;
  #declared = false;
  #informed = false;
  #settle: Timer | undefined;
  #settled = false;

  constructor(
    options: Pick<AnnouncerOptions, 'generation'> & Partial<AnnouncerOptions>,
    dependencies: AnnouncerDependencies,
  ) {
    this.#options = { ...DEFAULT_ANNOUNCER_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { speakers } = dependencies;
    this.#directory = new NodeDirectory(this.#options, { speaker: (nodeName) => speakers.speaker(nodeName) });
    this.#eligibility = new Eligibility(this.#directory);
    this.#ledger = new GrantLedger(this.#options, dependencies);
    this.#census = new StateCensus(dependencies.metrics);
  }

  /** Resolves when the caches are read; it decides some time later, by itself. Aborting `signal` ends it for good. */
  async start(signal: AbortSignal): Promise<void> {
    const { nodes, endpointSlices, config, speakers, timers } = this.#dependencies;
    this.#phase = 'listening';
    const stops = [
      nodes.onChange(({ key }) => this.#nodeChanged(key)),
      endpointSlices.onChange((change) => this.#endpointsChanged(this.#endpoints.apply(change))),
      config.onChange((now, before) => {
        if (now.l2Advertisements !== before.l2Advertisements) this.#configChanged();
      }),
    ];
    speakers.listen(this);
    const patience = timers.start(this.#options.patienceMs, () => this.#loosePatience());
    const speakerPatience = timers.start(this.#options.speakerPatienceMs, () => this.#missSpeakers());
    signal.addEventListener(
      'abort',
      () => {
        this.#phase = 'idle';
        for (const stop of stops) stop();
        patience.cancel();
        speakerPatience.cancel();
        this.#settle?.cancel();
        this.#ledger.stop();
      },
      { once: true },
    );
    try {
      await Promise.all([nodes.synced(signal), endpointSlices.synced(signal)]);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    for (const slice of endpointSlices.list()) {
      this.#endpoints.apply({ key: `${slice.meta.namespace}/${slice.meta.name}`, after: slice });
    }
    for (const node of nodes.list()) this.#directory.refresh(node.meta.name, node);
    this.#eligibility.configure(config.current().l2Advertisements);
    this.#informed = true;
    for (const { nodeName } of speakers.alive()) this.speakerUp(nodeName);
    this.#decideIfReady();
  }

  set(serviceKey: string, announcement: ServiceAnnouncement): void {
    const touched = this.#book.set(serviceKey, announcement);
    for (const address of touched) this.#decide(address);
    if (touched.length > announcement.addresses.length) this.#tellService(serviceKey);
  }

  delete(serviceKey: string): void {
    const had = this.#book.delete(serviceKey);
    for (const address of had) this.#decide(address);
    if (had.length > 0) this.#tellService(serviceKey);
  }

  declared(): void {
    this.#declared = true;
    this.#decideIfReady();
  }

  /** How it stands with each address of a Service; empty for one that was not set. */
  statesOf(serviceKey: string): readonly AnnouncementState[] {
    return this.#book.addressesOf(serviceKey).map((address) => {
      const obstacle = this.#book.obstacleOf(address) ?? (this.#phase === 'deciding' ? undefined : this.#waiting);
      const candidates =
        this.#phase === 'deciding' && obstacle === undefined ? this.#placement.candidatesOf(address) : [];
      const claimed = this.#ledger.isClaimed(address);
      return { address, candidates, claimed, ...(obstacle === undefined ? {} : { obstacle }) };
    });
  }

  /** Told when the state of some address of the Service changed. Must not throw. */
  onChange(listener: (serviceKey: string) => void): void {
    this.#listeners.push(listener);
  }

  speakerUp(nodeName: string): void {
    this.#settle ??= this.#dependencies.timers.start(this.#options.settleMs, () => {
      this.#settled = true;
      this.#decideIfReady();
    });
    const newest = this.#dependencies.speakers.speaker(nodeName)?.newestEpoch;
    // One who comes late with grants of a leader that we did not know of would refuse ours.
    if (this.#phase === 'deciding' && newest !== undefined && !this.#ledger.outranks(newest))
      this.#ledger.outrank(newest);
    for (const address of this.#book.forgive(nodeName)) this.#decide(address);
    this.#nodeChanged(nodeName);
    this.#decideIfReady();
  }

  speakerDown(nodeName: string): void {
    this.#ledger.speakerDown(nodeName);
    this.#nodeChanged(nodeName);
  }

  leaving(nodeName: string): void {
    this.#nodeChanged(nodeName);
  }

  interfacesChanged(nodeName: string): void {
    for (const address of this.#book.forgive(nodeName)) this.#decide(address);
    this.#nodeChanged(nodeName);
  }

  claimsChanged(_nodeName: string, addresses: readonly IpAddress[]): void {
    if (this.#phase !== 'deciding') return;
    for (const address of addresses) {
      this.#ledger.claimed(address);
      if (this.#noteState(address)) this.#tell(address);
    }
  }

  rejected(nodeName: string, address: IpAddress | undefined, reason: string): void {
    if (address !== undefined && this.#book.refuse(address, nodeName, reason)) this.#decide(address);
  }

  #nodeChanged(nodeName: string): void {
    if (!this.#informed || !this.#directory.refresh(nodeName, this.#dependencies.nodes.get(nodeName))) return;
    const { lost, gained } = this.#eligibility.refresh(nodeName);
    // Only the addresses that it may announce lose something, and only those that lack a candidate gain something. An
    // address with an obstacle may have no place yet.
    if (lost) for (const address of this.#placement.addressesOf(nodeName)) this.#decide(address);
    if (!gained) return;
    const lacking = new Set([...this.#placement.incomplete(), ...this.#book.obstructed()]);
    for (const address of lacking) this.#decide(address);
  }

  #endpointsChanged(serviceKeys: readonly string[]): void {
    if (!this.#informed) return;
    for (const key of serviceKeys) for (const address of this.#book.addressesOf(key)) this.#decide(address);
  }

  #configChanged(): void {
    if (!this.#informed) return;
    this.#eligibility.configure(this.#dependencies.config.current().l2Advertisements);
    for (const address of this.#book.addresses()) this.#decide(address);
  }

  #decideIfReady(): void {
    if (this.#phase !== 'listening' || !this.#informed || !this.#declared) return;
    if (this.#settled || this.#directory.everybodySpoke) this.#begin();
  }

  #loosePatience(): void {
    if (this.#declared) return;
    this.#dependencies.log.warn('services-not-declared', { afterMs: this.#options.patienceMs });
    this.declared();
  }

  #missSpeakers(): void {
    const [anySpeaker] = this.#dependencies.speakers.alive();
    if (this.#phase !== 'listening' || anySpeaker !== undefined) return;
    this.#dependencies.log.warn('no-speaker-connected', { afterMs: this.#options.speakerPatienceMs });
    this.#waiting = NO_SPEAKER;
    for (const address of this.#book.addresses()) this.#tell(address);
  }

  /** Takes over what is announced, decides everything, and lets the speakers know. */
  #begin(): void {
    const claims = this.#claims();
    for (const { newestEpoch } of this.#dependencies.speakers.alive())
      if (newestEpoch) this.#ledger.outrank(newestEpoch);
    for (const { epoch } of claims.values()) this.#ledger.outrank(epoch);
    for (const [address, { node, epoch }] of claims) this.#ledger.adopt(address, node, epoch);
    this.#phase = 'deciding';
    for (const address of new Set([...this.#book.addresses(), ...claims.keys()])) {
      this.#decide(address, claims.get(address)?.node);
    }
    this.#dependencies.log.info('announcer-began', { addresses: this.#book.size, adopted: claims.size });
    this.#dependencies.speakers.release();
  }

  /** Who announces what; of two, the one with the newer grant. */
  #claims(): Map<IpAddress, { readonly node: string; readonly epoch: Epoch }> {
    const newest = new Map<IpAddress, { readonly node: string; readonly epoch: Epoch }>();
    for (const { nodeName: node, claims } of this.#dependencies.speakers.alive()) {
      for (const [address, epoch] of claims) {
        const other = newest.get(address);
        if (other === undefined || compareEpochs(epoch, other.epoch) > 0) newest.set(address, { node, epoch });
      }
    }
    return newest;
  }

  #decide(address: IpAddress, owner?: string): void {
    if (this.#phase !== 'deciding') {
      if (this.#waiting === NO_SPEAKER) this.#tell(address);
      return;
    }
    const uses = this.#usesOf(address);
    const [first] = uses;
    if (first === undefined) {
      this.#placement.remove(address);
      this.#ledger.set(address, [], new Map());
      this.#census.note(address, undefined);
      return;
    }
    const found = this.#eligibility.of(uses, this.#book.refusalsOf(address));
    const obstacle = isObstacle(found) ? found : undefined;
    // Without an endpoint nobody announces, but the place is kept: it comes back to where it was.
    const eligible: EligibleNodes = isObstacle(found) ? new Map() : found;
    const group = first.announced.poolName;
    const keepsPlace = obstacle?.reason === 'NoEndpoint';
    const list = keepsPlace ? [] : this.#placement.place(address, { group, eligible, ...(owner && { owner }) });
    const granted = this.#ledger.set(address, list, eligible);
    const explained = this.#book.setObstacle(address, obstacle);
    if (this.#noteState(address) || granted || explained) this.#tell(address);
  }

  #noteState(address: IpAddress): boolean {
    if (this.#book.usesOf(address).length === 0) return false;
    if (this.#book.obstacleOf(address) !== undefined) return this.#census.note(address, 'obstructed');
    return this.#census.note(address, this.#ledger.isClaimed(address) ? 'claimed' : 'granted');
  }

  #usesOf(address: IpAddress): readonly AddressUse[] {
    return this.#book
      .usesOf(address)
      .map(({ serviceKey, service, announced }) => ({ service, announced, endpoints: this.#endpoints.of(serviceKey) }));
  }

  #tell(address: IpAddress): void {
    for (const { serviceKey } of this.#book.usesOf(address)) this.#tellService(serviceKey);
  }

  #tellService(serviceKey: string): void {
    for (const listener of this.#listeners) listener(serviceKey);
  }
}

function isObstacle(found: EligibleNodes | Obstacle): found is Obstacle {
  return 'reason' in found;
}
