import type { MetricDefinition } from '../../ports/metrics.ts';

export const ANNOUNCED_WRITES: MetricDefinition<'kind' | 'result'> = {
  name: 'heraldlb_announced_writes_total',
  help: 'Writes that say who announces what: conditions of Services, and status objects.',
  labels: ['kind', 'result'],
};

export const UNHEARD_NEIGHBOURS: MetricDefinition<never> = {
  name: 'heraldlb_unheard_neighbours',
  help: 'Pairs of nodes of which the first never heard the second, though the speakers of both live: a firewall, most likely.',
  labels: [],
};

/** As MetalLB names it, with its labels. BOUNDED: by the addresses of the Services, times the nodes that tell routers. */
export const METALLB_SPEAKER_ANNOUNCED: MetricDefinition<'service' | 'protocol' | 'node' | 'ip'> = {
  name: 'metallb_speaker_announced',
  help: '1 for each node that announces an address of a Service: on layer 2 its owner, for BGP who tells routers; told by the controller that leads.',
  labels: ['service', 'protocol', 'node', 'ip'],
};
