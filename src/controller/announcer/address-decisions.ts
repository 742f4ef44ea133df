import type { IpAddress } from '../../core/net/index.ts';
import { Placement } from '../../core/placement/placement.ts';
import type { Epoch } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import { abandonedAddresses } from './abandonment.ts';
import type { AddressBook, BookedUse } from './address-book.ts';
import { ClaimReview } from './claim-review.ts';
import type { ClusterView } from './cluster-view.ts';
import type { EligibleNodes } from './eligibility.ts';
import { isPlausible } from './epochs.ts';
import { GrantLedger, type GrantLedgerOptions } from './grant-ledger.ts';
import { NeighbourLists } from './neighbour-lists.ts';
import type { OwnerHistory } from './owner-history.ts';
import { RivalryWatch } from './rivalry-watch.ts';
import type { AnnouncementState, Obstacle } from './service-announcement.ts';
import { StateCensus } from './state-census.ts';

export interface AddressDecisionsDependencies {
  readonly book: AddressBook;
  readonly cluster: Pick<ClusterView, 'directory' | 'eligibleFor' | 'idlenessOf'>;
  readonly speakers: Speakers;
  readonly history: OwnerHistory;
  /** Whether an address that was never announced is known to be free on the LAN. */
  readonly isFree: (address: IpAddress) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told when something else is to be said of an address. Must not throw. */
  readonly onNews: (address: IpAddress) => void;
}

/** What is to be known for a decision beyond what the cluster is like. */
export interface DecisionCircumstances {
  /** Who announces it already, when that is not whom we chose. */
  readonly owner?: string;
  /** Advertisements were edited so that other nodes may be preferred: then the owner may have to move. */
  readonly rescored?: boolean;
}

/** Decides of one address at a time who announces it, grants it to them, and knows how it stands. */
export class AddressDecisions {
  readonly #dependencies: AddressDecisionsDependencies;
  readonly #placement = new Placement();
  readonly #ledger: GrantLedger;
  readonly #claims: ClaimReview;
  readonly #neighbours: NeighbourLists;
  readonly #rivalries: RivalryWatch;
  readonly #census: StateCensus;

