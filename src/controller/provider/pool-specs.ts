import type { Pool, ServiceAllocation } from '../../core/config/config.ts';
import { selectorMatches } from '../../core/config/label-selector.ts';
import { sameValue } from '../../core/config/same-value.ts';
import type { Applicant, PoolSpec } from '../../core/ipam/index.ts';

/** A pool of the configuration as the allocation sees it. */
export function poolSpecOf(pool: Pool): PoolSpec {
  const { serviceAllocation, reservations = [] } = pool;
  return {
    name: pool.name,
    ranges: pool.ranges,
    autoAssign: pool.autoAssign,
    avoidBuggyIps: pool.avoidBuggyIps,
    ...(serviceAllocation === undefined ? {} : { pinned: { priority: serviceAllocation.priority } }),
    reservations: reservations.map(({ service, addresses }) => ({ holder: service, ranges: addresses })),
    admits: (applicant) => serviceAllocation === undefined || admits(serviceAllocation, applicant),
  };
}

/** The names of the pools that are new, or not what they were. */
export function changedPools(after: readonly Pool[], before: readonly Pool[]): ReadonlySet<string> {
  const former = new Map(before.map((pool) => [pool.name, pool]));
  return new Set(after.filter((pool) => !sameValue(pool, former.get(pool.name))).map(({ name }) => name));
}

function admits(allocation: ServiceAllocation, { namespace, labels }: Applicant): boolean {
  const { namespaces, namespaceSelectors, serviceSelectors } = allocation;
  const everyNamespace = namespaces.length === 0 && namespaceSelectors.length === 0;
  return (
    (everyNamespace || namespaces.includes(namespace)) &&
    (serviceSelectors.length === 0 || serviceSelectors.some((selector) => selectorMatches(selector, labels)))
  );
}
