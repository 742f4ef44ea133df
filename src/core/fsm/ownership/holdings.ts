import type { HelloEntry } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';
import { compareClaims, compareEpochs } from './claim-order.ts';
import { type AddressState, type Deed, decide } from './decide.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { isThere, type NodeFacts, situationOf } from './situation.ts';
import type { OwnershipAction, OwnershipGrant, RestoredClaim } from './types.ts';
import { Verifications } from './verifications.ts';

/** A decision that does not come to rest is a defect, but not one that may stop the speaker. */
const MOST_DEEDS = 4;

/** One address of which this node has, or had, something. */
interface Holding {
  grant: OwnershipGrant | undefined;
  state: AddressState;
}

/** All addresses that were granted to this node, or that it still holds: decides about those that something happened to. */
export class Holdings {
  readonly #neighbourhood: Neighbourhood;
  readonly #verifications: Verifications;
  /** BOUNDED: by the grants, which the speaker limits. */
  readonly #holdings = new Map<IpAddress, Holding>();
  /** Addresses to decide about before the event is done. BOUNDED: by the holdings. */
  readonly #undecided = new Set<IpAddress>();
  /** When to decide anew about addresses that wait for something, in ms. BOUNDED: by the holdings. */
  readonly #againMs = new Map<IpAddress, number>();
  /** The earliest of them, or earlier. */
  #decideMs = Number.POSITIVE_INFINITY;
  #actions: OwnershipAction[] = [];

  constructor(options: { readonly helloIntervalMs: number }, neighbourhood: Neighbourhood) {
    this.#neighbourhood = neighbourhood;
    this.#verifications = new Verifications(options.helloIntervalMs);
  }

  takeActions(): OwnershipAction[] {
    return this.#actions.splice(0);
  }

  /** Out of order an older grant may come after a newer one: it changes nothing. */
  grant(changed: readonly OwnershipGrant[], revoked: readonly IpAddress[]): void {
    for (const grant of changed) {
      const holding = this.#holdings.get(grant.address);
      if (holding?.grant !== undefined && compareEpochs(grant.epoch, holding.grant.epoch) < 0) continue;
      this.#holdings.set(grant.address, { grant, state: holding?.state ?? { kind: 'idle' } });
      this.#undecided.add(grant.address);
    }
    for (const address of revoked) {
      const holding = this.#holdings.get(address);
      if (holding === undefined) continue;
      holding.grant = undefined;
      this.#undecided.add(address);
    }
  }

  restore(claims: readonly RestoredClaim[]): void {
    for (const { address, order } of claims) {
      const grant = this.#holdings.get(address)?.grant;
      const state: AddressState = { kind: 'restored', order };
      this.#holdings.set(address, { grant, state });
      // Others that start now know nothing of it, and may have been granted the address.
      this.#neighbourhood.rounds.hold(address, entryOf(address, state));
      this.#undecided.add(address);
    }
  }

