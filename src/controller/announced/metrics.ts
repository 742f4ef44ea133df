import type { MetricDefinition } from '../../ports/metrics.ts';

export const ANNOUNCED_WRITES: MetricDefinition<'kind' | 'result'> = {
  name: 'heraldlb_announced_writes_total',
  help: 'Writes that say who announces what: conditions of Services, and status objects.',
  labels: ['kind', 'result'],
};
