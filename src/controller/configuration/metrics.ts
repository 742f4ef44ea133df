import type { MetricDefinition } from '../../ports/metrics.ts';

export const configObjects: MetricDefinition<'kind' | 'valid'> = {
  name: 'heraldlb_config_objects',
  help: 'Configuration objects, by whether they are in force as they are written.',
  labels: ['kind', 'valid'],
};

export const configRead: MetricDefinition<never> = {
  name: 'heraldlb_config_loaded',
  help: '1 once the configuration was read.',
  labels: [],
};

/** As MetalLB names it. */
export const configLoaded: MetricDefinition<never> = {
  name: 'metallb_k8s_client_config_loaded_bool',
  help: '1 once the configuration was loaded.',
  labels: [],
};

/** As MetalLB names it. */
export const configStale: MetricDefinition<never> = {
  name: 'metallb_k8s_client_config_stale_bool',
  help: '1 while some configuration object is not in force as it is written.',
  labels: [],
};

export const configStatusWrites: MetricDefinition<'result'> = {
  name: 'heraldlb_config_status_writes_total',
  help: 'Writes of the status of configuration objects, by result: ok or error.',
  labels: ['result'],
};
