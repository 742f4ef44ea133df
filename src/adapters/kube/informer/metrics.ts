export const INFORMER_RESTARTS_TOTAL = {
  name: 'heraldlb_informer_restarts_total',
  help: 'Lists and watches that ended other than by their time, by resource and reason.',
  labels: ['resource', 'reason'],
} as const;
