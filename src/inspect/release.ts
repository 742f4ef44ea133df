import { POOL_ANNOTATIONS } from '../controller/provider/request-table.ts';
import { CLASS_FINALIZER, DEFAULT_FINALIZER } from '../controller/service/predicates.ts';
import type { Service } from '../ports/kubernetes.ts';
import type { ServiceChange } from '../ports/stores.ts';
import { type Column, formatTable } from './table.ts';

/** What HeraldLB lets go of in one Service, once it is uninstalled. */
export interface Release {
  readonly service: Service;
  readonly change: ServiceChange;
}

const OUR_CONDITIONS = 'heraldlb.io/';
const [OUR_POOL_ANNOTATION] = POOL_ANNOTATIONS;

/**
 * What is left in Services of a HeraldLB that is gone. The finalizer, which would keep a Service from being deleted for ever,
 * and conditions that nobody keeps true any more. Addresses stay, unless they are to be taken: who installs HeraldLB, or
 * MetalLB, again finds them there.
 */
export function releasesOf(services: readonly Service[], takeAddresses: boolean): readonly Release[] {
  return services.filter(isOurs).flatMap((service) => {
    const { meta, status } = service;
    const removeFinalizers = meta.finalizers.filter((each) => each === DEFAULT_FINALIZER || each === CLASS_FINALIZER);
    const removeConditions = status.conditions
      .map(({ type }) => type)
      .filter((type) => type.startsWith(OUR_CONDITIONS));
    const taken = takeAddresses
      ? { ingress: [], annotations: Object.fromEntries(POOL_ANNOTATIONS.map((name) => [name, undefined])) }
      : {};
    if (removeFinalizers.length === 0 && removeConditions.length === 0 && !takeAddresses) return [];
    return [{ service, change: { removeFinalizers, removeConditions, ...taken } }];
  });
}

/** The finalizer that others use too says nothing: what we wrote beside it does. */
function isOurs({ meta, status }: Service): boolean {
  return (
    meta.finalizers.includes(CLASS_FINALIZER) ||
    meta.annotations[OUR_POOL_ANNOTATION] !== undefined ||
    status.conditions.some(({ type }) => type.startsWith(OUR_CONDITIONS))
  );
}

const COLUMNS: readonly Column<Release>[] = [
  { title: 'NAMESPACE', text: ({ service }) => service.meta.namespace },
  { title: 'NAME', text: ({ service }) => service.meta.name },
  { title: 'FINALIZER', text: ({ change }) => (change.removeFinalizers ?? []).join(', ') || 'none' },
  {
    title: 'ADDRESS',
    text: ({ service, change }) => {
      const addresses = service.status.ingress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []).join(', ');
      return addresses === '' ? 'none' : `${addresses} ${change.ingress === undefined ? 'stays' : 'taken away'}`;
    },
  },
];

export function formatReleases(releases: readonly Release[]): string {
  if (releases.length === 0) return 'No Service has anything left of HeraldLB.\n';
  return formatTable(COLUMNS, releases);
}
