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

export const MOVES: MetricDefinition = {
  name: 'heraldlb_owner_changes_total',
  help: 'Changes of the owner of an address, planned or not.',
  labels: [],
};
