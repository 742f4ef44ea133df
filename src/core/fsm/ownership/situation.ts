import type { IpAddress } from '../../net/index.ts';
import type { Party, Situation } from './decide.ts';
import { lastSignMs, NEVER } from './liveness.ts';
import type { Neighbour } from './neighbour.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import type { OwnershipGrant, OwnershipTiming } from './types.ts';

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
