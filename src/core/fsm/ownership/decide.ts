import type { ClaimOrder, Epoch } from '../../codec/hello/index.ts';
import { UNRANKED } from '../../codec/hello/index.ts';
import { compareClaims, compareEpochs, isStronger } from './claim-order.ts';
import { isAway } from './liveness.ts';
import type { Party, Situation } from './situation.ts';
import type { ClaimReason, ReleaseReason, StandInReason } from './types.ts';

/** How this node stands to one address. */
export type AddressState =
  /** It is no candidate. */
  | { readonly kind: 'idle' }
  /** Somebody else has it, or nobody may. */
  | { readonly kind: 'standby'; readonly owner?: string }
  /** Nobody has it; this node takes it unless a better candidate does first. */
  | { readonly kind: 'vacant'; readonly sinceMs: number; readonly cause: ClaimReason; readonly former?: string }
  /** It answers in the place of the owner. */
  | { readonly kind: 'standing-in'; readonly owner: string; readonly order: ClaimOrder }
  /** It owned the address when its speaker stopped. */
  | { readonly kind: 'restored'; readonly order: ClaimOrder }
  /** `contested`: another claims it too, with less right. */
  | { readonly kind: 'owner'; readonly order: ClaimOrder; readonly contested: boolean };

/** What to do about the address; `againMs` = when to decide anew, if nothing happens before. */
export interface Decision {
  readonly state: AddressState;
  readonly deed?: Deed;
  readonly againMs?: number;
}

export type Deed =
  | { readonly kind: 'claim'; readonly reason: ClaimReason; readonly from?: string; readonly gapMs?: number }
  | { readonly kind: 'stand-in'; readonly reason: StandInReason }
  | { readonly kind: 'release'; readonly reason: ReleaseReason; readonly to?: string }
  | { readonly kind: 'refresh' };

interface Claimant extends Party {
  readonly claim: ClaimOrder;
}

/**
 * Decides what this node does about one address from all that it knows now, whatever happened before. Pure, and level-based: to
 * decide twice changes nothing.
 */
export function decide(state: AddressState, situation: Situation): Decision {
  if (situation.grant === undefined) return resigned(state, { kind: 'idle' }, 'revoked');
  if (state.kind === 'owner') return asOwner(state, situation);
  if (!situation.able) return resigned(state, state.kind === 'vacant' ? state : { kind: 'standby' }, 'link-down');
  const holders = situation.parties.filter((party) => holds(party, situation));
  const holder = strongest(holders);
  if (state.kind === 'restored') return asRestored(state, holders, situation);
  const rank = rankOf(situation);
  if (rank === UNRANKED) return resigned(state, { kind: 'idle' }, 'not-needed');
  const granted: ClaimOrder = { epoch: situation.grant.epoch, term: 0, rank };
  const mayClaim = rank === 0 && !situation.leaving;
  if (mayClaim && situation.parties.filter(claims).every((party) => prevails(granted, party, situation))) {
    const fromMs = Math.max(situation.listenUntilMs, situation.actFromMs);
    if (situation.nowMs < fromMs) return { state, againMs: fromMs };
    const isOwn = state.kind === 'vacant' && state.cause === 'link-up' && holder === undefined;
    const reason: ClaimReason = isOwn ? 'link-up' : 'granted';
    return claimed(granted, holder, { kind: 'claim', reason, ...comingFrom(holder) });
  }
  return holder === undefined ? asHeir(state, situation) : asStandby(state, holder, situation);
}

/** The speaker was away: whoever took the address over has said so by now. What it would not keep it does not claim. */
function asRestored(
  { order }: Extract<AddressState, { kind: 'restored' }>,
  holders: readonly Claimant[],
  situation: Situation,
): Decision {
  const yields = (party: Claimant): boolean => !prevails(order, party, situation) || !keeps(order, party, situation);
  const better = strongest(holders.filter(yields));
  if (better === undefined) return claimed(order, strongest(holders), { kind: 'claim', reason: 'restored' });
  return {
    state: { kind: 'standby', owner: better.nodeName },
    deed: { kind: 'release', reason: 'outranked', to: better.nodeName },
  };
}

