import type { BgpPeer } from '../../core/config/bgp-config.ts';
import type { IpFamily } from '../../core/net/index.ts';
import { abridged } from '../announcer/abridged.ts';
import type { BgpNode } from './bgp-nodes.ts';
import type { BgpObstacle } from './bgp-state.ts';
import { familiesOf } from './peer-settings.ts';
import type { Contribution } from './route-book.ts';

/** A node that tells of an address, and whom. */
export interface TellingNode {
  readonly node: BgpNode;
  /** Never empty. */
  readonly peers: readonly BgpPeer[];
}

/** How many nodes a sentence names. */
const NAMED_NODES = 3;

/** The nodes that are to tell of what is asked for, and the peers that each is to tell, whether or not a session stands. */
export function* tellingNodes(
  contributions: readonly Contribution[],
  family: IpFamily,
  nodes: Iterable<BgpNode>,
): Generator<TellingNode> {
  for (const node of nodes) {
    if (node.obstacle !== undefined) continue;
    const mine = contributions.filter((one) => isAsked(one, node));
    const peers = mine.length === 0 ? [] : node.peers.filter((peer) => isTold(peer, mine, family));
    if (peers.length > 0) yield { node, peers };
  }
}

/** Names of the peers that each node is to tell of something of all this. */
export function peersByNode(
  asked: readonly (readonly [family: IpFamily, contributions: readonly Contribution[]])[],
  nodes: readonly BgpNode[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const told = new Map<string, Set<string>>();
  for (const [family, contributions] of asked) {
    for (const { node, peers } of tellingNodes(contributions, family, nodes)) {
      const names = told.get(node.name) ?? new Set();
      told.set(node.name, names);
      for (const { name } of peers) names.add(name);
    }
  }
  return told;
}

/** Why no node is to tell anybody. */
export function whyNobodyIsTold(
  contributions: readonly Contribution[],
  family: IpFamily,
  nodes: Iterable<BgpNode>,
): BgpObstacle {
  const all = [...nodes];
  const names = [...new Set(contributions.map(({ advertisement }) => advertisement.name))].join(', ');
  const matching = all.filter((node) =>
    contributions.some(({ advertisement }) => node.advertisements.has(advertisement)),
  );
  if (matching.length === 0) {
    return { reason: 'NoMatchingNode', message: `the node selectors of BGPAdvertisement ${names} match no node` };
  }
  const able = matching.filter(({ obstacle }) => obstacle === undefined);
  if (able.length === 0) {
    const why = matching.map(({ name, obstacle }) => `${name} ${obstacle}`);
    return { reason: 'NoEligibleNode', message: `no node may announce it: ${abridged(why, NAMED_NODES)}` };
  }
  const asked = able.filter((node) => contributions.some((one) => isAsked(one, node)));
  if (asked.length === 0) {
    const where = abridged([...new Set(contributions.flatMap((one) => [...(one.nodes ?? [])]))], NAMED_NODES);
    const message = `externalTrafficPolicy is Local, and no ready endpoint is on a node that may announce (endpoints on: ${where})`;
    return { reason: 'NoEndpoint', message };
  }
  const peers = asked.flatMap((node) => node.peers);
  if (peers.length === 0) {
    const where = abridged(
      asked.map(({ name }) => name),
      NAMED_NODES,
    );
    return { reason: 'NoPeer', message: `no BGPPeer is in force for the nodes that may announce it (${where})` };
  }
  const ofFamily = peers.filter((peer) => familiesOf(peer).includes(family));
  const message =
    ofFamily.length === 0
      ? `no BGPPeer carries ${family} routes: write dualStackAddressFamily, or a peer with an ${family} address`
      : `BGPAdvertisement ${names} names no BGPPeer that is in force for the nodes that may announce it`;
  return { reason: 'NoPeer', message };
}

/** Whether it is asked for on the node. */
function isAsked({ advertisement, nodes }: Contribution, node: BgpNode): boolean {
  return node.advertisements.has(advertisement) && (nodes === undefined || nodes.has(node.name));
}

function isTold(peer: BgpPeer, contributions: readonly Contribution[], family: IpFamily): boolean {
  if (!familiesOf(peer).includes(family)) return false;
  return contributions.some(({ advertisement: { peers } }) => peers.length === 0 || peers.includes(peer.name));
}
