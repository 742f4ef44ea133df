import type { IpAddress } from '../../core/net/index.ts';
import { Placement } from '../../core/placement/placement.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EndpointSlice, Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { ConfigSource } from '../configuration/config-source.ts';
import type { SpeakerListener, Speakers } from '../speakers/speaker-listener.ts';
import { abandonedAddresses } from './abandonment.ts';
import { AddressBook } from './address-book.ts';
import { Beginning, type BeginningOptions } from './beginning.ts';
import { ClaimReview } from './claim-review.ts';
import { type AddressUse, Eligibility, type EligibleNodes } from './eligibility.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { isPlausible } from './epochs.ts';
import { GrantLedger, type GrantLedgerOptions } from './grant-ledger.ts';
import { NeighbourLists } from './neighbour-lists.ts';
import { NodeDirectory } from './node-directory.ts';
import type { OwnerHistory } from './owner-history.ts';
import { RivalryWatch } from './rivalry-watch.ts';
import type { AnnouncementState, Obstacle, ServiceAnnouncement, ServiceAnnouncer } from './service-announcement.ts';
import { StateCensus } from './state-census.ts';

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
 * Decides who announces each address, and sees to it. Level-based: whatever happens, the addresses that it may touch are
 * decided anew from what is known now.
 *
 * It begins by listening: what the speakers announce already stays with them wherever the rules allow it, and nobody is told
 * anything before every speaker could report and every Service that has an address was set.
 */
export class Announcer implements ServiceAnnouncer, SpeakerListener {
  readonly #dependencies: AnnouncerDependencies;
  readonly #book = new AddressBook();
  readonly #endpoints = new EndpointIndex();
  readonly #directory: NodeDirectory;
  readonly #eligibility: Eligibility;
  readonly #placement = new Placement();
  readonly #neighbours: NeighbourLists;
  readonly #ledger: GrantLedger;
  readonly #claims: ClaimReview;
  readonly #census: StateCensus;
  readonly #beginning: Beginning;
  readonly #listeners: ((serviceKey: string) => void)[] = [];
  readonly #rivalries: RivalryWatch;
  #phase: 'idle' | 'listening' | 'deciding' = 'idle';
  /** Why nothing is decided yet. */
  #waiting = STARTING;
  #informed = false;
  #begunBefore = false;

