import type { IpAddress, MacAddress } from '../../core/net/index.ts';

/** How this node stands to an address on one interface. */
export type Stance =
  /** Its own: answered with the MAC of the interface, and announced. With `probe` the LAN is asked first whether it is free. */
  | { readonly kind: 'announce'; readonly probe: boolean }
  /** Another node's whose speaker is silent: answered with that node's MAC, and never announced. */
  | { readonly kind: 'stand-in'; readonly mac: MacAddress };

export function sameStance(a: Stance | undefined, b: Stance | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'announce') return b.kind === 'announce' && a.probe === b.probe;
  return b.kind === 'stand-in' && a.mac === b.mac;
}

/** What new stances mean for addresses. Each address is in at most one list but `arriving`. */
export interface SortedStances {
  /** There was no stance to these. */
  readonly arriving: readonly IpAddress[];
  /** To be answered and announced from now on. */
  readonly taken: readonly IpAddress[];
  /** To be announced once the LAN has been asked. */
  readonly tentative: readonly IpAddress[];
  readonly standingIn: ReadonlyMap<IpAddress, MacAddress>;
  /** There is no stance to these any more. */
  readonly leaving: readonly IpAddress[];
}

/** Pure. What is announced already, or asked about already, goes on. */
export function sortStances(
  stances: readonly (readonly [IpAddress, Stance | undefined])[],
  now: {
    readonly before: ReadonlyMap<IpAddress, Stance>;
    readonly answered: { has(address: IpAddress): boolean };
  },
): SortedStances {
  const arriving: IpAddress[] = [];
  const taken: IpAddress[] = [];
  const tentative: IpAddress[] = [];
  const standingIn = new Map<IpAddress, MacAddress>();
  const leaving: IpAddress[] = [];
  for (const [address, stance] of stances) {
    const before = now.before.get(address);
    if (before === undefined && stance !== undefined) arriving.push(address);
    if (stance === undefined) {
      if (before !== undefined) leaving.push(address);
    } else if (stance.kind === 'stand-in') standingIn.set(address, stance.mac);
    else if (before?.kind !== 'announce') (stance.probe ? tentative : taken).push(address);
    else if (!stance.probe && !now.answered.has(address)) taken.push(address);
  }
  return { arriving, taken, tentative, standingIn, leaving };
}
