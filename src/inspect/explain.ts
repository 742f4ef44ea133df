import { ANNOUNCED } from '../controller/announced/announced-condition.ts';
import { advertises, termsFor } from '../controller/announcer/advertisement-rules.ts';
import type { ServiceEndpoints } from '../controller/announcer/endpoint-index.ts';
import { nodeObstacle, reasonToLeave } from '../controller/announcer/node-obstacle.ts';
import type { AnnouncementState, ServiceAnnouncement } from '../controller/announcer/service-announcement.ts';
import { ADDRESS_SOURCES, POOL_SOURCES, SHARING_SOURCES } from '../controller/provider/request-table.ts';
import { ADDRESS_ALLOCATED } from '../controller/service/status-change.ts';
import type { Config } from '../core/config/config.ts';
import { formatIp, parseIp } from '../core/net/index.ts';
import type { ClusterEvent, ClusterSnapshot } from '../ports/cluster-snapshot.ts';
import { keyOf, type Node, type Service } from '../ports/kubernetes.ts';
import { conditionOf } from './conditions.ts';
import { type ExplainedRoutes, endpointsIn, explainRoutes, routeLines } from './explain-routes.ts';
import type { LiveOwner } from './live/live-state.ts';
import { type RehearsalOptions, rehearseAllocation } from './rehearsal/allocation.ts';
import { rehearsePlacement } from './rehearsal/placement.ts';
import { serviceViews } from './services.ts';

/** The way of one Service from its request to the wire. */
export interface ExplainView {
  readonly service: string;
  /** What it asks for, and where it says so. */
  readonly asks: readonly string[];
  /** What the controller says of its address. */
  readonly allocation: string;
  /** What it says of announcing. */
  readonly announcement?: string;
  readonly addresses: readonly ExplainedAddress[];
  /** Newest first. */
  readonly events: readonly Pick<ClusterEvent, 'at' | 'reason' | 'message'>[];
}

export interface ExplainedAddress {
  readonly address: string;
  readonly owner?: LiveOwner;
  /** Every node, and why it is where it is in the order, or not in it at all. */
  readonly nodes: readonly { readonly node: string; readonly why: string }[];
  /** Present where a BGPAdvertisement is for it. */
  readonly routes?: ExplainedRoutes;
}

export interface ExplainInput {
  readonly snapshot: ClusterSnapshot;
  readonly service: Service;
  readonly options: RehearsalOptions;
  /** What the leader knows; empty without one. */
  readonly owners: readonly LiveOwner[];
  /** How the leader knows the speaker of each node to be; empty without one. */
  readonly speakers: ReadonlyMap<string, string>;
}

const MAX_EVENTS = 8;

export async function explain({ snapshot, service, options, owners, speakers }: ExplainInput): Promise<ExplainView> {
  const key = keyOf(service.meta);
  const { ignoreExcludeLabel = false } = options;
  const { config, announcements } = await rehearseAllocation(snapshot, options);
  const announcement = announcements.get(key);
  const states =
    announcement === undefined
      ? []
      : await statesOf(key, announcements, { config, snapshot, owners, speakers, options });
  const view = serviceViews({ ...snapshot, services: [service] })[0];
  const endpoints = endpointsIn(snapshot).of(key);
  const announced = conditionOf(service.status.conditions, ANNOUNCED)?.message;
  return {
    service: key,
    asks: asksOf(service),
    allocation: allocationOf(service, view?.problem),
    ...(announced === undefined ? {} : { announcement: announced }),
    addresses: states.map((state) => {
      const address = formatIp(state.address);
      const owner = owners.find((each) => each.address === address);
      const nodes = snapshot.nodes.map((node) => ({
        node: node.meta.name,
        why: standing(node, { state, config, announcement, endpoints, speakers, ignoreExcludeLabel }),
      }));
      const routes = explainRoutes(key, state.address, { config, snapshot, announcements, ignoreExcludeLabel });
      return {
        address,
        ...(owner === undefined ? {} : { owner }),
        nodes,
        ...(routes === undefined ? {} : { routes }),
      };
    }),
    events: snapshot.events
      .filter(({ regarding }) => keyOf(regarding) === key)
      .slice(0, MAX_EVENTS)
      .map(({ at, reason, message }) => ({ at, reason, message })),
  };
}