  constructor(
    options: Pick<AnnouncerOptions, 'generation'> & Partial<AnnouncerOptions>,
    dependencies: AnnouncerDependencies,
  ) {
    const all = { ...DEFAULT_ANNOUNCER_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { speakers, isFree = () => false } = dependencies;
    this.#directory = new NodeDirectory(all, { speaker: (nodeName) => speakers.speaker(nodeName) });
    this.#eligibility = new Eligibility(this.#directory);
    this.#ledger = new GrantLedger(all, { ...dependencies, isFree });
    this.#claims = new ClaimReview({ ...dependencies, ledger: this.#ledger });
    const sources = [this.#placement.neighbours, this.#ledger.partners];
    this.#neighbours = new NeighbourLists({ sources, directory: this.#directory, speakers });
    this.#census = new StateCensus(dependencies.metrics);
    const look = (address: IpAddress): void => {
      if (this.#ledger.rivalOf(address) !== undefined) this.retell(address);
    };
    this.#rivalries = new RivalryWatch({ timers: dependencies.timers, look });
    this.#beginning = new Beginning(all, {
      ...dependencies,
      everybodySpoke: () => this.#directory.everybodySpoke,
      onReady: () => this.#begin(),
      onNoSpeaker: () => this.#missSpeakers(),
    });
  }

  /** Resolves when the caches are read; it decides some time later, by itself. Aborting `signal` ends it for good. */
  async start(signal: AbortSignal): Promise<void> {
    const { nodes, endpointSlices, config, speakers } = this.#dependencies;
    this.#phase = 'listening';
    const stops = [
      nodes.onChange(({ key }) => this.#nodeChanged(key)),
      endpointSlices.onChange((change) => this.#endpointsChanged(this.#endpoints.apply(change))),
      config.onChange((now, before) => {
        if (now.l2Advertisements !== before.l2Advertisements) this.#configChanged();
      }),
    ];
    speakers.listen(this);
    this.#beginning.start();
    signal.addEventListener(
      'abort',
      () => {
        this.#phase = 'idle';
        for (const stop of stops) stop();
        this.#beginning.stop();
        this.#ledger.stop();
        this.#rivalries.stop();
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
    this.#beginning.informed();
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

  /** It turned out that nobody else has the address: who waits for that may announce it. */
  renew(address: IpAddress): void {
    if (this.#phase === 'deciding') this.#ledger.renew(address);
  }

  declared(): void {
    this.#beginning.declared();
  }

  /** How it stands with each address of a Service; empty for one that was not set. */
  statesOf(serviceKey: string): readonly AnnouncementState[] {
    return this.#book.addressesOf(serviceKey).map((address) => {
      const obstacle = this.#book.obstacleOf(address) ?? (this.#phase === 'deciding' ? undefined : this.#waiting);
      const candidates =
        this.#phase === 'deciding' && obstacle === undefined ? this.#placement.candidatesOf(address) : [];
      const claimed = this.#ledger.isClaimed(address);
      const ownership = this.#claims.ownershipOf(address);
      const rival = this.#ledger.rivalOf(address);
      const interfaces = ownership && this.#ledger.interfacesOf(address, ownership.node);
      return {
        address,
        candidates,
        claimed,
        ...(ownership === undefined ? {} : { ownership }),
        ...(interfaces === undefined ? {} : { interfaces }),
        ...(rival === undefined ? {} : { rival }),
        ...(obstacle === undefined ? {} : { obstacle }),
      };
    });
  }

  /** The Services that use an address. */
  servicesOf(address: IpAddress): readonly string[] {
    return this.#book.usesOf(address).map(({ serviceKey }) => serviceKey);
  }

  /** Who may announce an address, best first. */
  candidatesOf(address: IpAddress): readonly string[] {
    return this.#placement.candidatesOf(address);
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
    for (const address of this.#placement.addressesOf(nodeName)) this.retell(address);
  }

  speakerUp(nodeName: string): void {
    // Also who has no neighbour is to hear so: until then it only listens.
    this.#neighbours.addressesChanged(nodeName);
    this.#respectGrantsOf(nodeName);
    for (const address of this.#book.forgive(nodeName)) this.#decide(address);
    this.#nodeChanged(nodeName);
    this.#beginning.spoke();
  }

  speakerDown(nodeName: string): void {
    this.#ledger.speakerDown(nodeName);
    this.#nodeChanged(nodeName);
  }

  presenceChanged(nodeName: string): void {
    const speaker = this.#dependencies.speakers.speaker(nodeName);
    const isConnected = speaker?.presence === 'connected';
    if (isConnected) {
      this.#respectGrantsOf(nodeName);
      for (const address of this.#book.forgive(nodeName)) this.#decide(address);
    }
    this.#nodeChanged(nodeName);
    if (isConnected) this.#beginning.spoke();
    else if (speaker?.presence === 'away' && speaker.isSilent) this.#relieve(nodeName);
  }

  interfacesChanged(nodeName: string): void {
    for (const address of this.#book.forgive(nodeName)) this.#decide(address);
    this.#nodeChanged(nodeName);
  }

  claimsChanged(nodeName: string, addresses: readonly IpAddress[]): void {
    if (this.#phase !== 'deciding') return;
    for (const address of addresses) {
      const moved = this.#claims.look(address, nodeName);
      if (moved && this.#ledger.ownerOf(address) !== nodeName) this.#rivalries.suspect(address);
      // Whoever took it over without us has it from now on by our grant.
      if (this.#ledger.successorOf(address) !== undefined) this.#decide(address);
      this.#ledger.claimed(address);
      this.#neighbours.update();
      if (this.#noteState(address) || moved) this.retell(address);
    }
  }

  rejected(nodeName: string, address: IpAddress | undefined, reason: string): void {
    if (address !== undefined && this.#book.refuse(address, nodeName, reason)) this.#decide(address);
  }

  #relieve(nodeName: string): void {
    if (this.#phase !== 'deciding') return;
    for (const address of abandonedAddresses(nodeName, this.#placement, this.#dependencies.speakers)) {
      if (this.#book.refuse(address, nodeName, 'is silent, and none of its standbys hears it')) this.#decide(address);
    }
  }

  /** One who comes late with grants of a leader that we did not know of would refuse ours. */
  #respectGrantsOf(nodeName: string): void {
    const newest = this.#dependencies.speakers.speaker(nodeName)?.newestEpoch;
    if (this.#phase !== 'deciding' || newest === undefined || this.#ledger.outranks(newest)) return;
    if (isPlausible(newest)) this.#ledger.outrank(newest);
  }

  #nodeChanged(nodeName: string): void {
    if (!this.#informed) return;
    const news = this.#directory.refresh(nodeName, this.#dependencies.nodes.get(nodeName));
    if (news === undefined) return;
    const { lost, gained } = this.#eligibility.refresh(nodeName);
    if (this.#phase === 'deciding' && !this.#directory.anybodyListens) this.#pause();
    if (news.addresses) this.#neighbours.addressesChanged(nodeName);
    // Only the addresses that it may announce lose something, and only those that lack a candidate, or have one that
    // yields, gain something. An address with an obstacle may have no place yet.
    if (lost) for (const address of this.#placement.addressesOf(nodeName)) this.#decide(address);
    if (!gained) return;
    const wanting = this.#directory.yielding().flatMap((node) => this.#placement.addressesOf(node));
    const lacking = new Set([...this.#placement.incomplete(), ...this.#book.obstructed(), ...wanting]);
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
    const adopted = this.#claims.adopt({ isFirst: !this.#begunBefore });
    this.#begunBefore = true;
    this.#phase = 'deciding';
    for (const address of new Set([...this.#book.addresses(), ...adopted.keys()])) {
      this.#decide(address, adopted.get(address));
    }
    this.#dependencies.log.info('announcer-began', { addresses: this.#book.size, adopted: adopted.size });
    this.#dependencies.speakers.release();
  }

  #decide(address: IpAddress, owner = this.#ledger.successorOf(address)): void {
    if (this.#phase !== 'deciding') {
      if (this.#waiting === NO_SPEAKER) this.retell(address);
      return;
    }
    const uses = this.#usesOf(address);
    const [first] = uses;
    if (first === undefined) {
      this.#forget(address);
      return;
    }
    const found = this.#eligibility.of(uses, this.#book.refusalsOf(address));
    const obstacle = isObstacle(found) ? found : undefined;
    // Nobody else could take it: a speaker that restarts goes on by itself.
    if (obstacle !== undefined && obstacle.reason !== 'NoEndpoint' && this.#isOfLeaving(address)) return;
    // Without an endpoint nobody announces, but the place is kept: it comes back to where it was.
    const eligible: EligibleNodes = isObstacle(found) ? new Map() : found;
    const group = first.announced.poolName;
    const keepsPlace = obstacle?.reason === 'NoEndpoint';
    const list = keepsPlace ? [] : this.#placement.place(address, { group, eligible, ...(owner && { owner }) });
    this.#neighbours.update();
    const granted = this.#ledger.set(address, list, eligible);
    this.#neighbours.update();
    const explained = this.#book.setObstacle(address, obstacle);
    if (this.#noteState(address) || granted || explained) this.retell(address);
  }

  #isOfLeaving(address: IpAddress): boolean {
    const owner = this.#ledger.ownerOf(address);
    return owner !== undefined && this.#dependencies.speakers.speaker(owner)?.presence === 'leaving';
  }

  /** Nobody uses it any more. */
  #forget(address: IpAddress): void {
    this.#placement.remove(address);
    this.#ledger.set(address, [], new Map());
    this.#neighbours.update();
    this.#dependencies.history.forget(address);
    this.#census.note(address, undefined);
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

  #tellService(serviceKey: string): void {
    for (const listener of this.#listeners) listener(serviceKey);
  }
}

function isObstacle(found: EligibleNodes | Obstacle): found is Obstacle {
  return 'reason' in found;
}
