import type { MetricDefinition } from '../../ports/metrics.ts';

export const ADDRESSES: MetricDefinition<'state'> = {
  name: 'heraldlb_announcement_addresses',
  help: 'Addresses to announce: claimed by their owner, granted and not claimed yet, or without a node that may announce.',
  labels: ['state'],
};

export const HANDOVERS: MetricDefinition<'result'> = {
  name: 'heraldlb_handovers_total',
  help: 'Planned moves of an address: the new owner claimed first, or did not in time, or one of the two was lost meanwhile.',
  labels: ['result'],
};

export const OWNER_CHANGES: MetricDefinition<'reason'> = {
  name: 'heraldlb_owner_changes_total',
  help: 'Addresses that came to be announced by a node that did not announce them before, by the reason that it said.',
  labels: ['reason'],
};

export const FAILOVER_GAP: MetricDefinition<never> & { readonly buckets: readonly number[] } = {
  name: 'heraldlb_failover_gap_seconds',
  help: 'From the last sign of life of the former owner of an address to the first claim of the new one.',
  labels: [],
  buckets: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10, 60],
};

export const CLAIMS_REFUSED: MetricDefinition<'reason'> = {
  name: 'heraldlb_claims_refused_total',
  help: 'Claims that speakers reported and that were not believed: late ones by a grant that is past, and ones by no grant at all.',
  labels: ['reason'],
};

export const VERIFICATIONS: MetricDefinition<'result'> = {
  name: 'heraldlb_verifications_total',
  help: 'Answers of the LAN to a second node that asked who has an address: the owner, another station, or nobody.',
  labels: ['result'],
};
