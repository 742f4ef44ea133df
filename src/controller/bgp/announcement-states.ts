import type { BgpAdvertisement } from '../../core/config/bgp-config.ts';
import { contradiction } from '../../core/config/bgp-routes.ts';
import { compareOrigins } from '../../core/config/origin.ts';
import { describeOrigin } from '../../core/config/source.ts';
import { familyOf, formatPrefix, type IpAddress, type Prefix } from '../../core/net/index.ts';
import { abridged } from '../announcer/abridged.ts';
import type { BgpNode } from './bgp-nodes.ts';
import type { BgpAnnouncementState, BgpObstacle } from './bgp-state.ts';
import { type TellingNode, tellingNodes, whyNobodyIsTold } from './reach.ts';
import type { Contribution } from './route-book.ts';
import type { SessionBook } from './session-book.ts';

const NAMED_SESSIONS = 3;

export const STARTING: BgpObstacle = { reason: 'Starting', message: 'the controller has just begun' };

export interface StateFacts {
  readonly nodes: readonly BgpNode[];
  readonly sessions: SessionBook;
  /** The speakers had the time to say how their sessions are. */
  readonly settled: boolean;
}

/** How it stands with an address for which this is asked. */
export function stateOf(
  address: IpAddress,
  contributions: readonly Contribution[],
  { nodes, sessions, settled }: StateFacts,
): BgpAnnouncementState {
  const family = familyOf(address);
  const telling = [...tellingNodes(contributions, family, nodes)];
  if (telling.length === 0) return obstructed(address, whyNobodyIsTold(contributions, family, nodes));
  const peers = new Set<string>();
  let count = 0;
  for (const { node, peers: told } of telling) {
    const up = told.filter(({ name }) => sessions.isEstablished(node.name, name));
    for (const { name } of up) peers.add(name);
    count += up.length > 0 ? 1 : 0;
  }
  if (count === 0) {
    const heard =
      settled || telling.some(({ node, peers: told }) => told.some(({ name }) => sessions.ofPeer(name).has(node.name)));
    return obstructed(address, heard ? whyNoSession(telling, sessions) : STARTING);
  }
  return { address, nodes: count, peers: [...peers].sort() };
}

export function obstructed(address: IpAddress, obstacle: BgpObstacle): BgpAnnouncementState {
  return { address, nodes: 0, peers: [], obstacle };
}

/**
 * Routes that other Services ask for too, and with another preference: an aggregate may hold addresses of two pools, each with
 * an advertisement of its own.
 */
export function contradictionIn(
  contributions: readonly Contribution[],
  advertisementsOf: (prefix: Prefix) => Iterable<BgpAdvertisement>,
): string | undefined {
  for (const { prefix } of contributions) {
    const all = [...advertisementsOf(prefix)].sort((a, b) => compareOrigins(a.origin, b.origin));
    const pair = contradiction(all, familyOf(prefix.network));
    if (pair === undefined) continue;
    const [a, b] = pair.map(({ origin }) => describeOrigin(origin));
    return `${a} and ${b} give the route ${formatPrefix(prefix)} different values of localPref, med or prepend, and the first counts; write the same, or name other peers, nodes or aggregation lengths`;
  }
  return undefined;
}

function whyNoSession(telling: readonly TellingNode[], sessions: SessionBook): BgpObstacle {
  const down = telling.flatMap(({ node, peers }) =>
    peers.map(({ name }) => {
      const report = sessions.ofPeer(name).get(node.name);
      const why = report === undefined ? 'its speaker says nothing of it' : report.lastError || `is in ${report.state}`;
      return `${name} from ${node.name}: ${why}`;
    }),
  );
  return { reason: 'NoSession', message: `no BGP session is established (${abridged(down, NAMED_SESSIONS)})` };
}