  /** Announces once more what this node owns of these. */
  reclaim(addresses: readonly IpAddress[]): void {
    for (const address of addresses)
      if (this.#holdings.get(address)?.state.kind === 'owner') this.#actions.push({ kind: 'refresh', address });
  }

  /** Something changed that every decision depends on. */
  reconsider(): void {
    for (const address of this.#holdings.keys()) this.#undecided.add(address);
  }

  turn(nowMs: number): void {
    if (nowMs >= this.#decideMs) {
      this.#decideMs = Number.POSITIVE_INFINITY;
      for (const [address, againMs] of this.#againMs) {
        if (againMs <= nowMs) this.#undecided.add(address);
        else this.#decideMs = Math.min(this.#decideMs, againMs);
      }
    }
    for (const address of this.#verifications.take(nowMs)) this.#verify(address);
  }

  nextTurnMs(): number {
    return Math.min(this.#decideMs, this.#verifications.nextMs());
  }

  /** Decides about every address that something happened to. */
  decide(facts: NodeFacts): void {
    this.#hearNews();
    for (const address of this.#undecided) {
      const holding = this.#holdings.get(address);
      // As long as the node listens it lets go of things, but takes nothing.
      if (holding !== undefined && !(facts.starting && holding.grant !== undefined))
        this.#decideAbout(address, holding, facts);
    }
    this.#undecided.clear();
  }

  #hearNews(): void {
    const { held, neighbours } = this.#neighbourhood.takeNews();
    for (const address of held) if (this.#holdings.has(address)) this.#undecided.add(address);
    if (neighbours.size === 0) return;
    for (const [address, { grant, state }] of this.#holdings)
      for (const nodeName of neighbours)
        if (ownerIn(state) === nodeName || grant?.candidates.includes(nodeName) || this.#isHeldBy(address, nodeName))
          this.#undecided.add(address);
  }

  #isHeldBy(address: IpAddress, nodeName: string): boolean {
    return this.#neighbourhood.get(nodeName)?.inbox.get(address) !== undefined;
  }

  /** What is done may itself be a reason to do more: who lets go of an address may have to stand in for it. */
  #decideAbout(address: IpAddress, holding: Holding, facts: NodeFacts): void {
    const situation = situationOf(address, holding.grant, { ...facts, neighbourhood: this.#neighbourhood });
    const before = entryOf(address, holding.state);
    const ownerBefore = ownerIn(holding.state);
    for (let left = MOST_DEEDS; left > 0; left -= 1) {
      const { state, deed, againMs } = decide(holding.state, situation);
      holding.state = state;
      this.#wait(address, againMs);
      if (deed === undefined) break;
      this.#perform(address, state, deed);
    }
    const entry = entryOf(address, holding.state);
    if (!isSameEntry(before, entry)) this.#neighbourhood.rounds.hold(address, entry);
    if (ownerIn(holding.state) !== ownerBefore && this.#isWitness(holding))
      this.#verifications.note(address, facts.nowMs);
    if (holding.grant !== undefined) return;
    this.#holdings.delete(address);
    this.#wait(address, undefined);
    this.#verifications.forget(address);
  }

  #wait(address: IpAddress, againMs: number | undefined): void {
    if (againMs === undefined) this.#againMs.delete(address);
    else {
      this.#againMs.set(address, againMs);
      this.#decideMs = Math.min(this.#decideMs, againMs);
    }
  }

  #perform(address: IpAddress, state: AddressState, deed: Deed): void {
    if (deed.kind === 'claim') {
      if (state.kind === 'owner') this.#actions.push({ ...deed, address, order: state.order });
    } else if (deed.kind === 'stand-in') {
      if (state.kind !== 'standing-in') return;
      const interfaces = this.#neighbourhood.get(state.owner)?.interfaces ?? [];
      this.#actions.push({ ...deed, address, owner: state.owner, interfaces });
    } else this.#actions.push({ ...deed, address });
  }

  /** The best candidate that is there, besides the new owner itself, verifies a takeover. */
  #isWitness({ grant, state }: Holding): boolean {
    if (grant === undefined || state.kind !== 'standby' || state.owner === undefined) return false;
    const own = this.#neighbourhood.nodeName;
    const isAble = (name: string): boolean =>
      name === own || (name !== state.owner && isThere(this.#neighbourhood.get(name)));
    return grant.candidates.find(isAble) === own;
  }

  #verify(address: IpAddress): void {
    const grant = this.#holdings.get(address)?.grant;
    if (grant === undefined) return;
    for (const owner of this.#neighbourhood.all()) {
      if (owner.inbox.get(address)?.holding !== 'claim' || !isThere(owner)) continue;
      const interfaces = owner.interfaces.filter(({ name, up }) => up && (grant.interfaces?.includes(name) ?? true));
      this.#actions.push({ kind: 'verify', address, owner: owner.nodeName, interfaces });
    }
  }
}

/** The other node that has the address, as far as a state says so. */
function ownerIn(state: AddressState): string | undefined {
  return state.kind === 'standby' || state.kind === 'standing-in' ? state.owner : undefined;
}

function entryOf(address: IpAddress, state: AddressState): HelloEntry | undefined {
  if (state.kind === 'owner' || state.kind === 'restored') return { address, holding: 'claim', order: state.order };
  if (state.kind === 'standing-in') return { address, holding: 'stand-in', order: state.order };
  return undefined;
}

function isSameEntry(a: HelloEntry | undefined, b: HelloEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.holding === b.holding && compareClaims(a.order, b.order) === 0;
}
