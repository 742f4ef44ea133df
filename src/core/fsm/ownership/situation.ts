import type { ClaimOrder, Epoch } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';
import { lastSignMs, NEVER } from './liveness.ts';
import type { Neighbour } from './neighbour.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import type { OwnershipGrant, OwnershipTiming, Standing } from './types.ts';

/** A neighbour that claims the address, or that may. */
export interface Party {
  readonly nodeName: string;
  readonly standing: Standing;
  /** Since when it has been away, in ms. */
  readonly awaySinceMs: number;
  /** Its last sign of life, in ms. */
  readonly lastSignMs: number;
  /** Some link of it can carry the address. */
  readonly able: boolean;
  /** It has just started, and what it held it may still hold. */
  readonly starting: boolean;
  /** It hears nobody, or did not until just now. */
  readonly alone: boolean;
  /** It is heard and hears others, but has not heard this node for a while: it does not know what this node claims. */
  readonly unhearing: boolean;
  /** It holds something that this node was not told of yet. */
  readonly untold: boolean;
  /** Its claim, if it has one. */
  readonly claim?: ClaimOrder;
  readonly standsIn: boolean;
}

/** All that a decision about one address depends on. */
export interface Situation {
  readonly nowMs: number;
  readonly nodeName: string;
  /** Undefined = this node was granted nothing, or no longer. */
  readonly grant: { readonly epoch: Epoch; readonly candidates: readonly string[] } | undefined;
  /** Some link of this node can carry the address. */
  readonly able: boolean;
  /** Its speaker stops by plan: it begins nothing. */
  readonly leaving: boolean;
  /** It hears nobody, or did not until just now. */
  readonly alone: boolean;
  /** It takes nothing before, because it was cut off or overslept, and has yet to hear what the others did. */
  readonly actFromMs: number;
  /** Some neighbour may hold the address without this node knowing, until then. */
  readonly listenUntilMs: number;
  /** Neighbours that are candidates or claim the address. */
  readonly parties: readonly Party[];
  readonly standIn: boolean;
  readonly timing: OwnershipTiming;
}

/** What is true of this node, whatever the address. */
export interface NodeFacts {
  readonly nowMs: number;
  /** It has just started, and listens before it acts. */
  readonly starting: boolean;
  readonly leaving: boolean;
  readonly alone: boolean;
  /** Names of its interfaces that can be relied on. */
  readonly usable: ReadonlySet<string>;
  /** It takes nothing before, in ms. */
  readonly actFromMs: number;
  readonly standIn: boolean;
  readonly timing: OwnershipTiming;
}

/** Gathers what the decision about one address depends on. */
export function situationOf(
  address: IpAddress,
  grant: OwnershipGrant | undefined,
  facts: NodeFacts & { readonly neighbourhood: Neighbourhood },
): Situation {
  const { neighbourhood, usable, timing } = facts;
  const parties: Party[] = [];
  let listenUntilMs = NEVER;
  for (const nodeName of grant?.candidates ?? [])
    if (nodeName !== neighbourhood.nodeName && neighbourhood.get(nodeName) === undefined)
      parties.push(stranger(nodeName));
  for (const neighbour of neighbourhood.all()) {
    const isCandidate = grant?.candidates.includes(neighbour.nodeName) === true;
    if (!isCandidate && neighbour.inbox.get(address) === undefined) continue;
    parties.push(partyOf(neighbour, { address, interfaces: grant?.interfaces, nowMs: facts.nowMs }));
    listenUntilMs = Math.max(listenUntilMs, neighbour.untoldUntilMs(timing.settleMs));
  }
  return {
    nowMs: facts.nowMs,
    nodeName: neighbourhood.nodeName,
    grant,
    able: grant?.interfaces?.some((name) => usable.has(name)) ?? usable.size > 0,
    leaving: facts.leaving,
    alone: facts.alone,
    actFromMs: facts.actFromMs,
    listenUntilMs,
    parties,
    standIn: facts.standIn,
    timing,
  };
}

export function isThere(neighbour: Neighbour | undefined): boolean {
  return neighbour?.liveness.standing === 'heard';
}

interface Question {
  readonly address: IpAddress;
  readonly interfaces: readonly string[] | undefined;
  readonly nowMs: number;
}

function partyOf(neighbour: Neighbour, { address, interfaces, nowMs }: Question): Party {
  const { nodeName, liveness, starting, inbox } = neighbour;
  const entry = inbox.get(address);
  return {
    nodeName,
    standing: liveness.standing,
    awaySinceMs: liveness.awaySinceMs,
    lastSignMs: lastSignMs(liveness),
    able: neighbour.canCarry(interfaces),
    starting,
    alone: neighbour.alone,
    unhearing: liveness.standing === 'heard' && neighbour.isUnhearing(nowMs),
    untold: inbox.differsSinceMs !== undefined,
    standsIn: entry?.holding === 'stand-in',
    ...(entry?.holding === 'claim' ? { claim: entry.order } : {}),
  };
}

/** A candidate that is no neighbour: nothing is known of it. */
function stranger(nodeName: string): Party {
  return {
    nodeName,
    standing: 'never-heard',
    awaySinceMs: NEVER,
    lastSignMs: NEVER,
    able: false,
    starting: false,
    alone: false,
    unhearing: false,
    untold: false,
    standsIn: false,
  };
}
