import type { IpAddress } from '../../core/net/index.ts';
import type { Claim, Epoch, Grant } from '../../ports/channel.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import type { EligibleNodes } from './eligibility.ts';
import { compareEpochs } from './epochs.ts';
import { Handovers, type HandoversOptions, type Outgoing } from './handovers.ts';
import type { NeighbourSource } from './neighbour-lists.ts';
import { RecentlyAnnounced } from './recently-announced.ts';
import { Revocations } from './revocations.ts';

export interface GrantLedgerOptions extends HandoversOptions {
  /** The generation of our leadership; no grant is older. */
  readonly generation: number;
}

export interface GrantLedgerDependencies {
  readonly speakers: Speakers;
  /** Whether an address that was never announced is known to be free on the LAN. */
  readonly isFree: (address: IpAddress) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

interface Entry {
  readonly list: readonly string[];
  readonly interfaces: readonly (readonly string[] | undefined)[];
  readonly epoch: Epoch;
  /** Of an earlier leader: to be granted anew whatever is decided. */
  readonly adopted: boolean;
  /** Was claimed by somebody: no probe is needed any more. */
  readonly announced: boolean;
  /** Took the address over without us. */
  readonly successor: Successor | undefined;
}

interface Successor {
  readonly node: string;
  readonly term: number;
  readonly sinceMs: number;
}

/** An owner that lost its power still seems to announce for a while: only then is it told that there are two. */
export const RIVALRY_AFTER_MS = 5_000;

/**
 * What a claim means. `owner`: as granted. `takeover`: a candidate took over without us. `late`: by a grant that is not the
 * newest any more. `never-granted`: by no grant of ours.
 */
export type ClaimVerdict = 'owner' | 'takeover' | 'late' | 'never-granted';

/**
 * What has been granted to whom, and the order in which it changes hands: in a planned move the new owner gets its grant
 * and claims, and only then the old one's is revoked.
 */
export class GrantLedger {
  readonly #dependencies: GrantLedgerDependencies;
  readonly #handovers: Handovers;
  /** BOUNDED: by the addresses that are announced. */
  readonly #entries = new Map<IpAddress, Entry>();
  readonly #recent: RecentlyAnnounced;
  readonly #revocations: Revocations;
  #generation: number;
  #counter = 0;

  constructor(options: GrantLedgerOptions, dependencies: GrantLedgerDependencies) {
    this.#dependencies = dependencies;
    this.#generation = options.generation;
    this.#recent = new RecentlyAnnounced(dependencies.clock);
    this.#revocations = new Revocations(dependencies);
    const revoke = (node: string, address: IpAddress): void =>
      this.#revocations.revoke(node, address, this.#entries.get(address)?.list ?? []);
    this.#handovers = new Handovers(options, { ...dependencies, revoke });
  }

