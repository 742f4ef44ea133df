import type { IpAddress, MacAddress } from '../../core/net/index.ts';
import type { Claim } from '../../ports/channel.ts';
import type { Counter, Histogram, Metrics } from '../../ports/metrics.ts';
import type { Clock } from '../../ports/time.ts';
import { FAILOVER_GAP, OWNER_CHANGES } from './metrics.ts';

/** Who announces an address, and how it came to that. */
export interface Ownership {
  readonly node: string;
  readonly since: Date;
  /** A word of the ownership machine. */
  readonly reason: string;
  /** From the last sign of the former owner to the first claim of this one; absent when there was none. */
  readonly gapMs?: number;
  /** When another node last asked the LAN and this owner answered. */
  readonly verifiedAt?: Date;
  /** Another node asked, and not this owner answered; nor did it after it had claimed once more. */
  readonly dispute?: Dispute;
}

export interface Dispute {
  /** Who asked. */
  readonly by: string;
  /** But for the owner. Empty: nobody did. */
  readonly answeredBy: readonly MacAddress[];
  /** Nodes of the cluster among them, perhaps the owner too. */
  readonly nodes?: readonly string[];
}

/** The words that label a metric: ClaimReason of the ownership machine. Whatever else a speaker says is counted as `other`. */
const REASONS: ReadonlySet<string> = new Set([
  'granted',
  'restored',
  'confirmed',
  'neighbour-down',
  'neighbour-deaf',
  'grace-over',
  'neighbour-stopped',
  'owner-released',
  'link-up',
  'unclaimed',
]);

/** Remembers of each address who announces it. What it was told before it was claimed it believes of the same node only. */
export class OwnerHistory {
  readonly #clock: Clock;
  readonly #changes: Counter<'reason'>;
  readonly #gaps: Histogram;
  /** BOUNDED: by the addresses that are announced. */
  readonly #ownerships = new Map<IpAddress, Ownership>();
  /** What earlier leaders wrote down. BOUNDED: by the addresses of the Services when we began. */
  readonly #written = new Map<IpAddress, Ownership>();

  constructor(dependencies: { readonly clock: Clock; readonly metrics: Metrics }) {
    this.#clock = dependencies.clock;
    this.#changes = dependencies.metrics.counter(OWNER_CHANGES);
    this.#gaps = dependencies.metrics.histogram(FAILOVER_GAP);
  }

  of(address: IpAddress): Ownership | undefined {
    return this.#ownerships.get(address);
  }

  /** Whether it was ever announced for the Services that have it, as far as is known. */
  knows(address: IpAddress): boolean {
    return this.#ownerships.has(address) || this.#written.has(address);
  }

  /** What was written down by an earlier leader. */
  recall(address: IpAddress, ownership: Ownership): void {
    this.#written.set(address, ownership);
  }

  /** A node announces it. True when that is another one than before. */
  claimed(address: IpAddress, node: string, claim: Claim): boolean {
    const before = this.#ownerships.get(address);
    if (before?.node === node) return false;
    const written = this.#written.get(address);
    this.#written.delete(address);
    if (before === undefined && written?.node === node) {
      this.#ownerships.set(address, written);
      return true;
    }
    const { reason = 'granted', gapMs, heldForMs = 0 } = claim;
    const since = new Date(this.#clock.wallTime().getTime() - heldForMs);
    this.#ownerships.set(address, { node, since, reason, ...(gapMs === undefined ? {} : { gapMs }) });
    this.#changes.add({ reason: REASONS.has(reason) ? reason : 'other' });
    if (gapMs !== undefined) this.#gaps.observe({}, gapMs / 1_000);
    return true;
  }

  /** Somebody asked the LAN, and the owner answered. False when it is not the owner any more. */
  verified(address: IpAddress, node: string): boolean {
    const before = this.#ownerships.get(address);
    if (before?.node !== node) return false;
    const { dispute: _, ...rest } = before;
    this.#ownerships.set(address, { ...rest, verifiedAt: this.#clock.wallTime() });
    return true;
  }

  /** False when it is known, or about another owner. */
  disputed(address: IpAddress, node: string, dispute: Dispute): boolean {
    const before = this.#ownerships.get(address);
    if (before?.node !== node || (before.dispute && sameDispute(before.dispute, dispute))) return false;
    this.#ownerships.set(address, { ...before, dispute });
    return true;
  }

  forget(address: IpAddress): void {
    this.#ownerships.delete(address);
    this.#written.delete(address);
  }
}

function sameDispute(a: Dispute, b: Dispute): boolean {
  return a.answeredBy.join() === b.answeredBy.join() && a.nodes?.join() === b.nodes?.join();
}