  constructor(options: GrantLedgerOptions, dependencies: AddressDecisionsDependencies) {
    this.#dependencies = dependencies;
    const { cluster, speakers, timers, metrics, onNews } = dependencies;
    this.#ledger = new GrantLedger(options, dependencies);
    this.#claims = new ClaimReview({ ...dependencies, ledger: this.#ledger });
    const sources = [this.#placement.neighbours, ...this.#ledger.partners];
    this.#neighbours = new NeighbourLists({ sources, directory: cluster.directory, speakers });
    this.#census = new StateCensus(metrics);
    const look = (address: IpAddress): void => {
      if (this.#ledger.rivalOf(address) !== undefined) onNews(address);
    };
    this.#rivalries = new RivalryWatch({ timers, look });
  }

  decide(address: IpAddress, circumstances: DecisionCircumstances = {}): void {
    const { owner = this.#ledger.successorOf(address), rescored = false } = circumstances;
    const { book, cluster, onNews } = this.#dependencies;
    const uses = book.usesOf(address);
    const [first] = uses;
    if (first === undefined) {
      this.#forget(address);
      return;
    }
    const found = cluster.eligibleFor(uses, book.refusalsOf(address));
    const obstacle = isObstacle(found) ? found : undefined;
    // Nobody else could take it: a speaker that restarts goes on by itself.
    if (obstacle !== undefined && obstacle.reason !== 'NoEndpoint' && this.#isOfLeaving(address)) return;
    // Without an endpoint nobody announces, but the place is kept: it comes back to where it was.
    const able: EligibleNodes = isObstacle(found) ? new Map() : found;
    const present = owner ?? this.#placement.candidatesOf(address)[0];
    const eligible = rescored && present !== undefined ? withoutOutscored(able, present) : able;
    const group = first.announced.poolName;
    const keepsPlace = obstacle?.reason === 'NoEndpoint';
    const list = keepsPlace ? [] : this.#placement.place(address, { group, eligible, ...(owner && { owner }) });
    this.#neighbours.update();
    const granted = this.#ledger.set(address, list, eligible);
    this.#neighbours.update();
    const explained = book.setObstacle(address, obstacle);
    if (this.#noteState(address) || granted || explained) onNews(address);
  }

  /** Takes over what speakers announce already. Returns by whom. @see ClaimReview.adopt */
  adopt({ isFirst }: { readonly isFirst: boolean }): ReadonlyMap<IpAddress, string> {
    return this.#claims.adopt({ isFirst });
  }

  /** A node claims the address, claims it otherwise than before, or does so no more. */
  claimChanged(address: IpAddress, nodeName: string): void {
    const moved = this.#claims.look(address, nodeName);
    if (moved && this.#ledger.ownerOf(address) !== nodeName) this.#rivalries.suspect(address);
    // Whoever took it over without us has it from now on by our grant.
    if (this.#ledger.successorOf(address) !== undefined) this.decide(address);
    this.#ledger.claimed(address);
    if (this.#mayRejoin(address, nodeName)) this.decide(address);
    this.#neighbours.update();
    if (this.#noteState(address) || moved) this.#dependencies.onNews(address);
  }

  /** It turned out that nobody else has the address: who waits for that may announce it. */
  renew(address: IpAddress): void {
    this.#ledger.renew(address);
  }

  /** A speaker would refuse what is not newer than this, which may be of a leader that we did not know of. */
  respect(newest: Epoch): void {
    if (!this.#ledger.outranks(newest) && isPlausible(newest)) this.#ledger.outrank(newest);
  }

  /** Who is gone has nothing to hand over. */
  speakerDown(nodeName: string): void {
    this.#ledger.speakerDown(nodeName);
  }

  /** The node, or its speaker, is to be told anew who its neighbours are, and they of it. */
  introduce(nodeName: string): void {
    if (this.#dependencies.cluster.directory.get(nodeName) === undefined) this.reached(nodeName);
    this.#neighbours.addressesChanged(nodeName);
  }

  /** The node has a session, on which it is told everything. */
  reached(nodeName: string): void {
    this.#ledger.reached(nodeName);
    this.#neighbours.update();
  }

  stop(): void {
    this.#ledger.stop();
    this.#rivalries.stop();
  }

  /** Who may announce an address, best first. */
  candidatesOf(address: IpAddress): readonly string[] {
    return this.#placement.candidatesOf(address);
  }

  /** What a node may announce. */
  addressesOf(nodeName: string): readonly IpAddress[] {
    return this.#placement.addressesOf(nodeName);
  }

  /** The addresses that a node which can do more than before may help: one with an obstacle may have no place yet. */
  wanting(): ReadonlySet<IpAddress> {
    const { book, cluster } = this.#dependencies;
    const yielded = cluster.directory.yielding().flatMap((node) => this.#placement.addressesOf(node));
    return new Set([...this.#placement.incomplete(), ...book.obstructed(), ...yielded]);
  }

  /** What a silent node owns, and none of its standbys would take over. */
  abandonedBy(nodeName: string): readonly IpAddress[] {
    return abandonedAddresses(nodeName, this.#placement, this.#dependencies.speakers);
  }

  /** How it stands with a Service's use of an address. `waiting`: why nothing is decided yet. */
  stateOf({ announced: { address }, ...use }: BookedUse, waiting: Obstacle | undefined): AnnouncementState {
    const { book, cluster } = this.#dependencies;
    const obstacle = book.obstacleOf(address) ?? waiting;
    const idleness = obstacle === undefined ? cluster.idlenessOf(use) : undefined;
    // Others who share the address keep it announced.
    if (idleness !== undefined) return { address, candidates: [], claimed: false, obstacle: idleness };
    const ownership = this.#claims.ownershipOf(address);
    const rival = this.#ledger.rivalOf(address);
    const interfaces = ownership && this.#ledger.interfacesOf(address, ownership.node);
    return {
      address,
      candidates: obstacle === undefined ? this.#placement.candidatesOf(address) : [],
      claimed: this.#ledger.isClaimed(address),
      ...(ownership === undefined ? {} : { ownership }),
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(rival === undefined ? {} : { rival }),
      ...(obstacle === undefined ? {} : { obstacle }),
    };
  }

  /** Whether a node that let go of an address may stand by for it from now on. */
  #mayRejoin(address: IpAddress, nodeName: string): boolean {
    const { cluster, speakers } = this.#dependencies;
    if (!this.#placement.isIncomplete(address) || !this.#ledger.isClaimed(address)) return false;
    if (speakers.speaker(nodeName)?.claims.has(address) === true) return false;
    return cluster.directory.get(nodeName)?.standing === 'able';
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

  /** False when its state is what it was. */
  #noteState(address: IpAddress): boolean {
    const { book } = this.#dependencies;
    if (book.usesOf(address).length === 0) return false;
    if (book.obstacleOf(address) !== undefined) return this.#census.note(address, 'obstructed');
    return this.#census.note(address, this.#ledger.isClaimed(address) ? 'claimed' : 'granted');
  }
}

/** An owner that others outscore hands over to one of them, as if it might not announce any more. */
function withoutOutscored(eligible: EligibleNodes, owner: string): EligibleNodes {
  const preference = eligible.get(owner)?.preference ?? 0;
  const isOutscored = [...eligible.values()].some((one) => one.standing === 'able' && one.preference > preference);
  return isOutscored ? new Map([...eligible].filter(([node]) => node !== owner)) : eligible;
}

function isObstacle(found: EligibleNodes | Obstacle): found is Obstacle {
  return 'reason' in found;
}
