import { EndpointIndex } from '../controller/announcer/endpoint-index.ts';
import type { ServiceAnnouncement } from '../controller/announcer/service-announcement.ts';
import { BgpNodes } from '../controller/bgp/bgp-nodes.ts';
import { type TellingNode, tellingNodes, whyNobodyIsTold } from '../controller/bgp/reach.ts';
import { RouteBook } from '../controller/bgp/route-book.ts';
import { contributionsOf } from '../controller/bgp/service-routes.ts';
import type { Config } from '../core/config/config.ts';
import { familyOf, formatPrefix, type IpAddress } from '../core/net/index.ts';
import type { ClusterSnapshot } from '../ports/cluster-snapshot.ts';
import { keyOf } from '../ports/kubernetes.ts';
import { describeSession, objectAt, sessionsOf } from './peer-sessions.ts';

/** The routes of one address, and to whom they are told. */
export interface ExplainedRoutes {
  /** `198.51.100.0/24`, one for each aggregation length. */
  readonly prefixes: readonly string[];
  readonly routes: readonly ExplainedRoute[];
  /** Why nobody is told. */
  readonly obstacle?: string;
}

export interface ExplainedRoute {
  readonly node: string;
  /** Name of the BGPPeer. */
  readonly peer: string;
  /** How the session is, in words. */
  readonly session: string;
}

export interface RoutesInput {
  readonly config: Config;
  readonly snapshot: Pick<ClusterSnapshot, 'nodes' | 'endpointSlices' | 'objects'>;
  /** What would be announced, by `namespace/name`. */
  readonly announcements: ReadonlyMap<string, ServiceAnnouncement>;
  /** Nodes with the exclude label announce too. */
  readonly ignoreExcludeLabel: boolean;
}

/** By the controller's own code, what BGP does with an address; undefined where no BGPAdvertisement is for it. */
export function explainRoutes(serviceKey: string, address: IpAddress, input: RoutesInput): ExplainedRoutes | undefined {
  const { config, snapshot, announcements } = input;
  const service = announcements.get(serviceKey);
  if (service === undefined || config.bgpAdvertisements.length === 0) return undefined;
  const all = [...announcements.values()];
  const asked = contributionsOf(
    {
      service,
      endpoints: endpointsIn(snapshot).of(serviceKey),
      sharersOf: (shared) => all.filter(({ addresses }) => addresses.some((other) => other.address === shared.address)),
    },
    config.bgpAdvertisements,
  );
  if ('reason' in asked) return asked.reason === 'NoAdvertisement' ? undefined : refused(asked.message);
  const book = new RouteBook();
  book.set(serviceKey, asked);
  const mine = book.contributionsFor(serviceKey, address);
  if (mine.length === 0) return undefined;
  const nodes = [...nodesIn(input).all()];
  const telling = [...tellingNodes(mine, familyOf(address), nodes)];
  const prefixes = [...new Set(mine.map(({ prefix }) => formatPrefix(prefix)))];
  if (telling.length === 0) return { ...refused(whyNobodyIsTold(mine, familyOf(address), nodes).message), prefixes };
  return { prefixes, routes: telling.flatMap((each) => routesOf(each, snapshot)) };
}

/** For a terminal. */
export function routeLines({ prefixes, routes, obstacle }: ExplainedRoutes): readonly string[] {
  if (obstacle !== undefined) return [`by BGP: ${obstacle}`];
  return routes.map(({ node, peer, session }) => `by BGP ${prefixes.join(', ')} from ${node} to ${peer}: ${session}`);
}

function refused(obstacle: string): ExplainedRoutes {
  return { prefixes: [], routes: [], obstacle };
}

function routesOf({ node, peers }: TellingNode, { objects }: Pick<ClusterSnapshot, 'objects'>): ExplainedRoute[] {
  return peers.map(({ name: peer, origin }) => {
    const object = objectAt(origin, objects);
    // A ConfigMap of MetalLB before 0.13 has no status.
    const session =
      object === undefined
        ? 'no object tells of its session; metric heraldlb_bgp_session_up does'
        : describeSession(sessionsOf(object).nodes.find((each) => each.node === node.name));
    return { node: node.name, peer, session };
  });
}

/** Where the controller sees endpoints that take traffic. */
export function endpointsIn({ endpointSlices }: Pick<ClusterSnapshot, 'endpointSlices'>): EndpointIndex {
  const index = new EndpointIndex();
  for (const slice of endpointSlices) index.apply({ key: keyOf(slice.meta), after: slice });
  return index;
}

function nodesIn({ config, snapshot, ignoreExcludeLabel }: RoutesInput): BgpNodes {
  const nodes = new BgpNodes({ ignoreExcludeLabel });
  nodes.configure(config.bgpAdvertisements, config.bgpPeers);
  for (const node of snapshot.nodes) nodes.refresh(node.meta.name, node, { grace: false });
  return nodes;
}
