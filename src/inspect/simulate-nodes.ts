import type { AnnouncementState, ServiceAnnouncement } from '../controller/announcer/service-announcement.ts';
import type { Config } from '../core/config/config.ts';
import { formatIp, type IpAddress } from '../core/net/index.ts';
import type { EndpointSlice, Node } from '../ports/kubernetes.ts';
import { type PlacementInput, rehearsePlacement } from './rehearsal/placement.ts';
import { formatTable } from './table.ts';

/** What happens to nodes: they lose power, take no new Pods, or are emptied of their Pods as well. */
export const NODE_FATES = ['kill', 'cordon', 'drain'] as const;
export type NodeFate = (typeof NODE_FATES)[number];

export interface NodesInput {
  readonly config: Config;
  readonly announcements: ReadonlyMap<string, ServiceAnnouncement>;
  readonly nodes: readonly Node[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly alive: readonly string[];
  readonly owners: ReadonlyMap<IpAddress, string>;
}

/** What would become of the addresses. */
export interface NodesView {
  readonly moves: readonly AddressMove[];
  /** Addresses that nobody would announce. */
  readonly lost: readonly { readonly service: string; readonly address: string; readonly why: string }[];
  /** Addresses that are not announced on layer 2: what becomes of their routes is not looked at. */
  readonly elsewhere: readonly string[];
  readonly load: readonly { readonly node: string; readonly before: number; readonly after: number }[];
}

export interface AddressMove {
  readonly service: string;
  readonly address: string;
  readonly from?: string;
  readonly to: string;
}

/** What becomes of the addresses when this happens to these nodes. */
export async function simulateNodes(input: NodesInput, fate: NodeFate, names: readonly string[]): Promise<NodesView> {
  const before = await rehearsePlacement(input);
  // Who is not known to announce now is taken to announce what it is first for: it would keep that.
  const owners = new Map([...firstCandidates(before), ...input.owners]);
  const after = await rehearsePlacement(afterFate({ ...input, owners }, fate, names));
  const moves: AddressMove[] = [];
  const lost: NodesView['lost'][number][] = [];
  const elsewhere: string[] = [];
  for (const [service, states] of after) {
    const former = new Map(before.get(service)?.map((state) => [state.address, state]));
    for (const { address, candidates, obstacle } of states) {
      const now = former.get(address);
      if (now?.obstacle?.reason === 'NoAdvertisement') {
        elsewhere.push(formatIp(address));
        continue;
      }
      const [to] = candidates;
      const from = now?.candidates[0];
      if (to === from) continue;
      const what = { service, address: formatIp(address) };
      if (to === undefined) lost.push({ ...what, why: obstacle?.message ?? '' });
      else moves.push({ ...what, ...(from === undefined ? {} : { from }), to });
    }
  }
  return { moves, lost, elsewhere, load: loadOf(input.nodes, before, after) };
}

export function formatNodes({ moves, lost, elsewhere, load }: NodesView): string {
  const tables = [
    moves.length === 0
      ? 'No address would move.\n'
      : formatTable<AddressMove>(
          [
            { title: 'ADDRESS', text: ({ address }) => address },
            { title: 'SERVICE', text: ({ service }) => service },
            { title: 'FROM', text: ({ from }) => from ?? '' },
            { title: 'TO', text: ({ to }) => to },
          ],
          moves,
        ),
    ...(lost.length === 0
      ? []
      : [
          formatTable<NodesView['lost'][number]>(
            [
              { title: 'ANNOUNCED BY NOBODY', text: ({ address }) => address },
              { title: 'SERVICE', text: ({ service }) => service },
              { title: 'WHY', text: ({ why }) => why },
            ],
            lost,
          ),
        ]),
    ...(elsewhere.length === 0
      ? []
      : [`Not announced on layer 2, so not looked at here: ${elsewhere.join(', ')}. See "heraldlb explain".\n`]),
    formatTable<NodesView['load'][number]>(
      [
        { title: 'NODE', text: ({ node }) => node },
        { title: 'NOW', text: ({ before }) => String(before) },
        { title: 'THEN', text: ({ after }) => String(after) },
      ],
      load,
    ),
  ];
  return tables.join('\n');
}

function afterFate(input: NodesInput, fate: NodeFate, names: readonly string[]): PlacementInput {
  const struck = new Set(names);
  const alive = fate === 'kill' ? input.alive.filter((name) => !struck.has(name)) : input.alive;
  return {
    ...input,
    alive,
    nodes:
      fate === 'kill'
        ? input.nodes
        : input.nodes.map((node) => (struck.has(node.meta.name) ? { ...node, unschedulable: true } : node)),
    // Whose node is gone or emptied is no endpoint any more; where its Pods come up again nobody knows yet.
    endpointSlices:
      fate === 'cordon' ? input.endpointSlices : input.endpointSlices.map((slice) => without(slice, struck)),
    owners: new Map([...input.owners].filter(([, node]) => alive.includes(node))),
  };
}

function without(slice: EndpointSlice, struck: ReadonlySet<string>): EndpointSlice {
  return {
    ...slice,
    endpoints: slice.endpoints.filter(({ nodeName }) => nodeName === undefined || !struck.has(nodeName)),
  };
}

type States = ReadonlyMap<string, readonly AnnouncementState[]>;

function loadOf(nodes: readonly Node[], before: States, after: States): NodesView['load'] {
  const [now, then] = [before, after].map(firstPlaces);
  return nodes
    .map(({ meta: { name } }) => ({ node: name, before: now?.get(name) ?? 0, after: then?.get(name) ?? 0 }))
    .toSorted((a, b) => a.node.localeCompare(b.node));
}

/** How many addresses each node owns: shared ones count once. */
function firstPlaces(states: States): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const owner of firstCandidates(states).values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

function firstCandidates(states: States): ReadonlyMap<IpAddress, string> {
  const places = [...states.values()].flat().map(({ address, candidates }) => [address, candidates[0]] as const);
  return new Map(places.flatMap(([address, owner]) => (owner === undefined ? [] : [[address, owner] as const])));
}
