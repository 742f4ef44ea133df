import { parseAddressEntry } from '../../src/core/config/address-entry.ts';
import type { Applicant, PoolSpec } from '../../src/core/ipam/index.ts';
import { type AddressRange, type IpAddress, parseIp } from '../../src/core/net/index.ts';

export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** A CIDR, or `first-last`. */
export function range(text: string): AddressRange {
  const entry = parseAddressEntry(text);
  if (entry.kind === 'problem') throw new Error(entry.message);
  return entry.range;
}

/** A pool for everybody, changed by `rest`. */
export function poolSpec(name: string, ranges: readonly string[], rest: Partial<PoolSpec> = {}): PoolSpec {
  return {
    name,
    ranges: ranges.map(range),
    autoAssign: true,
    avoidBuggyIps: false,
    reservations: [],
    admits: () => true,
    ...rest,
  };
}

export function applicant(holder: string, rest: Partial<Applicant> = {}): Applicant {
  return { holder, namespace: holder.split('/')[0] ?? '', labels: {}, ports: ['TCP/80'], ...rest };
}
