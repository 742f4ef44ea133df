import { ANNOUNCED } from '../controller/announced/announced-condition.ts';
import { POOL_ANNOTATIONS } from '../controller/provider/request-table.ts';
import { ADDRESS_ALLOCATED } from '../controller/service/status-change.ts';
import type { ClusterSnapshot } from '../ports/cluster-snapshot.ts';
import { keyOf, type Service } from '../ports/kubernetes.ts';
import { conditionOf } from './conditions.ts';
import type { Column } from './table.ts';

/** A Service of type LoadBalancer, from the address to who announces it. */
export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly pool?: string;
  readonly loadBalancerClass?: string;
  readonly externalTrafficPolicy: string;
  /** Nodes that announce it on layer 2. */
  readonly announcedBy: readonly string[];
  /** Nodes that announce it to BGP peers. */
  readonly routedBy: readonly string[];
  /** What keeps it from being reached; a sentence of the controller. */
  readonly problem?: string;
}

/** All Services of type LoadBalancer, by namespace and name. */
export function serviceViews(snapshot: ClusterSnapshot): readonly ServiceView[] {
  const layer2 = announcers(snapshot, 'ServiceL2Status');
  const bgp = announcers(snapshot, 'ServiceBGPStatus');
  return snapshot.services
    .filter(({ spec }) => spec.type === 'LoadBalancer')
    .map((service) => {
      const { meta, spec } = service;
      const key = keyOf(meta);
      const pool = POOL_ANNOTATIONS.map((name) => meta.annotations[name]).find((value) => value !== undefined);
      const problem = problemOf(service);
      return {
        namespace: meta.namespace,
        name: meta.name,
        addresses: service.status.ingress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []),
        ...(pool === undefined ? {} : { pool }),
        ...(spec.loadBalancerClass === undefined ? {} : { loadBalancerClass: spec.loadBalancerClass }),
        externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
        announcedBy: layer2.get(key) ?? [],
        routedBy: bgp.get(key) ?? [],
        ...(problem === undefined ? {} : { problem }),
      };
    })
    .toSorted((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name));
}

export const SERVICE_COLUMNS: readonly Column<ServiceView>[] = [
  { title: 'NAMESPACE', text: ({ namespace }) => namespace },
  { title: 'NAME', text: ({ name }) => name },
  { title: 'ADDRESS', text: ({ addresses }) => addresses.join(', ') || '<pending>' },
  { title: 'POOL', text: ({ pool }) => pool ?? '' },
  { title: 'POLICY', text: ({ externalTrafficPolicy }) => externalTrafficPolicy },
  { title: 'ANNOUNCED BY', text: ({ announcedBy }) => announcedBy.join(', ') },
  { title: 'BGP FROM', text: ({ routedBy }) => routedBy.join(', ') },
  { title: 'PROBLEM', text: ({ problem }) => problem ?? '' },
];

/** The nodes that announce each Service, by `namespace/name`. */
function announcers({ objects }: ClusterSnapshot, kind: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { status } of objects.filter((object) => object.kind === kind)) {
    const { node = '', serviceNamespace = '', serviceName = '' } = status as Readonly<Record<string, string>>;
    const key = `${serviceNamespace}/${serviceName}`;
    const nodes = found.get(key) ?? [];
    if (node !== '' && !nodes.includes(node)) nodes.push(node);
    found.set(key, nodes.toSorted());
  }
  return found;
}

function problemOf({ spec, status }: Service): string | undefined {
  const allocated = conditionOf(status.conditions, ADDRESS_ALLOCATED);
  if (allocated === undefined && status.ingress.length === 0) {
    return spec.loadBalancerClass === undefined
      ? 'no controller has looked at it yet: see "heraldlb status"'
      : `loadBalancerClass ${spec.loadBalancerClass} is served by nobody, or by another load balancer`;
  }
  if (allocated?.status === 'False') return allocated.message;
  const announced = conditionOf(status.conditions, ANNOUNCED);
  return announced?.status === 'False' ? announced.message : undefined;
}
