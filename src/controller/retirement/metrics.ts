import type { MetricDefinition } from '../../ports/metrics.ts';

export const RETIREMENTS: MetricDefinition<'result'> = {
  name: 'heraldlb_endpoint_retirements_total',
  help: 'Nodes that neighbours called dead: their Pods were marked not ready (done), or were not, and why.',
  labels: ['result'],
};
