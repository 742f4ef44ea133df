import type { AddressRefusal, PoolRefusal, Refusal, SharingConflict } from '../../core/ipam/index.ts';
import { formatIp } from '../../core/net/index.ts';

/** At most this many pools are listed: an event has room for 1,024 characters. */
const MAX_LISTED = 6;

/** Why a Service got no address, for people: what was tried, why each was refused, and what to do. */
export function describeRefusals(refusals: readonly Refusal[]): string {
  const sentences = refusals.slice(0, MAX_LISTED).map((refusal) => describeRefusal(refusal));
  const more = refusals.length - sentences.length;
  return [...sentences, ...(more > 0 ? [`${more} more pools have none either`] : [])].join('; ');
}

export function describeRefusal(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'no-pools':
      return 'there is no address pool; create an IPAddressPool, or start the controller with --pool';
    case 'no-such-pool':
    case 'not-auto-assigned':
    case 'not-admitted':
    case 'family-missing':
    case 'exhausted':
      return describePool(refusal);
    default:
      return describeAddress(refusal);
  }
}

function describePool(refusal: PoolRefusal): string {
  const pool = `pool "${refusal.pool}"`;
  switch (refusal.kind) {
    case 'no-such-pool':
      return `there is no ${pool}; ${knownPools(refusal.known)}`;
    case 'not-auto-assigned':
      return `${pool} is given out on request only (autoAssign: false); ask for it by the annotation heraldlb.io/address-pool`;
    case 'not-admitted':
      return `${pool} is for other Services (its serviceAllocation does not select this namespace and these labels)`;
    case 'family-missing':
      return `${pool} has no ${refusal.family} addresses`;
    case 'exhausted':
      return describeExhausted(refusal, pool);
  }
}

function describeExhausted(refusal: PoolRefusal & { kind: 'exhausted' }, pool: string): string {
  const { family, usable, assigned, resting, promised } = refusal;
  const because = [
    `${assigned} of ${usable} are in use`,
    ...(resting > 0 ? [`${resting} freed a moment ago and still in their cool-down`] : []),
    ...(promised > 0 ? [`${promised} promised to Services that have waited for longer`] : []),
  ];
  return `${pool} has no free ${family} address (${because.join(', ')}); extend it, or delete a Service that has one of its addresses`;
}

function describeAddress(refusal: AddressRefusal): string {
  const address = formatIp(refusal.address);
  switch (refusal.kind) {
    case 'outside-pools':
      return `${address} is in no pool; ask for an address of a pool, or add it to one`;
    case 'other-pool':
      return `${address} is in pool "${refusal.pool}", but ${refusal.wanted.map((name) => `pool "${name}"`).join(' or ')} is asked for; change one of the two`;
    case 'address-not-admitted':
      return `${address} is in pool "${refusal.pool}", which is for other Services (its serviceAllocation does not select this namespace and these labels)`;
    case 'buggy':
      return `${address} ends in .0 or .255, which pool "${refusal.pool}" avoids (avoidBuggyIPs); ask for another address`;
    case 'node-address':
      return `${address} is the own address of node "${refusal.node}"; take it out of the pool, or ask for another address`;
    case 'quarantined':
      return `${address} is in quarantine: ${refusal.cause}`;
    case 'reserved':
      return `${address} is reserved in pool "${refusal.pool}" for Service ${refusal.holder}; ask for another address`;
    case 'family-unwanted':
      return `${address} is not of the Service's IP family (${refusal.families.join(', ')}); ask for an address of that family, or change spec.ipFamilies`;
    case 'held': {
      const who = `Service ${refusal.holder}`;
      if (refusal.leaving) return `${address} is being given up by ${who}; it is tried again as soon as it is free`;
      return `${address} is in use by ${who}, ${describeConflict(refusal.conflict)}`;
    }
  }
}

function describeConflict(conflict: SharingConflict): string {
  switch (conflict.kind) {
    case 'exclusive':
      return 'and neither allows sharing; ask for another address, or give both the same annotation heraldlb.io/allow-shared-ip';
    case 'holder-has-no-key':
      return 'which does not allow sharing; give it the same annotation heraldlb.io/allow-shared-ip, or ask for another address';
    case 'no-key':
      return `which shares it by the key "${conflict.holderKey}"; give this Service the annotation heraldlb.io/allow-shared-ip: "${conflict.holderKey}", or ask for another address`;
    case 'other-key':
      return `which shares it by the key "${conflict.holderKey}", not "${conflict.key}"; use the same key, or ask for another address`;
    case 'other-scope':
      return `which shares it by the key "${conflict.key}" within other namespaces; name the same namespaces on both`;
    case 'other-backend':
      return `whose pods differ: with externalTrafficPolicy Local all that share an address need the same spec.selector and externalTrafficPolicy`;
    case 'port':
      return `which has port ${conflict.port} there already; use another port, or ask for another address`;
  }
}

function knownPools(known: readonly string[]): string {
  const listed = known.slice(0, 10).map((name) => `"${name}"`);
  return `the pools are ${listed.join(', ')}${known.length > listed.length ? ` and ${known.length - listed.length} more` : ''}`;
}
