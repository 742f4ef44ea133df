import { type AddressRange, formatIp } from '../net/index.ts';
import type { L2Advertisement, Pool } from './config.ts';
import type { Decoded } from './decoded.ts';
import { type Origin, sameOrigin } from './origin.ts';
import { describeProblem, quote } from './problem.ts';
import { describeOrigin } from './source.ts';
import { TakenRanges } from './taken-ranges.ts';
import type { VerdictReason } from './verdict.ts';

/** Why an object cannot be in force beside the others. */
export interface Refusal {
  readonly reason: Exclude<VerdictReason, 'InForce'>;
  readonly message: string;
}

/** What was accepted so far. BOUNDED: by the objects of our kinds in the API. */
export interface AcceptedObjects {
  readonly pools: Map<string, Pool>;
  readonly poolRanges: TakenRanges<Pool>;
  readonly l2Advertisements: L2Advertisement[];
}

export function emptyAccepted(): AcceptedObjects {
  return { pools: new Map(), poolRanges: new TakenRanges(), l2Advertisements: [] };
}

/** Why an object cannot be beside those that were accepted, leaving out an earlier version of itself; undefined when it can. */
export function refusalOf(value: Decoded, accepted: AcceptedObjects): Refusal | undefined {
  switch (value.kind) {
    case 'IPAddressPool':
      return poolRefusal(value.pool, accepted);
    default:
      return undefined;
  }
}

/** Adds an object that nothing refuses. */
export function add(value: Decoded, accepted: AcceptedObjects): void {
  switch (value.kind) {
    case 'IPAddressPool':
      accepted.pools.set(value.pool.name, value.pool);
      for (const range of value.pool.ranges) accepted.poolRanges.add(range, value.pool);
      return;
    case 'L2Advertisement':
      accepted.l2Advertisements.push(value.advertisement);
      return;
    default:
      return;
  }
}

function poolRefusal(pool: Pool, { pools, poolRanges }: AcceptedObjects): Refusal | undefined {
  const isOther = (other: Pool): boolean => !sameOrigin(other.origin, pool.origin);
  const namesake = pools.get(pool.name);
  if (namesake !== undefined && isOther(namesake)) return duplicateName(pool.name, namesake.origin);
  for (const [at, range] of pool.ranges.entries()) {
    const taken = poolRanges.overlapping(range).find(({ owner }) => isOther(owner));
    if (taken !== undefined) return overlap(at, range, taken);
  }
  return undefined;
}

function duplicateName(name: string, namesake: Origin): Refusal {
  const message = `${describeOrigin(namesake)} (${namesake.apiVersion}) is in force under this name, and names count across namespaces; rename or delete one of the two`;
  return { reason: 'DuplicateName', message: `${describeProblem({ field: 'metadata.name', value: name, message })}.` };
}

function overlap(
  at: number,
  range: AddressRange,
  taken: { readonly range: AddressRange; readonly owner: Pool },
): Refusal {
  return {
    reason: 'Overlap',
    message: `spec.addresses[${at}] ${rangeText(range)}: overlaps ${rangeText(taken.range)} of ${describeOrigin(taken.owner.origin)}, which is in force; take these addresses out of one of the two.`,
  };
}

function rangeText({ first, last }: AddressRange): string {
  return quote(`${formatIp(first)}-${formatIp(last)}`);
}
