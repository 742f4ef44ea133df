import type { MetricDefinition } from '../../ports/metrics.ts';

export const CONFLICTS: MetricDefinition<'seen'> = {
  name: 'heraldlb_address_conflicts',
  help: 'Addresses that foreign hosts have now: before they were announced (answer), while they are (announcement), or free ones (survey).',
  labels: ['seen'],
};

export const CONFLICTS_SEEN: MetricDefinition<'seen' | 'vendor'> = {
  name: 'heraldlb_address_conflicts_total',
  help: 'Conflicts that began, by the vendor prefix of the host; after 32 prefixes the rest count as "other".',
  labels: ['seen', 'vendor'],
};

/** The only metric that names addresses and MACs: who is paged wants to know which. BOUNDED: 100 series in a term. */
export const CONFLICT_INFO: MetricDefinition<'address' | 'mac' | 'vendor' | 'seen'> = {
  name: 'heraldlb_address_conflict_info',
  help: '1 while a foreign host has the address, 0 afterwards; for the first 100 pairs of address and host.',
  labels: ['address', 'mac', 'vendor', 'seen'],
};

export const SURVEYED: MetricDefinition<'result'> = {
  name: 'heraldlb_surveyed_addresses_total',
  help: 'Addresses of pools that a speaker asked the LAN about: free, in use, or not asked about for want of an interface or an answer.',
  labels: ['result'],
};
