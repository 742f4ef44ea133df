import { advertisesPool } from '../../core/config/advertises.ts';
import type { BgpAdvertisement } from '../../core/config/bgp-config.ts';
import { contradiction } from '../../core/config/bgp-routes.ts';
import { selectorMatches } from '../../core/config/label-selector.ts';
import { describeOrigin } from '../../core/config/source.ts';
import { familyOf, formatIp, prefixOf } from '../../core/net/index.ts';
import { keyOf } from '../../ports/kubernetes.ts';
import type { ServiceEndpoints } from '../announcer/endpoint-index.ts';
import type { AnnouncedAddress, ServiceAnnouncement } from '../announcer/service-announcement.ts';
import type { BgpObstacle } from './bgp-state.ts';
import type { Contribution } from './route-book.ts';

/** A Service, with what else decides about its routes. */
export interface RoutedService {
  readonly service: ServiceAnnouncement;
  readonly endpoints: ServiceEndpoints;
  /** Every Service that has the address, this one too. */
  readonly sharersOf: (address: AnnouncedAddress) => readonly Pick<ServiceAnnouncement, 'labels'>[];
}

/**
 * What a Service asks for, or why it asks for nothing. With externalTrafficPolicy Local it asks only for nodes that have an
 * endpoint; otherwise any endpoint anywhere is enough.
 */
export function contributionsOf(
  routed: RoutedService,
  advertisements: readonly BgpAdvertisement[],
): readonly Contribution[] | BgpObstacle {
  const { service, endpoints } = routed;
  const selected = service.addresses.map((announced) => ({
    announced,
    mine: advertisementsFor(announced, routed.sharersOf(announced), advertisements),
  }));
  if (selected.every(({ mine }) => mine.length === 0)) return noAdvertisement(service);
  for (const { announced, mine } of selected) {
    const pair = contradiction(mine, familyOf(announced.address));
    if (pair !== undefined) return contradictory(announced, pair);
  }
  if (!endpoints.any) return { reason: 'NoEndpoint', message: `${keyOf(service)} has no ready endpoint` };
  const local = service.externalTrafficPolicy === 'Local';
  if (local && endpoints.nodes.size === 0) {
    return { reason: 'NoEndpoint', message: `${keyOf(service)} has no ready endpoint that is on a node` };
  }
  return selected.flatMap(({ announced: { address }, mine }) =>
    mine.map((advertisement) => ({
      prefix: prefixOf(address, lengthFor(advertisement, address)),
      advertisement,
      nodes: local ? endpoints.nodes : undefined,
    })),
  );
}

/**
 * The advertisements for an address, in the order of the list. One that selects Services counts only when it selects every
 * Service that has the address: a route cannot tell them apart.
 */
function advertisementsFor(
  { poolName, poolLabels }: AnnouncedAddress,
  sharers: readonly Pick<ServiceAnnouncement, 'labels'>[],
  advertisements: readonly BgpAdvertisement[],
): readonly BgpAdvertisement[] {
  const pool = { name: poolName, labels: poolLabels };
  return advertisements.filter(
    (advertisement) =>
      advertisesPool(advertisement, pool) &&
      (advertisement.serviceSelectors.length === 0 ||
        sharers.every(({ labels }) =>
          advertisement.serviceSelectors.some((selector) => selectorMatches(selector, labels)),
        )),
  );
}

function lengthFor(advertisement: BgpAdvertisement, address: AnnouncedAddress['address']): number {
  return familyOf(address) === 'IPv4' ? advertisement.aggregationLength : advertisement.aggregationLengthV6;
}

export function noAdvertisement(service: ServiceAnnouncement): BgpObstacle {
  const pools = [...new Set(service.addresses.map(({ poolName }) => poolName))].join(', ');
  return { reason: 'NoAdvertisement', message: `no BGPAdvertisement selects pool ${pools} for it` };
}

function contradictory(
  { address }: AnnouncedAddress,
  [a, b]: readonly [BgpAdvertisement, BgpAdvertisement],
): BgpObstacle {
  return {
    reason: 'ConflictingAdvertisements',
    message: `${describeOrigin(a.origin)} and ${describeOrigin(b.origin)} give the route of ${formatIp(address)} different values of localPref, med or prepend; write the same, or name other peers, nodes or aggregation lengths`,
  };
}
