import type { MetricDefinition } from '../../ports/metrics.ts';

export const SPEAKERS: MetricDefinition<'state'> = {
  name: 'heraldlb_speakers',
  help: 'Nodes whose speaker is alive, and those of them with a session now.',
  labels: ['state'],
};

export const SESSION_ENDS: MetricDefinition<'end'> = {
  name: 'heraldlb_speaker_session_ends_total',
  help: 'Sessions of speakers that ended, by why.',
  labels: ['end'],
};

export const UPDATES: MetricDefinition<'kind'> = {
  name: 'heraldlb_speaker_updates_total',
  help: 'Snapshots and deltas sent to speakers.',
  labels: ['kind'],
};

export const REJECTS: MetricDefinition = {
  name: 'heraldlb_speaker_rejects_total',
  help: 'Grants that a speaker said it cannot carry out.',
  labels: [],
};
