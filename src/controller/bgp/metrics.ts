import type { MetricDefinition } from '../../ports/metrics.ts';

export const SESSIONS: MetricDefinition<'state'> = {
  name: 'heraldlb_bgp_sessions',
  help: 'BGP sessions that speakers hold or try, by whether they are established.',
  labels: ['state'],
};

export const PREFIXES: MetricDefinition = {
  name: 'heraldlb_bgp_prefixes',
  help: 'Prefixes that some node is to announce by BGP.',
  labels: [],
};

export const BGP_UPDATES: MetricDefinition<'kind'> = {
  name: 'heraldlb_bgp_speaker_updates_total',
  help: 'Messages to speakers that say what to announce by BGP, whole or what changed.',
  labels: ['kind'],
};
