export const EVENTS_DROPPED_TOTAL = {
  name: 'heraldlb_events_dropped_total',
  help: 'Events for people that were not written, by reason.',
  labels: ['reason'],
} as const;
