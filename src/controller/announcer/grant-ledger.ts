import type { IpAddress } from '../../core/net/index.ts';
import type { Epoch, Grant } from '../../ports/channel.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import type { EligibleNodes } from './eligibility.ts';
import { compareEpochs } from './epochs.ts';
import { HANDOVERS, MOVES } from './metrics.ts';

export interface GrantLedgerOptions {
  /** The generation of our leadership; no grant is older. */
  readonly generation: number;
  /** How long the old owner of a planned move waits for the new one to claim. */
  readonly handoverMs: number;
}

export interface GrantLedgerDependencies {
  readonly speakers: Speakers;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

interface Entry {
  readonly list: readonly string[];
  readonly interfaces: readonly (readonly string[] | undefined)[];
  readonly epoch: Epoch;
  /** Of an earlier leader: to be granted anew whatever is decided. */
  readonly adopted: boolean;
  /** Keeps its older grant until the new owner claims. */
  readonly outgoing: Outgoing | undefined;
}

interface Outgoing {
  readonly node: string;
  readonly timer: Timer;
}

type HandoverResult = 'claimed' | 'timeout' | 'cancelled';

/**
 * What has been granted to whom, and the order in which it changes hands: in a planned move the new owner gets its grant
 * and claims, and only then the old one's is revoked.
 */
export class GrantLedger {
  readonly #options: GrantLedgerOptions;
  readonly #dependencies: GrantLedgerDependencies;
  readonly #handovers: Counter<'result'>;
  readonly #moves: Counter;
  /** BOUNDED: by the addresses that are announced. */
  readonly #entries = new Map<IpAddress, Entry>();
  /** Addresses with an outgoing owner. BOUNDED: by the entries. */
  readonly #handing = new Set<IpAddress>();
  #generation: number;
  #counter = 0;

  constructor(options: GrantLedgerOptions, dependencies: GrantLedgerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#generation = options.generation;
    this.#handovers = dependencies.metrics.counter(HANDOVERS);
    this.#moves = dependencies.metrics.counter(MOVES);
  }

