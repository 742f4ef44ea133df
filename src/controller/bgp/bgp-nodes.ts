import type { BgpAdvertisement, BgpPeer } from '../../core/config/bgp-config.ts';
import { type LabelSelector, selectorMatches } from '../../core/config/label-selector.ts';
import type { Node } from '../../ports/kubernetes.ts';
import { exclusion, type NodeObstacleOptions, reasonToLeave, unavailability } from '../announcer/node-obstacle.ts';

/** A node as far as BGP is concerned. */
export interface BgpNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it announces nothing, whatever the advertisements say: what MetalLB looks at, and no more. Its sessions stay. */
  readonly obstacle: string | undefined;
  /** Its work is being taken away: routers are to prefer others. */
  readonly draining: boolean;
  /** Those that it may announce by. */
  readonly advertisements: ReadonlySet<BgpAdvertisement>;
  /** Those that it is to hold a session with, as many as a speaker takes. */
  readonly peers: readonly BgpPeer[];
  /** Peers that match beyond that. */
  readonly peersLeftOut: number;
}

/** What changed about a node. */
export interface NodeChange {
  /** Whether its routes may be others. */
  readonly routes: boolean;
  /** Whether its peers, or how it is to speak to them, are others. */
  readonly settings: boolean;
}

/** More no speaker takes. */
const PEERS_MAX = 1_024;

const NOTHING: NodeChange = { routes: false, settings: false };

/** The nodes of the cluster, each with the advertisements and peers whose selectors match it. */
export class BgpNodes {
  readonly #options: NodeObstacleOptions;
  /** BOUNDED: by the nodes of the cluster. */
  readonly #nodes = new Map<string, BgpNode>();
  #advertisements: readonly BgpAdvertisement[] = [];
  #peers: readonly BgpPeer[] = [];

  constructor(options: NodeObstacleOptions) {
    this.#options = options;
  }

  get(name: string): BgpNode | undefined {
    return this.#nodes.get(name);
  }

  all(): Iterable<BgpNode> {
    return this.#nodes.values();
  }

  /**
   * Looks at every node again. Returns those that are different, but for what comes of the advertisements themselves: who
   * changes them looks at every Service again.
   */
  configure(
    advertisements: readonly BgpAdvertisement[],
    peers: readonly BgpPeer[],
  ): readonly (readonly [nodeName: string, change: NodeChange])[] {
    this.#advertisements = advertisements;
    this.#peers = peers;
    return [...this.#nodes.values()].flatMap((before) => {
      const after: BgpNode = { ...before, ...this.#match(before.labels) };
      this.#nodes.set(after.name, after);
      const change = { ...changeOf(before, after), routes: hasPeers(before) !== hasPeers(after) };
      return change.routes || change.settings ? [[after.name, change] as const] : [];
    });
  }

  /**
   * Looks at a node again. With `grace`, one that was excluded just now is drained first, and is to be looked at once more
   * without.
   */
  refresh(name: string, node: Node | undefined, { grace }: { readonly grace: boolean }): NodeChange {
    const before = this.#nodes.get(name);
    if (node === undefined) {
      this.#nodes.delete(name);
      return before === undefined ? NOTHING : { routes: true, settings: true };
    }
    const excluded = exclusion(node, this.#options);
    const spared = grace && excluded !== undefined && before !== undefined && before.obstacle === undefined;
    const after: BgpNode = {
      name,
      labels: node.meta.labels,
      obstacle: unavailability(node) ?? (spared ? undefined : excluded),
      draining: isDraining(node) || spared,
      ...this.#match(node.meta.labels),
    };
    this.#nodes.set(name, after);
    return before === undefined ? { routes: true, settings: true } : changeOf(before, after);
  }

  #match(labels: BgpNode['labels']): Pick<BgpNode, 'advertisements' | 'peers' | 'peersLeftOut'> {
    const reaches = ({ nodeSelectors }: { readonly nodeSelectors: readonly LabelSelector[] }): boolean =>
      nodeSelectors.length === 0 || nodeSelectors.some((selector) => selectorMatches(selector, labels));
    const peers = this.#peers.filter(reaches);
    return {
      advertisements: new Set(this.#advertisements.filter(reaches)),
      peers: peers.slice(0, PEERS_MAX),
      peersLeftOut: Math.max(0, peers.length - PEERS_MAX),
    };
  }
}

/** Whether somebody is taking the work of a node away, so that its routes are better not used. @see RFC 8326 */
function isDraining(node: Node): boolean {
  return node.meta.deletionTimestamp !== undefined || reasonToLeave(node) !== undefined;
}

function changeOf(before: BgpNode, after: BgpNode): NodeChange {
  const sameAdvertisements =
    before.advertisements.size === after.advertisements.size &&
    [...before.advertisements].every((one) => after.advertisements.has(one));
  const samePeers =
    before.peers.length === after.peers.length && before.peers.every((peer, at) => peer === after.peers[at]);
  return {
    routes: before.obstacle !== after.obstacle || !sameAdvertisements || hasPeers(before) !== hasPeers(after),
    settings: before.draining !== after.draining || before.peersLeftOut !== after.peersLeftOut || !samePeers,
  };
}

/** Who has none is not told any routes. */
function hasPeers({ peers }: BgpNode): boolean {
  return peers.length > 0;
}
