import type { MetricDefinition } from '../../ports/metrics.ts';

export const REFUSED_SESSIONS: MetricDefinition<'reason'> = {
  name: 'heraldlb_speaker_sessions_refused_total',
  help: 'Sessions of speakers that were refused before they began.',
  labels: ['reason'],
};

export const LINK_DIALS: MetricDefinition<'result'> = {
  name: 'heraldlb_controller_link_dials_total',
  help: 'Dials of the controller, by how the session ended.',
  labels: ['result'],
};

export const LINK_REFUSED_PARTS: MetricDefinition = {
  name: 'heraldlb_controller_link_refused_parts_total',
  help: 'Peers and routes in messages of the controller that were left out, since their values are not allowed.',
  labels: [],
};

export const LINK_CONNECTED: MetricDefinition = {
  name: 'heraldlb_controller_link_connected',
  help: '1 while a session with the controller stands.',
  labels: [],
};

export const AUTHORITY_EXPIRY: MetricDefinition = {
  name: 'heraldlb_ca_remaining_seconds',
  help: 'Time until the certificate of the CA that signs now ends.',
  labels: [],
};