  /**
   * Sees to it that every grant is newer than this one, which is not ours: those that are given already are given again.
   * Needed when the Lease was deleted, and generations began anew.
   */
  outrank(epoch: Epoch): void {
    if (epoch.generation < this.#generation) return;
    this.#generation = epoch.generation + 1;
    for (const [address, entry] of this.#entries) {
      if (!entry.adopted) this.#entries.set(address, { ...entry, epoch: this.#grant(address, entry) });
    }
  }

  /** Whether a grant is ours, or at least not newer than ours. */
  outranks(epoch: Epoch): boolean {
    return epoch.generation <= this.#generation;
  }

  /** Somebody announces it by the grant of an earlier leader: that stays as it is until it is decided about. */
  adopt(address: IpAddress, node: string, epoch: Epoch): void {
    this.#handovers.finish(address, 'cancelled');
    const entry = { list: [node], interfaces: [undefined], epoch, adopted: true, announced: true };
    this.#entries.set(address, { ...entry, successor: undefined });
    this.#dependencies.speakers.grant(node, { address, epoch, candidates: [node], probed: true });
  }

  ownerOf(address: IpAddress): string | undefined {
    return this.#entries.get(address)?.list[0];
  }

  /** To which interfaces a node is bound; undefined: to none in particular. */
  interfacesOf(address: IpAddress, node: string): readonly string[] | undefined {
    const entry = this.#entries.get(address);
    return entry?.interfaces[entry.list.indexOf(node)];
  }

  /** Who announces it by right, as far as we know: who took it over, else whom we chose. */
  holderOf(address: IpAddress): string | undefined {
    const entry = this.#entries.get(address);
    return entry && holderBy(entry).node;
  }

  /** Who took it over without us, unless the owner goes on announcing: then the LAN is split, and each part has its own. */
  successorOf(address: IpAddress): string | undefined {
    const entry = this.#entries.get(address);
    return entry === undefined || this.#isContested(address, entry) ? undefined : entry.successor?.node;
  }

  /** Who announces it as well as the owner that we chose, because the two do not hear each other. */
  rivalOf(address: IpAddress): string | undefined {
    const entry = this.#entries.get(address);
    if (entry?.successor === undefined || !this.#isContested(address, entry)) return undefined;
    const { node, sinceMs } = entry.successor;
    return this.#dependencies.clock.nowMs() - sinceMs >= RIVALRY_AFTER_MS ? node : undefined;
  }

  /** Declares the list of an address. False when it is so already. An empty list takes it from everybody. */
  set(address: IpAddress, list: readonly string[], eligible: EligibleNodes): boolean {
    const before = this.#entries.get(address);
    if (list.length === 0) return before !== undefined && this.#revokeAll(address, before);
    const interfaces = list.map((node) => eligible.get(node)?.interfaces);
    if (before !== undefined && this.#stands(address, before, { list, interfaces })) return false;
    const announced = before?.announced ?? this.#recent.has(address);
    const epoch = this.#grant(address, { list, interfaces, announced });
    if (before !== undefined) this.#retire(address, before, { list, epoch });
    this.#entries.set(address, { list, interfaces, epoch, adopted: false, announced, successor: undefined });
    return true;
  }

  /** Grants the same once more: what is known of the address is not what it was. */
  renew(address: IpAddress): void {
    const entry = this.#entries.get(address);
    if (entry === undefined || entry.adopted) return;
    this.#entries.set(address, { ...entry, epoch: this.#grant(address, entry) });
  }

  /** Looks at what a node claims now. Undefined when it claims nothing. */
  judge(address: IpAddress, node: string): ClaimVerdict | undefined {
    const claim = this.#dependencies.speakers.speaker(node)?.claims.get(address);
    if (claim === undefined) return undefined;
    const entry = this.#entries.get(address);
    if (entry === undefined) return 'late';
    const verdict = verdictOn(claim, node, entry);
    if (verdict === 'takeover') {
      this.#reviewSuccessor(address, entry);
      // Another took it over as well, and prevails.
      return this.#entries.get(address)?.successor?.node === node ? 'takeover' : 'late';
    }
    if (verdict === 'owner' && !entry.announced) this.#entries.set(address, { ...entry, announced: true });
    return verdict;
  }

  /** A node announces it no more: if it had taken it over, that is past. */
  released(address: IpAddress, node: string): void {
    const entry = this.#entries.get(address);
    if (entry?.successor?.node === node) this.#reviewSuccessor(address, entry);
  }

  /** A speaker's claims changed: the old owner goes when the new one has claimed by its newest grant. */
  claimed(address: IpAddress): void {
    if (this.isClaimed(address)) this.#handovers.finish(address, 'claimed');
  }

  /** Whether the owner says that it announces, by the grant of now. */
  isClaimed(address: IpAddress): boolean {
    const entry = this.#entries.get(address);
    const claim = entry && this.#claimOf(entry.list[0] ?? '', address);
    return entry !== undefined && claim !== undefined && compareEpochs(claim.epoch, entry.epoch) >= 0;
  }

  /** Who is gone has nothing to hand over. */
  speakerDown(nodeName: string): void {
    this.#handovers.nodeGone(nodeName);
  }

  /** Who exchanges an address with whom just now, or may come back with one that others have. */
  get partners(): readonly NeighbourSource[] {
    return [this.#handovers.partners, this.#revocations];
  }

  /** The node is told all that was decided, or exists no more. */
  reached(nodeName: string): void {
    this.#revocations.reached(nodeName);
  }

  stop(): void {
    this.#handovers.stop();
    this.#revocations.stop();
  }

  #claimOf(node: string, address: IpAddress): Claim | undefined {
    return this.#dependencies.speakers.speaker(node)?.claims.get(address);
  }

  #stands(address: IpAddress, entry: Entry, declared: Pick<Entry, 'list' | 'interfaces'>): boolean {
    if (entry.adopted || !sameList(entry, declared)) return false;
    return entry.successor === undefined || this.#isContested(address, entry);
  }

  /** Whether two nodes announce it that do not hear each other, and the one that we chose is among them. */
  #isContested(address: IpAddress, { list, epoch, successor }: Entry): boolean {
    const [owner = ''] = list;
    if (successor === undefined || successor.node === owner) return false;
    const claim = this.#claimOf(owner, address);
    const isConnected = this.#dependencies.speakers.speaker(owner)?.presence === 'connected';
    return isConnected && claim !== undefined && compareEpochs(claim.epoch, epoch) >= 0;
  }

  /** Looks anew who of the candidates took it over: of several the later term counts, then the better rank. */
  #reviewSuccessor(address: IpAddress, entry: Entry): void {
    let successor: Successor | undefined;
    for (const node of entry.list.slice(1)) {
      const claim = this.#claimOf(node, address);
      if (claim === undefined || verdictOn(claim, node, entry) !== 'takeover') continue;
      if (successor !== undefined && successor.term >= claim.term) continue;
      const known = entry.successor?.node === node ? entry.successor : undefined;
      successor = { node, term: claim.term, sinceMs: known?.sinceMs ?? this.#dependencies.clock.nowMs() };
    }
    this.#entries.set(address, { ...entry, announced: entry.announced || successor !== undefined, successor });
  }

  /** Tells the candidates, by an epoch that was never used. */
  #grant(address: IpAddress, content: Pick<Entry, 'list' | 'interfaces' | 'announced'>): Epoch {
    const { list, interfaces, announced } = content;
    this.#counter += 1;
    const epoch: Epoch = { generation: this.#generation, counter: this.#counter };
    const probed = announced || this.#dependencies.isFree(address) ? { probed: true } : {};
    for (const [at, node] of list.entries()) {
      const allowed = interfaces[at];
      const bound = allowed === undefined ? {} : { interfaces: allowed };
      const grant: Grant = { address, epoch, candidates: list, ...bound, ...probed };
      this.#dependencies.speakers.grant(node, grant);
    }
    return epoch;
  }

  /** Takes the address from those who are not in the new list; who announces it now keeps it until the new owner claims. */
  #retire(address: IpAddress, before: Entry, { list, epoch }: Pick<Entry, 'list' | 'epoch'>): void {
    const { speakers } = this.#dependencies;
    const outgoing = this.#handovers.outgoingOf(address) ?? holderBy(before);
    const { node: announcing, interfaces } = outgoing;
    const presence = speakers.speaker(announcing)?.presence ?? 'gone';
    const keeps = !list.includes(announcing) && presence !== 'gone';
    for (const node of new Set([...before.list, announcing])) {
      if (!list.includes(node) && !(keeps && node === announcing)) this.#revocations.revoke(node, address, list);
    }
    if (!keeps) {
      this.#handovers.cancel(address);
      return;
    }
    // By this it knows whose claim to wait for.
    const bound = interfaces === undefined ? {} : { interfaces };
    speakers.grant(announcing, { address, epoch, candidates: list, ...bound, probed: true });
    this.#handovers.begin(address, outgoing, list);
  }

