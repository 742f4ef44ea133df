import type { IpAddress } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EndpointSlice, Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { ConfigSource } from '../configuration/config-source.ts';
import type { SpeakerListener, Speakers } from '../speakers/speaker-listener.ts';
import { AddressBook } from './address-book.ts';
import { AddressDecisions, type DecisionCircumstances } from './address-decisions.ts';
import { scoringOf } from './advertisement-rules.ts';
import { Beginning, type BeginningOptions } from './beginning.ts';
import { type AdvertisementsEdit, type ClusterListener, ClusterView } from './cluster-view.ts';
import type { GrantLedgerOptions } from './grant-ledger.ts';
import type { OwnerHistory } from './owner-history.ts';
import type { AnnouncementState, Obstacle, ServiceAnnouncement, ServiceAnnouncer } from './service-announcement.ts';

export interface AnnouncerOptions extends BeginningOptions, GrantLedgerOptions {
  readonly ignoreExcludeLabel: boolean;
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
  readonly history: OwnerHistory;
  /** Whether an address that was never announced is known to be free on the LAN. */
  readonly isFree?: (address: IpAddress) => boolean;
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
 * Sees to it that each address is announced. Level-based: whatever happens, the addresses that it may touch are decided anew
 * from what is known now.
 *
 * It begins by listening: what the speakers announce already stays with them wherever the rules allow it, and nobody is told
 * anything before every speaker could report and every Service that has an address was set.
 */
export class Announcer implements ServiceAnnouncer, SpeakerListener, ClusterListener {
  readonly #dependencies: AnnouncerDependencies;
  readonly #book = new AddressBook();
  readonly #cluster: ClusterView;
  readonly #decisions: AddressDecisions;
  readonly #beginning: Beginning;
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: ((serviceKey: string) => void)[] = [];
  #phase: 'idle' | 'listening' | 'deciding' = 'idle';
  /** Why nothing is decided yet. */
  #waiting = STARTING;
  #begunBefore = false;

