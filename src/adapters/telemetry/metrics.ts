const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export const EVENT_LOOP_LAG = {
  name: 'heraldlb_event_loop_lag_seconds',
  help: 'How late the timers of the main thread are: whatever it does is as late.',
  labels: [],
  buckets: BUCKETS,
} as const;