function asOwner(state: Extract<AddressState, { kind: 'owner' }>, situation: Situation): Decision {
  const { grant, able, nowMs } = situation;
  if (!able) return resigned(state, { kind: 'vacant', sinceMs: nowMs, cause: 'link-up' }, 'link-down');
  const holders = situation.parties.filter((party) => holds(party, situation));
  const holder = strongest(holders.filter((party) => !keeps(state.order, party, situation)));
  if (holder !== undefined) {
    const moved = holder.claim.term === 0 && compareEpochs(holder.claim.epoch, state.order.epoch) > 0;
    const reason: ReleaseReason = moved ? 'moved' : holder.unhearing ? 'unheard' : 'outranked';
    const deed: Deed = { kind: 'release', reason, to: holder.nodeName };
    return { state: { kind: 'standby', owner: holder.nodeName }, deed };
  }
  const contested = holders.length > 0;
  const rank = rankOf(situation);
  if (rank === 0 && grant !== undefined && compareEpochs(grant.epoch, state.order.epoch) > 0) {
    const order: ClaimOrder = { epoch: grant.epoch, term: 0, rank };
    return { state: { kind: 'owner', order, contested }, deed: { kind: 'claim', reason: 'confirmed' } };
  }
  if (contested === state.contested) return { state };
  // Whoever learnt the other's MAC meanwhile has to learn this node's again.
  return { state: { ...state, contested }, ...(contested ? {} : { deed: { kind: 'refresh' } }) };
}

/** Somebody claims the address: is its speaker there to answer? */
function asStandby(state: AddressState, holder: Claimant, situation: Situation): Decision {
  const standby: AddressState = { kind: 'standby', owner: holder.nodeName };
  if (!isAway(holder.standing)) return resigned(state, standby, 'owner-returned');
  const endMs = graceEndMs(holder, situation);
  const turnMs = Math.max(holder.awaySinceMs + waitMs(situation, holder.nodeName), situation.actFromMs);
  const taken = situation.parties.some(
    (party) => party.standsIn && isBetter(party, situation) && party.standing === 'heard',
  );
  if (!situation.standIn || situation.leaving || taken)
    return { ...resigned(state, standby, 'not-needed'), againMs: endMs };
  if (state.kind === 'standing-in' && state.owner === holder.nodeName)
    return { state: { ...state, order: holder.claim }, againMs: endMs };
  if (situation.nowMs < turnMs) return { ...resigned(state, standby, 'not-needed'), againMs: turnMs };
  const reason: StandInReason = holder.standing === 'stopped' ? 'neighbour-stopped' : 'neighbour-leaving';
  const standingIn: AddressState = { kind: 'standing-in', owner: holder.nodeName, order: holder.claim };
  return { state: standingIn, deed: { kind: 'stand-in', reason }, againMs: endMs };
}

/** Nobody has the address. */
function asHeir(state: AddressState, situation: Situation): Decision {
  const { nowMs, actFromMs, timing } = situation;
  const former = strongest(situation.parties.filter(claims));
  const vacant: Extract<AddressState, { kind: 'vacant' }> =
    state.kind === 'vacant' ? state : { kind: 'vacant', sinceMs: nowMs, ...vacancy(state, former, situation) };
  if (situation.leaving) return resigned(state, vacant, 'not-needed');
  // A stand-in answers already: it goes on by itself.
  const pauseMs = state.kind === 'standing-in' ? 0 : waitMs(situation, vacant.former, vacant.cause);
  const dueMs = Math.max(vacant.sinceMs + pauseMs, actFromMs);
  if (nowMs < dueMs) {
    if (state.kind === 'standing-in') return { state, againMs: dueMs };
    return { state: vacant, ...(dueMs < Number.POSITIVE_INFINITY ? { againMs: dueMs } : {}) };
  }
  // Somebody may hold it who had no time to say so: with the CPUs busy, what a node of a thousand claims says takes long.
  if (vacant.cause === 'unclaimed' && nowMs < dueMs + timing.untoldPatienceMs && situation.parties.some(isTelling))
    return { state: vacant, againMs: nowMs + timing.helloIntervalMs };
  return claimed(following(situation, former), undefined, {
    kind: 'claim',
    reason: vacant.cause,
    ...comingFrom({ nodeName: vacant.former }),
    ...(former?.nodeName === vacant.former && former !== undefined ? { gapMs: nowMs - former.lastSignMs } : {}),
  });
}

function vacancy(
  state: AddressState,
  former: Claimant | undefined,
  situation: Situation,
): { readonly cause: ClaimReason; readonly former?: string } {
  if (former !== undefined) return { cause: causeOf(former, situation), former: former.nodeName };
  const owner = state.kind === 'standby' || state.kind === 'standing-in' ? state.owner : undefined;
  // Of one that it knows no longer, nothing can be said.
  const isKnown = situation.parties.some(({ nodeName, standing }) => nodeName === owner && standing !== 'never-heard');
  return owner === undefined || !isKnown ? { cause: 'unclaimed' } : { cause: 'owner-released', former: owner };
}

function causeOf({ standing }: Claimant, { standIn }: Situation): ClaimReason {
  if (standing === 'down') return 'neighbour-down';
  if (standing === 'deaf') return 'neighbour-deaf';
  return standIn ? 'grace-over' : 'neighbour-stopped';
}

function isTelling({ standing, untold }: Party): boolean {
  return standing === 'heard' && untold;
}

