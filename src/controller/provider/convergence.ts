import type { AddressRefusal, Applicant, Choice, Ipam, Refusal } from '../../core/ipam/index.ts';
import { familyOf, formatIp, type IpAddress, type IpFamily } from '../../core/net/index.ts';
import type { WantedFamilies } from './address-families.ts';
import { causeOf, describeRefusals } from './refusal-text.ts';
import type { ServiceRequest } from './service-request.ts';

/** What decides over the addresses of a Service. */
export interface Case {
  readonly applicant: Applicant;
  readonly request: ServiceRequest;
  readonly families: WantedFamilies;
  /** The addresses that it holds, or that its status promises when it holds none. */
  readonly current: readonly IpAddress[];
  readonly nowMs: number;
  promised(pool: string, family: IpFamily): number;
  /** Why an address cannot be announced, though the Service may keep it. */
  unusable(address: IpAddress): string | undefined;
}

/** A sentence says why the Service gives up an address. */
export interface GivenUp {
  readonly address: IpAddress;
  readonly why: string;
}

export type Convergence =
  | {
      readonly kind: 'served';
      readonly addresses: readonly IpAddress[];
      readonly givenUp: readonly GivenUp[];
      /** Why a family that the Service would like to have is missing; empty when none is. */
      readonly refusals: readonly Refusal[];
    }
  | {
      readonly kind: 'unserved';
      /** What it keeps meanwhile. */
      readonly addresses: readonly IpAddress[];
      readonly givenUp: readonly GivenUp[];
      readonly reason: UnservedReason;
      readonly message: string;
      /** Empty when only the Service itself can change it. */
      readonly refusals: readonly Refusal[];
    };

/** `LoadBalancerFailed`: what it asks for cannot be, and it keeps what it has. `AllocationFailed`: there is no address for it. */
export type UnservedReason = 'LoadBalancerFailed' | 'AllocationFailed';

/** What becomes of one address that the Service has. */
type Fate =
  | { readonly kind: 'kept' }
  /** It goes when there is another for it, because the Service asks for that. */
  | { readonly kind: 'unwanted'; readonly why: string }
  /** It would better go, but nobody asks for that: the Service is served all the same. */
  | { readonly kind: 'disliked'; readonly why: string }
  /** It goes in any case. */
  | { readonly kind: 'revoked'; readonly why: string };

/**
 * Decides which addresses a Service has from now on, and changes nothing: the new address is certain before the old one goes.
 * An address is taken away without another one only when it must not be held any more: it is in no pool, the pool is for
 * others now, it is a node's own, or another Service has the port on it.
 */
export function converge(ipam: Ipam, facts: Case): Convergence {
  const { families, request, current } = facts;
  const fates = new Map(current.map((address) => [address, fateOf(ipam, facts, address)]));
  const remaining = (...kinds: Fate['kind'][]) =>
    current.filter((address) => kinds.includes(fates.get(address)?.kind ?? 'kept'));
  const givenUp = (addresses: readonly IpAddress[]): GivenUp[] =>
    current
      .filter((address) => !addresses.includes(address))
      .map((address) => ({ address, why: whyOf(fates.get(address), request) }));
  const kept = remaining('kept', 'disliked', 'unwanted');
  const served = ({ addresses, refusals }: Choice & { kind: 'chosen' }): Convergence => ({
    kind: 'served',
    addresses,
    givenUp: givenUp(addresses),
    refusals,
  });
  const unserved = (reason: UnservedReason, because: string, refusals: readonly Refusal[]): Convergence => ({
    kind: 'unserved',
    addresses: kept,
    givenUp: givenUp(kept),
    reason,
    message: `${because}${kept.length > 0 ? `. It keeps ${listOf(kept)} meanwhile` : ''}`,
    refusals,
  });
  const misasked = kept.length > 0 ? 'LoadBalancerFailed' : 'AllocationFailed';
  if (families.kind === 'undetermined') return unserved(misasked, `No address can be chosen: ${families.problem}`, []);
  if (request.problems.length > 0) return unserved(misasked, sentence(request.problems.join('; ')), []);

  const choice = chooseFor(ipam, facts, { families, keep: remaining('kept') });
  if (choice.kind === 'chosen') return served(choice);
  if (remaining('disliked').length > 0) {
    const lenient = chooseFor(ipam, facts, { families, keep: remaining('kept', 'disliked') });
    if (lenient.kind === 'chosen') return served(lenient);
  }
  return unserved('AllocationFailed', `No address is available: ${describeRefusals(choice.refusals)}`, choice.refusals);
}

function chooseFor(
  ipam: Ipam,
  { applicant, request, nowMs, promised }: Case,
  { families, keep }: { readonly families: WantedFamilies & { kind: 'wanted' }; readonly keep: readonly IpAddress[] },
): Choice {
  const asked = new Set(request.addresses.map(familyOf));
  const wanted = {
    ...families,
    addresses: request.addresses,
    pools: request.pools,
    keep: keep.filter((address) => !asked.has(familyOf(address))),
  };
  return ipam.choose(applicant, wanted, { nowMs, promised });
}

function fateOf(ipam: Ipam, { applicant, request, families, unusable }: Case, address: IpAddress): Fate {
  const refusal = ipam.keepRefusal(applicant, address, []);
  if (refusal !== undefined && refusal.kind !== 'buggy') return { kind: 'revoked', why: causeOf(refusal) };
  if (families.kind === 'wanted' && !families.families.includes(familyOf(address))) {
    const why: AddressRefusal = { kind: 'family-unwanted', address, families: families.families };
    return { kind: 'revoked', why: causeOf(why) };
  }
  const elsewhere = ipam.keepRefusal(applicant, address, request.pools);
  if (elsewhere?.kind === 'other-pool') return { kind: 'unwanted', why: causeOf(elsewhere) };
  if (refusal !== undefined) return { kind: 'disliked', why: causeOf(refusal) };
  const cause = unusable(address);
  if (cause === undefined) return { kind: 'kept' };
  return { kind: 'disliked', why: causeOf({ kind: 'quarantined', address, cause }) };
}

/** An address that could have been kept goes only because the Service asks for another. */
function whyOf(fate: Fate | undefined, { addresses }: ServiceRequest): string {
  return fate === undefined || fate.kind === 'kept' ? `${listOf(addresses)} is asked for` : fate.why;
}

function listOf(addresses: readonly IpAddress[]): string {
  return addresses.map(formatIp).join(' and ');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