  constructor(
    options: Pick<AnnouncerOptions, 'generation'> & Partial<AnnouncerOptions>,
    dependencies: AnnouncerDependencies,
  ) {
    const all = { ...DEFAULT_ANNOUNCER_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { isFree = () => false } = dependencies;
    this.#cluster = new ClusterView(all, dependencies);
    this.#decisions = new AddressDecisions(all, {
      ...dependencies,
      isFree,
      book: this.#book,
      cluster: this.#cluster,
      onNews: (address) => this.retell(address),
    });
    this.#beginning = new Beginning(all, {
      ...dependencies,
      everybodySpoke: () => this.#cluster.directory.everybodySpoke,
      onReady: () => this.#begin(),
      onNoSpeaker: () => this.#missSpeakers(),
    });
  }

  /** Resolves when the caches are read; it decides some time later, by itself. Aborting `signal` ends it for good. */
  async start(signal: AbortSignal): Promise<void> {
    const { speakers } = this.#dependencies;
    this.#phase = 'listening';
    speakers.listen(this);
    this.#beginning.start();
    signal.addEventListener(
      'abort',
      () => {
        this.#phase = 'idle';
        this.#beginning.stop();
        this.#decisions.stop();
      },
      { once: true },
    );
    const isInformed = await this.#cluster.follow(this, signal);
    if (!isInformed) return;
    for (const { nodeName } of speakers.alive()) this.speakerUp(nodeName);
    this.#beginning.informed();
  }

  set(serviceKey: string, announcement: ServiceAnnouncement): void {
    const touched = this.#book.set(serviceKey, announcement);
    this.#decideEach(touched);
    if (touched.length > announcement.addresses.length || this.#shares(serviceKey)) this.#tellService(serviceKey);
  }

  delete(serviceKey: string): void {
    const had = this.#book.delete(serviceKey);
    this.#decideEach(had);
    if (had.length > 0) this.#tellService(serviceKey);
  }

  /** It turned out that nobody else has the address: who waits for that may announce it. */
  renew(address: IpAddress): void {
    if (this.#phase === 'deciding') this.#decisions.renew(address);
  }

  declared(): void {
    this.#beginning.declared();
  }

  /** How it stands with each address of a Service; empty for one that was not set. */
  statesOf(serviceKey: string): readonly AnnouncementState[] {
    const waiting = this.#phase === 'deciding' ? undefined : this.#waiting;
    return this.#book.usesBy(serviceKey).map((use) => this.#decisions.stateOf(use, waiting));
  }

  /** The Services that use an address. */
  servicesOf(address: IpAddress): readonly string[] {
    return this.#book.usesOf(address).map(({ serviceKey }) => serviceKey);
  }

  /** Who may announce an address, best first. */
  candidatesOf(address: IpAddress): readonly string[] {
    return this.#decisions.candidatesOf(address);
  }

  /** Told when the state of some address of the Service changed. Must not throw. */
  onChange(listener: (serviceKey: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Something else is to be said of an address, though nothing is decided anew. */
  retell(address: IpAddress): void {
    for (const serviceKey of this.servicesOf(address)) this.#tellService(serviceKey);
  }

  /** The same for all addresses that a node may announce. */
  retellOf(nodeName: string): void {
    for (const address of this.#decisions.addressesOf(nodeName)) this.retell(address);
  }

  speakerUp(nodeName: string): void {
    // Also who has no neighbour is to hear so: until then it only listens.
    this.#decisions.introduce(nodeName);
    this.#welcome(nodeName);
    this.nodeChanged(nodeName);
    this.#beginning.spoke();
  }

  speakerDown(nodeName: string): void {
    this.#decisions.speakerDown(nodeName);
    this.nodeChanged(nodeName);
  }

  presenceChanged(nodeName: string): void {
    const speaker = this.#dependencies.speakers.speaker(nodeName);
    const isConnected = speaker?.presence === 'connected';
    if (isConnected) this.#welcome(nodeName);
    this.nodeChanged(nodeName);
    if (isConnected) this.#beginning.spoke();
    else if (speaker?.presence === 'away' && speaker.isSilent) this.#relieve(nodeName);
  }

  interfacesChanged(nodeName: string): void {
    this.#decideEach(this.#book.forgive(nodeName));
    this.nodeChanged(nodeName);
  }

  claimsChanged(nodeName: string, addresses: readonly IpAddress[]): void {
    if (this.#phase !== 'deciding') return;
    for (const address of addresses) this.#decisions.claimChanged(address, nodeName);
  }

  rejected(nodeName: string, address: IpAddress | undefined, reason: string): void {
    if (address !== undefined && this.#book.refuse(address, nodeName, reason)) this.#decide(address);
  }

  nodeChanged(nodeName: string): void {
    const change = this.#cluster.refresh(nodeName);
    if (change === undefined) return;
    if (this.#phase === 'deciding' && !this.#cluster.directory.anybodyListens) this.#pause();
    if (change.addresses) this.#decisions.introduce(nodeName);
    // A loss concerns only the addresses that it may announce, a gain only those that want for something.
    if (change.lost) this.#decideEach(this.#decisions.addressesOf(nodeName));
    if (change.gained) this.#decideEach(this.#decisions.wanting());
  }

  endpointsChanged(serviceKeys: readonly string[]): void {
    for (const key of serviceKeys) {
      this.#decideEach(this.#book.addressesOf(key));
      if (this.#shares(key)) this.#tellService(key);
    }
  }

  advertisementsChanged({ before, now }: AdvertisementsEdit): void {
    for (const address of this.#book.addresses()) {
      const uses = this.#book.usesOf(address);
      this.#decide(address, { rescored: scoringOf(before, uses) !== scoringOf(now, uses) });
    }
  }

  /** Who was away may do what it refused before; and what it was granted by a leader that we did not know of outranks us. */
  #welcome(nodeName: string): void {
    const newest = this.#dependencies.speakers.speaker(nodeName)?.newestEpoch;
    if (this.#phase === 'deciding' && newest !== undefined) this.#decisions.respect(newest);
    if (this.#phase === 'deciding') this.#decisions.reached(nodeName);
    this.#decideEach(this.#book.forgive(nodeName));
  }

  #relieve(nodeName: string): void {
    if (this.#phase !== 'deciding') return;
    for (const address of this.#decisions.abandonedBy(nodeName)) {
      if (this.#book.refuse(address, nodeName, 'is silent, and none of its standbys hears it')) this.#decide(address);
    }
  }

  #missSpeakers(): void {
    this.#waiting = NO_SPEAKER;
    for (const address of this.#book.addresses()) this.retell(address);
  }

  /** Nobody is left to be told anything: then we are cut off as likely as they are, and nothing may change for it. */
  #pause(): void {
    this.#phase = 'listening';
    this.#waiting = STARTING;
    this.#dependencies.speakers.hold();
    this.#beginning.again();
    this.#dependencies.log.warn('announcer-paused', { addresses: this.#book.size });
  }

  /** Takes over what is announced, decides everything, and lets the speakers know. */
  #begin(): void {
    const adopted = this.#decisions.adopt({ isFirst: !this.#begunBefore });
    this.#begunBefore = true;
    this.#phase = 'deciding';
    for (const address of new Set([...this.#book.addresses(), ...adopted.keys()])) {
      const owner = adopted.get(address);
      this.#decisions.decide(address, owner === undefined ? {} : { owner });
    }
    this.#dependencies.log.info('announcer-began', { addresses: this.#book.size, adopted: adopted.size });
    this.#dependencies.speakers.release();
    for (const { nodeName, presence } of this.#dependencies.speakers.alive())
      if (presence === 'connected') this.#decisions.reached(nodeName);
  }

  #decideEach(addresses: Iterable<IpAddress>): void {
    for (const address of addresses) this.#decide(address);
  }

  #decide(address: IpAddress, circumstances?: DecisionCircumstances): void {
    if (this.#phase === 'deciding') this.#decisions.decide(address, circumstances);
    else if (this.#waiting === NO_SPEAKER) this.retell(address);
  }

  /** Then there may be news for it of an address about which nothing is decided anew. */
  #shares(serviceKey: string): boolean {
    return this.#book.addressesOf(serviceKey).some((address) => this.servicesOf(address).length > 1);
  }

  #tellService(serviceKey: string): void {
    for (const listener of this.#listeners) listener(serviceKey);
  }
}