/** How long better candidates are waited for that could act as well. */
function waitMs(situation: Situation, former: string | undefined, cause?: ClaimReason): number {
  const { patienceMs, grantPatienceMs } = situation.timing;
  let sumMs = 0;
  for (const party of situation.parties) {
    if (party.nodeName === former || !isBetter(party, situation)) continue;
    // It may be announcing behind a firewall: while nobody is known to have died, only the controller can tell.
    if (party.standing === 'never-heard') sumMs += cause === 'unclaimed' ? Number.POSITIVE_INFINITY : grantPatienceMs;
    else if ((party.standing === 'heard' || party.starting) && party.able)
      sumMs += cause === 'unclaimed' ? grantPatienceMs : patienceMs;
  }
  return sumMs;
}

/** The claim with which this node takes the address over: stronger than all before. */
function following(situation: Situation, former: Claimant | undefined): ClaimOrder {
  const granted: ClaimOrder = { epoch: situation.grant?.epoch ?? NO_EPOCH, term: 0, rank: rankOf(situation) };
  const last = former !== undefined && compareClaims(former.claim, granted) > 0 ? former.claim : granted;
  return { epoch: last.epoch, term: last.term + 1, rank: granted.rank };
}

const NO_EPOCH: Epoch = { generation: 0, counter: 0 };

/** A claim holds while its owner may be forwarding. One who is away holds nothing that another took over, though that one died. */
function holds(party: Party, situation: Situation): party is Claimant {
  if (!claims(party)) return false;
  if (party.standing === 'heard') return true;
  if (!isAway(party.standing) || situation.nowMs >= graceEndMs(party, situation)) return false;
  return strongest(situation.parties.filter(claims)) === party;
}

/** When the claim of one whose speaker is away ends, in ms: one that comes back only to go again is waited for anew. */
function graceEndMs({ standing, starting, awaySinceMs, lastSignMs }: Party, { standIn, timing }: Situation): number {
  if (standIn || (starting && standing === 'leaving')) return Math.max(awaySinceMs, lastSignMs) + timing.standInGraceMs;
  return standing === 'leaving' ? awaySinceMs : awaySinceMs + timing.silenceGraceMs;
}

function claims(party: Party): party is Claimant {
  return party.claim !== undefined;
}

function strongest(claimants: readonly Claimant[]): Claimant | undefined {
  return claimants.reduce<Claimant | undefined>(
    (best, party) =>
      best === undefined || isStronger(party.claim, party.nodeName, best.claim, best.nodeName) ? party : best,
    undefined,
  );
}

/** Whatever the claims: against one that does not hear this node only this node can give way. */
function prevails(own: ClaimOrder, other: Claimant, { nodeName }: Situation): boolean {
  return !other.unhearing && isStronger(own, nodeName, other.claim, other.nodeName);
}

/**
 * Whether an owner keeps the address against another. Who was cut off alone took over what the others had never lost: among
 * claims of one epoch that of a node in company prevails. One that is silent is no company: it may be booting.
 */
function keeps(own: ClaimOrder, other: Claimant, situation: Situation): boolean {
  const isSameEpoch = compareEpochs(own.epoch, other.claim.epoch) === 0;
  const inCompany = other.standing === 'heard' || situation.parties.some((party) => isCompany(party, situation));
  return isSameEpoch && inCompany && situation.alone !== other.alone && !other.unhearing
    ? other.alone
    : prevails(own, other, situation);
}

/** To who was alone itself, one that is heard again says of a silent owner only by standing in for it that it did not die. */
function isCompany({ standing, standsIn }: Party, { alone }: Situation): boolean {
  return standing === 'heard' && (standsIn || !alone);
}

function rankOf({ grant, nodeName }: Situation): number {
  const rank = grant?.candidates.indexOf(nodeName) ?? -1;
  return rank === -1 ? UNRANKED : Math.min(rank, UNRANKED - 1);
}

function isBetter({ nodeName }: Party, situation: Situation): boolean {
  const rank = situation.grant?.candidates.indexOf(nodeName) ?? -1;
  return rank !== -1 && rank < rankOf(situation);
}

function comingFrom(former: { readonly nodeName: string | undefined } | undefined): { readonly from?: string } {
  return former?.nodeName === undefined ? {} : { from: former.nodeName };
}

function claimed(order: ClaimOrder, rival: Claimant | undefined, deed: Deed): Decision {
  return { state: { kind: 'owner', order, contested: rival !== undefined }, deed };
}

/** Goes into a state in which nothing is answered. */
function resigned(before: AddressState, state: AddressState, reason: ReleaseReason): Decision {
  const answered = before.kind === 'owner' || before.kind === 'standing-in' || before.kind === 'restored';
  return { state, ...(answered ? { deed: { kind: 'release', reason } } : {}) };
}