  #revokeAll(address: IpAddress, before: Entry): true {
    if (before.announced) this.#recent.note(address);
    const holders = new Set([...before.list, (this.#handovers.outgoingOf(address) ?? holderBy(before)).node]);
    this.#handovers.cancel(address);
    for (const node of holders) this.#dependencies.speakers.revoke(node, address);
    this.#entries.delete(address);
    return true;
  }
}

/** Who announces by an entry, and where it may. */
function holderBy({ list, interfaces, successor }: Entry): Outgoing {
  const node = successor?.node ?? list[0] ?? '';
  return { node, interfaces: interfaces[list.indexOf(node)] };
}

function verdictOn(claim: Claim, node: string, entry: Entry): ClaimVerdict {
  const order = compareEpochs(claim.epoch, entry.epoch);
  if (order < 0) return 'late';
  const rank = entry.list.indexOf(node);
  if (order > 0 || rank === -1) return 'never-granted';
  if (rank === 0) return claim.term >= (entry.successor?.term ?? 0) ? 'owner' : 'late';
  return claim.term > 0 ? 'takeover' : 'never-granted';
}

function sameList(a: Pick<Entry, 'list' | 'interfaces'>, b: Pick<Entry, 'list' | 'interfaces'>): boolean {
  return (
    a.list.length === b.list.length &&
    a.list.every((node, at) => node === b.list[at] && a.interfaces[at]?.join() === b.interfaces[at]?.join())
  );
}
