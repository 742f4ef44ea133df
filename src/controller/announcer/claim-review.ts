import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { Claim } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import { compareEpochs, isPlausible } from './epochs.ts';
import type { ClaimVerdict, GrantLedger } from './grant-ledger.ts';
import { CLAIMS_REFUSED } from './metrics.ts';
import type { OwnerHistory, Ownership } from './owner-history.ts';

export interface ClaimReviewDependencies {
  readonly speakers: Speakers;
  readonly ledger: GrantLedger;
  readonly history: OwnerHistory;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What speakers say that they announce, held against what they were granted. */
export class ClaimReview {
  readonly #dependencies: ClaimReviewDependencies;
  readonly #refused: Counter<'reason'>;
  /** Who was caught in a claim by no grant: told once. BOUNDED: by the nodes with a speaker. */
  readonly #accused = new Set<string>();

  constructor(dependencies: ClaimReviewDependencies) {
    this.#dependencies = dependencies;
    this.#refused = dependencies.metrics.counter(CLAIMS_REFUSED);
  }

  /** The claim of a node is not what it was. True when with it the address changed hands. */
  look(address: IpAddress, nodeName: string): boolean {
    const claim = this.#dependencies.speakers.speaker(nodeName)?.claims.get(address);
    const verdict = this.#dependencies.ledger.judge(address, nodeName);
    if (claim === undefined || verdict === undefined) return this.#returned(address, nodeName);
    if (verdict === 'late' || verdict === 'never-granted') {
      this.#refuse(address, nodeName, verdict);
      return false;
    }
    return this.#dependencies.history.claimed(address, nodeName, claim);
  }

  /**
   * Takes over what is announced, as its own grants say: of two, the one with the newer grant, or the later term. Returns by
   * whom. The first time, each grant that is found is of an earlier leader, and is outranked.
   */
  adopt({ isFirst }: { readonly isFirst: boolean }): ReadonlyMap<IpAddress, string> {
    const { ledger, speakers, history } = this.#dependencies;
    const strongest = this.#strongest();
    const found = [...strongest.values()].map(({ claim }) => claim.epoch);
    for (const { newestEpoch } of speakers.alive())
      if (newestEpoch && isPlausible(newestEpoch)) found.push(newestEpoch);
    for (const epoch of found) if (isFirst || !ledger.outranks(epoch)) ledger.outrank(epoch);
    for (const [address, { node, claim }] of strongest) {
      const verdict = ledger.ownerOf(address) === undefined ? undefined : ledger.judge(address, node);
      if (verdict !== 'owner' && verdict !== 'takeover') ledger.adopt(address, node, claim.epoch);
      history.claimed(address, node, claim);
    }
    return new Map([...strongest].map(([address, { node }]) => [address, node]));
  }

  /** Who announces an address, when that one is still known to. */
  ownershipOf(address: IpAddress): Ownership | undefined {
    const ownership = this.#dependencies.history.of(address);
    if (ownership === undefined) return undefined;
    const claims = this.#dependencies.speakers.speaker(ownership.node)?.claims;
    return claims?.has(address) === true ? ownership : undefined;
  }

  /** Whoever took the address over let go of it. True when the owner that we chose still has it. */
  #returned(address: IpAddress, nodeName: string): boolean {
    const { ledger, history, speakers } = this.#dependencies;
    ledger.released(address, nodeName);
    const owner = ledger.holderOf(address);
    if (owner === undefined || owner === nodeName || history.of(address)?.node !== nodeName) return false;
    const claim = speakers.speaker(owner)?.claims.get(address);
    if (claim === undefined) return false;
    const { gapMs: _, ...again } = claim;
    return history.claimed(address, owner, again);
  }

  #strongest(): Map<IpAddress, { readonly node: string; readonly claim: Claim }> {
    const strongest = new Map<IpAddress, { readonly node: string; readonly claim: Claim }>();
    for (const { nodeName: node, claims } of this.#dependencies.speakers.alive()) {
      for (const [address, claim] of claims) {
        if (!isPlausible(claim.epoch)) {
          this.#refuse(address, node, 'never-granted');
          continue;
        }
        const other = strongest.get(address);
        if (other === undefined || compareClaims(claim, other.claim) > 0) strongest.set(address, { node, claim });
      }
    }
    return strongest;
  }

  #refuse(address: IpAddress, nodeName: string, reason: Extract<ClaimVerdict, 'late' | 'never-granted'>): void {
    this.#refused.add({ reason });
    if (reason === 'late' || this.#accused.has(nodeName)) return;
    this.#accused.add(nodeName);
    this.#dependencies.log.warn('claim-never-granted', {
      node: nodeName,
      address: formatIp(address),
      remedy: 'look at the speaker of that node: it announces what it was not told to',
    });
  }
}

function compareClaims(a: Claim, b: Claim): number {
  return compareEpochs(a.epoch, b.epoch) || a.term - b.term;
}
