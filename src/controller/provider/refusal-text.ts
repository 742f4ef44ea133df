import type { AddressRefusal, PoolRefusal, Refusal, SharingConflict } from '../../core/ipam/index.ts';
import { formatIp } from '../../core/net/index.ts';
import { abridged } from '../announcer/abridged.ts';
import { quoted } from './service-request.ts';

/** At most this many pools are listed: an event has room for 1,024 characters. */
const MAX_LISTED = 6;
/** Names alone are short. */
const MAX_NAMES = 10;

/** For people: what is the matter, and what they can do about it. */
interface Explanation {
  readonly cause: string;
  readonly remedy: string;
}

const OTHER_ADDRESS = 'ask for another address';

/** Why a Service got no address, for people: what was tried, why each was refused, and what to do. */
export function describeRefusals(refusals: readonly Refusal[]): string {
  const sentences = refusals.slice(0, MAX_LISTED).map((refusal) => describeRefusal(refusal));
  const more = refusals.length - sentences.length;
  return [...sentences, ...(more > 0 ? [`${more} more pools have none either`] : [])].join('; ');
}

export function describeRefusal(refusal: Refusal): string {
  const { cause, remedy } = explain(refusal);
  return `${cause}; ${remedy}`;
}

/** What is the matter, where nothing is left to be done about it. */
export function causeOf(refusal: Refusal): string {
  return explain(refusal).cause;
}

function explain(refusal: Refusal): Explanation {
  switch (refusal.kind) {
    case 'no-pools':
      return because('there is no address pool', 'create an IPAddressPool, or start the controller with --pool');
    case 'no-such-pool':
    case 'not-auto-assigned':
    case 'not-admitted':
    case 'family-missing':
    case 'exhausted':
      return explainPool(refusal);
    default:
      return explainAddress(refusal);
  }
}

function explainPool(refusal: PoolRefusal): Explanation {
  const pool = `pool ${quoted(refusal.pool)}`;
  switch (refusal.kind) {
    case 'no-such-pool':
      return because(`there is no ${pool}`, `create it, or ask for one that there is: ${knownPools(refusal.known)}`);
    case 'not-auto-assigned':
      return because(
        `${pool} is given out on request only (autoAssign: false)`,
        'ask for it by the annotation heraldlb.io/address-pool',
      );
    case 'not-admitted':
      return because(`${pool} is for other Services`, NOT_ADMITTED_REMEDY);
    case 'family-missing':
      return because(`${pool} has no ${refusal.family} addresses`, 'add some to it');
    case 'exhausted':
      return explainExhausted(refusal, pool);
  }
}

const NOT_ADMITTED_REMEDY = 'let its serviceAllocation select this namespace and these labels';

function explainExhausted(refusal: PoolRefusal & { kind: 'exhausted' }, pool: string): Explanation {
  const { family, usable, assigned, barred, resting, promised } = refusal;
  const counts = [
    `${assigned} of ${usable} are in use`,
    ...(barred > 0 ? [`${barred} belong to other hosts (see status.unavailable of the pool)`] : []),
    ...(resting > 0 ? [`${resting} freed a moment ago and still in their cool-down`] : []),
    ...(promised > 0 ? [`${promised} promised to Services that have waited for longer`] : []),
  ];
  return because(
    `${pool} has no free ${family} address (${counts.join(', ')})`,
    'extend it, or delete a Service that has one of its addresses',
  );
}

function explainAddress(refusal: AddressRefusal): Explanation {
  const address = formatIp(refusal.address);
  switch (refusal.kind) {
    case 'outside-pools':
      return because(`${address} is in no pool`, 'ask for an address of a pool, or add it to one');
    case 'other-pool': {
      const wanted = refusal.wanted
        .slice(0, MAX_LISTED)
        .map((name) => `pool ${quoted(name)}`)
        .join(' or ');
      return because(`${address} is in pool "${refusal.pool}", but ${wanted} is asked for`, 'change one of the two');
    }
    case 'address-not-admitted':
      return because(`${address} is in pool "${refusal.pool}", which is for other Services`, NOT_ADMITTED_REMEDY);
    case 'buggy':
      return because(
        `${address} ends in .0 or .255, which pool "${refusal.pool}" avoids (avoidBuggyIPs)`,
        OTHER_ADDRESS,
      );
    case 'node-address':
      return because(
        `${address} is the own address of node "${refusal.node}"`,
        `take it out of the pool, or ${OTHER_ADDRESS}`,
      );
    case 'quarantined':
      return because(`${address} is in quarantine: ${refusal.cause}`, `end that, or ${OTHER_ADDRESS}`);
    case 'reserved':
      return because(`${address} is reserved in pool "${refusal.pool}" for Service ${refusal.holder}`, OTHER_ADDRESS);
    case 'family-unwanted':
      return because(
        `${address} is not of the Service's IP family (${refusal.families.join(', ')})`,
        'ask for an address of that family, or change spec.ipFamilies',
      );
    case 'held': {
      const who = `Service ${refusal.holder}`;
      if (refusal.leaving)
        return because(`${address} is being given up by ${who}`, 'it is tried again as soon as it is free');
      const { cause, remedy } = explainConflict(refusal.conflict);
      return because(`${address} is in use by ${who}, ${cause}`, remedy);
    }
  }
}

function explainConflict(conflict: SharingConflict): Explanation {
  switch (conflict.kind) {
    case 'exclusive':
      return because(
        'and neither allows sharing',
        `${OTHER_ADDRESS}, or give both the same annotation heraldlb.io/allow-shared-ip`,
      );
    case 'holder-has-no-key':
      return because(
        'which does not allow sharing',
        `give it the same annotation heraldlb.io/allow-shared-ip, or ${OTHER_ADDRESS}`,
      );
    case 'no-key':
      return because(
        `which shares it by the key ${quoted(conflict.holderKey)}`,
        `give this Service the annotation heraldlb.io/allow-shared-ip: ${quoted(conflict.holderKey)}, or ${OTHER_ADDRESS}`,
      );
    case 'other-key':
      return because(
        `which shares it by the key ${quoted(conflict.holderKey)}, not ${quoted(conflict.key)}`,
        `use the same key, or ${OTHER_ADDRESS}`,
      );
    case 'other-scope':
      return because(
        `which shares it by the key ${quoted(conflict.key)} within other namespaces`,
        'name the same namespaces on both',
      );
    case 'other-backend':
      return because(
        'whose pods differ (with externalTrafficPolicy Local only nodes with such a pod announce it)',
        'give both the same spec.selector and externalTrafficPolicy',
      );
    case 'port':
      return because(`which has port ${conflict.port} there already`, `use another port, or ${OTHER_ADDRESS}`);
  }
}

function because(cause: string, remedy: string): Explanation {
  return { cause, remedy };
}

function knownPools(known: readonly string[]): string {
  const names = known.map((name) => `"${name}"`);
  return abridged(names, MAX_NAMES, ', ');
}
