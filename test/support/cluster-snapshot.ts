import type { ClusterSnapshot } from '../../src/ports/cluster-snapshot.ts';

/** A cluster in which there is only what `parts` says. */
export function snapshot(parts: Partial<ClusterSnapshot>): ClusterSnapshot {
  return {
    namespace: 'heraldlb-system',
    services: [],
    nodes: [],
    namespaces: [],
    endpointSlices: [],
    objects: [],
    pods: [],
    workloads: [],
    events: [],
    unreadable: [],
    ...parts,
  };
}