  /**
   * Sees to it that every grant is newer than this one, which is not ours: those that are given already are given again.
   * Needed when the Lease was deleted, and generations began anew.
   */
  outrank(epoch: Epoch): void {
    if (epoch.generation < this.#generation) return;
    this.#generation = epoch.generation + 1;
    for (const [address, entry] of this.#entries) {
      if (!entry.adopted) this.#put(address, { ...entry, epoch: this.#grant(address, entry) });
    }
  }

  /** Whether a grant is ours, or at least not newer than ours. */
  outranks(epoch: Epoch): boolean {
    return epoch.generation <= this.#generation;
  }

  /** Somebody announces it by the grant of an earlier leader: that stays as it is until it is decided about. */
  adopt(address: IpAddress, node: string, epoch: Epoch): void {
    if (this.#entries.has(address)) return;
    this.#entries.set(address, { list: [node], interfaces: [undefined], epoch, adopted: true, outgoing: undefined });
    this.#dependencies.speakers.grant(node, { address, epoch, candidates: [node] });
  }

  /** The addresses that are granted to somebody, adopted ones too. */
  addresses(): readonly IpAddress[] {
    return [...this.#entries.keys()];
  }

  ownerOf(address: IpAddress): string | undefined {
    return this.#entries.get(address)?.list[0];
  }

  /** Declares the list of an address. False when it is so already. An empty list takes it from everybody. */
  set(address: IpAddress, list: readonly string[], eligible: EligibleNodes): boolean {
    const before = this.#entries.get(address);
    if (list.length === 0) return before !== undefined && this.#revokeAll(address, before);
    const interfaces = list.map((node) => eligible.get(node)?.interfaces);
    if (before?.adopted === false && sameList(before, { list, interfaces })) return false;
    const epoch = this.#grant(address, { list, interfaces });
    if (before !== undefined && before.list[0] !== list[0]) this.#moves.add({});
    const outgoing = before === undefined ? undefined : this.#retire(address, before, list);
    this.#put(address, { list, interfaces, epoch, adopted: false, outgoing });
    return true;
  }

  /** A speaker's claims changed: the old owner goes when the new one has claimed by its newest grant. */
  claimed(address: IpAddress): void {
    const entry = this.#entries.get(address);
    if (entry?.outgoing !== undefined && this.isClaimed(address)) this.#finish(address, 'claimed');
  }

  /** Whether the owner says that it announces, by the grant of now. */
  isClaimed(address: IpAddress): boolean {
    const entry = this.#entries.get(address);
    const claim = entry && this.#dependencies.speakers.speaker(entry.list[0] ?? '')?.claims.get(address);
    return entry !== undefined && claim !== undefined && compareEpochs(claim, entry.epoch) >= 0;
  }

  /** Who is gone has nothing to hand over. */
  speakerDown(nodeName: string): void {
    for (const address of [...this.#handing]) {
      if (this.#entries.get(address)?.outgoing?.node === nodeName) this.#finish(address, 'cancelled');
    }
  }

  stop(): void {
    for (const address of this.#handing) this.#entries.get(address)?.outgoing?.timer.cancel();
  }

  /** Tells the candidates, by an epoch that was never used. */
  #grant(address: IpAddress, { list, interfaces }: Pick<Entry, 'list' | 'interfaces'>): Epoch {
    this.#counter += 1;
    const epoch: Epoch = { generation: this.#generation, counter: this.#counter };
    for (const [at, node] of list.entries()) {
      const allowed = interfaces[at];
      const bound = allowed === undefined ? {} : { interfaces: allowed };
      const grant: Grant = { address, epoch, candidates: list, ...bound };
      this.#dependencies.speakers.grant(node, grant);
    }
    return epoch;
  }

  /** Takes the address from those who are not in the new list. Returns the one who keeps it for a while. */
  #retire(address: IpAddress, before: Entry, list: readonly string[]): Outgoing | undefined {
    const { speakers } = this.#dependencies;
    const [owner = ''] = before.list;
    const handing = before.outgoing?.node ?? owner;
    const keeps = !list.includes(handing) && speakers.speaker(handing)?.alive === true;
    for (const node of new Set([...before.list, handing])) {
      if (!list.includes(node) && !(keeps && node === handing)) speakers.revoke(node, address);
    }
    if (keeps && before.outgoing !== undefined) return before.outgoing;
    if (before.outgoing !== undefined) this.#settle(before.outgoing, 'cancelled');
    if (!keeps) return undefined;
    const { handoverMs } = this.#options;
    const timer = this.#dependencies.timers.start(handoverMs, () => this.#finish(address, 'timeout'));
    return { node: handing, timer };
  }

  #revokeAll(address: IpAddress, before: Entry): true {
    if (before.outgoing !== undefined) this.#settle(before.outgoing, 'cancelled');
    for (const node of [...before.list, before.outgoing?.node ?? '']) this.#dependencies.speakers.revoke(node, address);
    this.#entries.delete(address);
    this.#handing.delete(address);
    return true;
  }

  #finish(address: IpAddress, result: HandoverResult): void {
    const entry = this.#entries.get(address);
    if (entry?.outgoing === undefined) return;
    this.#settle(entry.outgoing, result);
    this.#dependencies.speakers.revoke(entry.outgoing.node, address);
    this.#put(address, { ...entry, outgoing: undefined });
  }

  #settle(outgoing: Outgoing, result: HandoverResult): void {
    outgoing.timer.cancel();
    this.#handovers.add({ result });
  }

  #put(address: IpAddress, entry: Entry): void {
    this.#entries.set(address, entry);
    if (entry.outgoing === undefined) this.#handing.delete(address);
    else this.#handing.add(address);
  }
}

function sameList(a: Pick<Entry, 'list' | 'interfaces'>, b: Pick<Entry, 'list' | 'interfaces'>): boolean {
  return (
    a.list.length === b.list.length &&
    a.list.every((node, at) => node === b.list[at] && a.interfaces[at]?.join() === b.interfaces[at]?.join())
  );
}
