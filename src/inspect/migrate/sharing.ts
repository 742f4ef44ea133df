import { SHARING_SOURCES } from '../../controller/provider/request-table.ts';
import type { Service } from '../../ports/kubernetes.ts';
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
 * each of them has to.
 */
export function sharingAnnotations(
  allocations: readonly Allocation[],
  isKeepable: (address: string) => boolean,
): readonly PlannedAnnotation[] {
  const holders = Map.groupBy(
    allocations.flatMap((allocation) => allocation.before.map((address) => ({ address, allocation }))),
    ({ address }) => address,
  );
  return [...holders].flatMap(([address, together]) => {
    const loses = together.some(({ allocation }) => !allocation.after.includes(address));
    const services = together.map(({ allocation }) => allocation.service);
    if (services.length < 2 || !loses || services.every(hasKey) || !isKeepable(address)) return [];
    return services.map(({ meta }) => ({
      service: `${meta.namespace}/${meta.name}`,
      annotation: ANNOTATION,
      value: `shared-${address}`,
    }));
  });
}

function hasKey(service: Service): boolean {
  return SHARING_SOURCES.some((source) => (source.read(service) ?? '') !== '');
}

/** The Services as they would be. */
export function annotated(services: readonly Service[], planned: readonly PlannedAnnotation[]): readonly Service[] {
  return services.map((service) => {
    const own = planned.filter((each) => each.service === `${service.meta.namespace}/${service.meta.name}`);
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
