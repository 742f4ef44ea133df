import { SHARING_SOURCES } from '../../controller/provider/request-table.ts';
import { keyOf, type Service } from '../../ports/kubernetes.ts';
import type { Allocation } from '../rehearsal/allocation.ts';

/** An annotation without which a Service would not keep an address that another one has too. */
export interface PlannedAnnotation {
  /** `namespace/name`. */
  readonly service: string;
  readonly annotation: string;
  readonly value: string;
}

const ANNOTATION = 'heraldlb.io/allow-shared-ip';

/**
 * Others share addresses between Services that do not say so (kube-vip's `allow-share-…`, a static address written twice): here
 * each of them has to. A Service has one key for all its addresses, so Services that share any are of one group, with whom
 * they share others. A key that one of a group has already is that of the group.
 */
export function sharingAnnotations(
  allocations: readonly Allocation[],
  isKeepable: (address: string) => boolean,
): readonly PlannedAnnotation[] {
  return groupsOf(allocations, isKeepable).flatMap(({ address, members, loses }) => {
    if (!loses) return [];
    const services = [...members].map(({ service }) => service);
    const value = services.flatMap((service) => sharingKeyOf(service) ?? [])[0] ?? `shared-${address}`;
    return services
      .filter((service) => sharingKeyOf(service) === undefined)
      .map(({ meta }) => ({ service: keyOf(meta), annotation: ANNOTATION, value }));
  });
}

interface SharingGroup {
  /** The first one that is shared. */
  readonly address: string;
  readonly members: ReadonlySet<Allocation>;
  /** Whether one of them would not keep what is shared. */
  readonly loses: boolean;
}

/** Services that share an address, together with those that share another one with any of them. */
function groupsOf(
  allocations: readonly Allocation[],
  isKeepable: (address: string) => boolean,
): readonly SharingGroup[] {
  const holders = Map.groupBy(
    allocations.flatMap((allocation) => allocation.before.map((address) => ({ address, allocation }))),
    ({ address }) => address,
  );
  let groups: readonly SharingGroup[] = [];
  for (const [address, together] of holders) {
    if (together.length < 2 || !isKeepable(address)) continue;
    const here = together.map(({ allocation }) => allocation);
    const joined = groups.filter(({ members }) => here.some((each) => members.has(each)));
    const group = {
      address: joined[0]?.address ?? address,
      members: new Set([...joined.flatMap(({ members }) => [...members]), ...here]),
      loses: joined.some(({ loses }) => loses) || here.some(({ after }) => !after.includes(address)),
    };
    groups = [...groups.filter((each) => !joined.includes(each)), group];
  }
  return groups;
}

function sharingKeyOf(service: Service): string | undefined {
  return SHARING_SOURCES.map((source) => source.read(service)).find((key) => key !== undefined && key !== '');
}

/** The Services as they would be. */
export function annotated(services: readonly Service[], planned: readonly PlannedAnnotation[]): readonly Service[] {
  return services.map((service) => {
    const own = planned.filter((each) => each.service === keyOf(service.meta));
    if (own.length === 0) return service;
    const more = Object.fromEntries(own.map(({ annotation, value }) => [annotation, value]));
    return { ...service, meta: { ...service.meta, annotations: { ...service.meta.annotations, ...more } } };
  });
}

/** As it is typed. */
export function annotateCommand({ service, annotation, value }: PlannedAnnotation): string {
  const [namespace = '', name = ''] = service.split('/');
  return `kubectl -n ${namespace} annotate service ${name} ${annotation}=${value}`;
}