/** For a terminal. */
export function formatExplain(view: ExplainView): string {
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
  const addresses = view.addresses.flatMap(({ address, owner, nodes, routes }) => [
    `Address ${address}:`,
    ...(owner?.node === undefined
      ? ['  announced on layer 2 by nobody that the leader knows']
      : [`  ${ownerLine(owner)}`]),
    ...nodes.map(({ node, why }) => `  ${node}: ${why}`),
    ...(routes === undefined ? [] : routeLines(routes).map((line) => `  ${line}`)),
  ]);
  const lines = [
    `Service ${view.service}`,
    ...section('Asks for', view.asks),
    ...section('Address', [view.allocation]),
    ...section('Announcing', view.announcement === undefined ? [] : [view.announcement]),
    ...addresses,
    ...section(
      'Events',
      view.events.map(({ at, reason, message }) => `${at} ${reason}: ${message}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function ownerLine({ node = '', since, reason, gapMs, verifiedAt }: LiveOwner): string {
  const parts = [
    `announced by ${node} since ${since ?? 'an unknown time'}`,
    ...(reason === undefined ? [] : [`because: ${reason}`]),
    ...(gapMs === undefined ? [] : [`nobody answered for ${gapMs} ms before`]),
    verifiedAt === undefined ? 'not verified on the LAN yet' : `verified on the LAN at ${verifiedAt}`,
  ];
  return parts.join('; ');
}

function asksOf(service: Service): readonly string[] {
  const { spec } = service;
  const said = [...ADDRESS_SOURCES, ...POOL_SOURCES, ...SHARING_SOURCES].flatMap(({ name, read }) => {
    const value = read(service);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  return [
    `families ${spec.ipFamilies.join(', ')} (${spec.ipFamilyPolicy ?? 'SingleStack'}), externalTrafficPolicy ${spec.externalTrafficPolicy ?? 'Cluster'}`,
    ...(spec.loadBalancerClass === undefined ? [] : [`loadBalancerClass ${spec.loadBalancerClass}`]),
    ...said,
  ];
}

function allocationOf({ status, spec }: Service, problem: string | undefined): string {
  if (spec.type !== 'LoadBalancer') return `its type is ${spec.type}: only LoadBalancer has an address from a pool`;
  return conditionOf(status.conditions, ADDRESS_ALLOCATED)?.message ?? problem ?? 'nobody has said anything yet';
}

async function statesOf(
  key: string,
  announcements: ReadonlyMap<string, ServiceAnnouncement>,
  { config, snapshot, owners, speakers, options }: { readonly config: Config } & Omit<ExplainInput, 'service'>,
): Promise<readonly AnnouncementState[]> {
  const known = owners.flatMap(({ address, node }) => {
    const parsed = parseIp(address);
    return parsed === undefined || node === undefined ? [] : [[parsed, node] as const];
  });
  const states = await rehearsePlacement({
    config,
    announcements,
    nodes: snapshot.nodes,
    endpointSlices: snapshot.endpointSlices,
    alive: snapshot.nodes.map(({ meta }) => meta.name).filter((name) => !isGone(speakers.get(name))),
    owners: new Map(known),
    ignoreExcludeLabel: options.ignoreExcludeLabel ?? false,
  });
  return states.get(key) ?? [];
}

interface StandingInput {
  readonly state: AnnouncementState;
  readonly config: Config;
  readonly announcement: ServiceAnnouncement | undefined;
  readonly endpoints: ServiceEndpoints;
  readonly speakers: ReadonlyMap<string, string>;
  readonly ignoreExcludeLabel: boolean;
}

function isGone(presence: string | undefined): boolean {
  return presence === 'gone';
}

/** Why a node is a candidate, or is none. */
function standing({ meta, ...node }: Node, input: StandingInput): string {
  const place = input.state.candidates.indexOf(meta.name);
  if (place === 0) return 'first: it is to announce it';
  if (place > 0) return `candidate ${place + 1}: it takes over when those before it are gone`;
  const selected = input.config.l2Advertisements.filter((advertisement) =>
    input.announcement?.addresses.some(
      (announced) => input.announcement !== undefined && advertises(advertisement, announced, input.announcement),
    ),
  );
  if (selected.length === 0) return 'no L2Advertisement selects the pool and the Service';
  if (termsFor(selected, meta.labels) === undefined) return 'no node selector of the L2Advertisements matches it';
  const obstacle = nodeObstacle({ meta, ...node }, input) ?? reasonToLeave({ meta, ...node });
  if (obstacle !== undefined) return obstacle;
  if (input.announcement?.externalTrafficPolicy === 'Local' && !input.endpoints.nodes.has(meta.name))
    return 'externalTrafficPolicy is Local, and no ready endpoint is on it';
  if (isGone(input.speakers.get(meta.name))) return 'has no speaker that is connected';
  return input.state.obstacle?.message ?? 'may announce it; others come before it';
}
