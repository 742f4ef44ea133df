import type { AcceptedObjects } from './accept.ts';
import type { NamespaceLabels } from './assemble.ts';
import type { Config, Pool } from './config.ts';
import { selectorMatches } from './label-selector.ts';
import { compareOrigins, type Origin } from './origin.ts';

/** The configuration of what was accepted: in a fixed order, and with every selector of namespaces turned into their names. */
export function resolve(accepted: AcceptedObjects, namespaces: readonly NamespaceLabels[]): Config {
  return {
    pools: accepted.pools
      .all()
      .map((pool) => withNamespaces(pool, namespaces))
      .sort(byName),
    l2Advertisements: accepted.l2Advertisements.toSorted(byName),
    bgpAdvertisements: accepted.bgpAdvertisements.all().toSorted(byName),
    bgpPeers: [...accepted.bgpPeers.values()].sort(byName),
    bfdProfiles: [...accepted.bfdProfiles.values()].sort(byName),
  };
}

function withNamespaces(pool: Pool, namespaces: readonly NamespaceLabels[]): Pool {
  const allocation = pool.serviceAllocation;
  if (allocation === undefined || allocation.namespaceSelectors.length === 0) return pool;
  const matching = namespaces
    .filter(({ labels }) => allocation.namespaceSelectors.some((selector) => selectorMatches(selector, labels)))
    .map(({ name }) => name);
  const names = [...new Set([...allocation.namespaces, ...matching])].sort();
  return { ...pool, serviceAllocation: { ...allocation, namespaces: names } };
}

interface Named {
  readonly name: string;
  readonly origin: Origin;
}

/** What comes from a flag or from a ConfigMap has an origin of another name than its own. */
function byName(a: Named, b: Named): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : compareOrigins(a.origin, b.origin);
}
