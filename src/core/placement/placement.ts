import type { IpAddress } from '../net/index.ts';
import { best, type Criterion } from './best.ts';
import { LoadTable } from './load-table.ts';
import { NeighbourGraph } from './neighbour-graph.ts';
import { affinity, hashOfAddress, hashOfNode } from './rendezvous.ts';

export interface PlacementOptions {
  /** Nodes in a list. */
  readonly candidates: number;
  /** No node shares lists with more than this many others, whatever happens. */
  readonly maxNeighbours: number;
  /** Above it, a node gets a new neighbour only when a list would else be short. */
  readonly easyNeighbours: number;
}

export const DEFAULT_PLACEMENT_OPTIONS: PlacementOptions = { candidates: 3, maxNeighbours: 16, easyNeighbours: 12 };

/** What a node that may announce an address has to say about itself. */
export interface EligibleNode {
  /** Sum of the weights of preferred node selectors; the higher the better. */
  readonly preference: number;
  readonly standing: NodeStanding;
}

/**
 * `able`: may be given addresses. `keeps`: stays where it is, and is given nothing new while another is able. `yields`: as
 * soon as another is able, that one has its place.
 */
export type NodeStanding = 'able' | 'keeps' | 'yields';

const ORDER_OF_STANDING: Readonly<Record<NodeStanding, number>> = { able: 0, keeps: 1, yields: 2 };

export interface PlacementRequest {
  /** Load is spread within a group: the pool's name. */
  readonly group: string;
  /** The nodes that may announce the address now. */
  readonly eligible: ReadonlyMap<string, EligibleNode>;
  /** Who announces it already, when that is not the first of the present list: it stays the owner if it is eligible. */
  readonly owner?: string;
}

/** Not the name of a pool. */
const EVERY_GROUP = '';

interface Placed {
  readonly group: string;
  readonly list: readonly string[];
  readonly complete: boolean;
}

/**
 * Which nodes may announce an address, best first.
 *
 * The owner stays as long as it is eligible and need not yield, whoever comes back: no failback. An address that needs an owner
 * goes to the eligible node of highest preference with the fewest addresses of the group, so that at that moment no node is
 * first for more than ceil(mean) of them; between equals, to the one next in line, then to the one with the least to do
 * altogether, then by rendezvous hashing. Standbys stay too; new ones are chosen so that the owner's death would load all
 * evenly, and so that no node has more than 16 neighbours.
 *
 * Deterministic: the same calls give the same lists. A change of one node costs only the lists that it is in.
 */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #graph: NeighbourGraph;
  /** BOUNDED: by the addresses that are announced, as are the next four. */
  readonly #placed = new Map<IpAddress, Placed>();
  readonly #byNode = new Map<string, Set<IpAddress>>();
  readonly #incomplete = new Set<IpAddress>();
  /** First places by (group, node). */
  readonly #first = new LoadTable();
  /** Lists by (owner, node at this place), one table for each place after the first. */
  readonly #standby: readonly LoadTable[];
  /** BOUNDED: by the nodes in some list. */
  readonly #hashes = new Map<string, number>();

  constructor(options: Partial<PlacementOptions> = {}) {
    this.#options = { ...DEFAULT_PLACEMENT_OPTIONS, ...options };
    this.#graph = new NeighbourGraph(this.#options.maxNeighbours);
    this.#standby = Array.from({ length: this.#options.candidates - 1 }, () => new LoadTable());
  }

  /** The list of an address; empty when it has none. */
  candidatesOf(address: IpAddress): readonly string[] {
    return this.#placed.get(address)?.list ?? [];
  }

  /** The addresses in whose list the node is. */
  addressesOf(node: string): readonly IpAddress[] {
    return [...(this.#byNode.get(node) ?? [])];
  }

  /** The addresses that would take more candidates, if there were more eligible nodes. */
  incomplete(): readonly IpAddress[] {
    return [...this.#incomplete];
  }

  /** Whether it has a list that would take more candidates. */
  isIncomplete(address: IpAddress): boolean {
    return this.#incomplete.has(address);
  }

  /** Addresses of the group for which the node is first. */
  loadOf(node: string, group: string): number {
    return this.#first.get(group, node);
  }

  /** Decides, remembers and returns the list of an address. Empty when no node is eligible. */
  place(address: IpAddress, request: PlacementRequest): readonly string[] {
    const before = this.#placed.get(address);
    if (before !== undefined && this.#stands(before, request)) return before.list;
    const previous = before?.list ?? [];
    this.remove(address);
    const owner = this.#chooseOwner(address, request, previous);
    const list = owner === undefined ? [] : this.#withStandbys(address, request, { owner, previous });
    this.#remember(address, { group: request.group, list, complete: list.length >= this.#options.candidates });
    return list;
  }

  /** Who shares lists with whom. */
  get neighbours(): Pick<NeighbourGraph, 'neighboursOf' | 'takeChanged'> {
    return this.#graph;
  }

  /** Forgets an address. */
  remove(address: IpAddress): void {
    const placed = this.#placed.get(address);
    if (placed === undefined) return;
    this.#placed.delete(address);
    this.#incomplete.delete(address);
    this.#account(placed, -1);
    for (const node of placed.list) {
      const addresses = this.#byNode.get(node);
      addresses?.delete(address);
      if (addresses?.size !== 0) continue;
      this.#byNode.delete(node);
      this.#hashes.delete(node);
    }
  }

  /** Whether nothing about the list has to change. */
  #stands(placed: Placed, { group, eligible, owner }: PlacementRequest): boolean {
    const { list } = placed;
    if (placed.group !== group || list.length === 0) return false;
    if (owner !== undefined && owner !== list[0] && eligible.has(owner)) return false;
    if (!list.every((node) => eligible.has(node))) return false;
    if (list.some((node) => eligible.get(node)?.standing === 'yields') && this.#hasRelief(list, eligible)) return false;
    return placed.complete || list.length === eligible.size;
  }

  /** Whether somebody could take the place of a node of the list that yields. */
  #hasRelief(list: readonly string[], eligible: PlacementRequest['eligible']): boolean {
    const [owner = ''] = list;
    if (eligible.get(owner)?.standing === 'yields' && anyAble(eligible)) return true;
    for (const [node, { standing }] of eligible) if (standing === 'able' && !list.includes(node)) return true;
    return false;
  }

  #chooseOwner(address: IpAddress, request: PlacementRequest, previous: readonly string[]): string | undefined {
    const { eligible, group } = request;
    const present = request.owner !== undefined && eligible.has(request.owner) ? request.owner : previous[0];
    const standing = present === undefined ? undefined : eligible.get(present)?.standing;
    if (standing !== undefined && (standing !== 'yields' || !anyAble(eligible))) return present;
    return best(eligible.keys(), [
      (node) => standingOf(eligible, node),
      (node) => -preferenceOf(eligible, node),
      (node) => this.#first.get(group, node),
      (node) => placeIn(previous, node),
      (node) => this.#first.get(EVERY_GROUP, node),
      this.#dislike(address),
    ]);
  }

  /** Keeps the standbys of before that can stay, and fills up. */
  #withStandbys(
    address: IpAddress,
    request: PlacementRequest,
    { owner, previous }: { readonly owner: string; readonly previous: readonly string[] },
  ): readonly string[] {
    const { candidates } = this.#options;
    const list = [owner];
    for (const node of previous) {
      const yields = request.eligible.get(node)?.standing === 'yields';
      if (list.length < candidates && !yields && this.#mayJoin(node, list, request.eligible)) list.push(node);
    }
    while (list.length < candidates) {
      const node = this.#chooseStandby(address, request, list);
      if (node === undefined) break;
      list.push(node);
    }
    return list;
  }

  #chooseStandby(
    address: IpAddress,
    { eligible, group }: PlacementRequest,
    list: readonly string[],
  ): string | undefined {
    const [owner = ''] = list;
    const table = this.#standby[list.length - 1];
    const behindOwner = (node: string): number => table?.get(owner, node) ?? 0;
    const criteria: readonly Criterion[] = [
      (node) => standingOf(eligible, node),
      (node) => -preferenceOf(eligible, node),
      (node) => this.#first.get(group, node) + behindOwner(node),
      (node) => this.#first.get(EVERY_GROUP, node) + behindOwner(node),
      this.#dislike(address),
    ];
    const mayJoin = (node: string): boolean => this.#mayJoin(node, list, eligible);
    const choose = (nodes: Iterable<string>): string | undefined => best(filter(nodes, mayJoin), criteria);
    if (!this.#isEasy(list)) return choose(this.#graph.common(list)) ?? choose(eligible.keys());
    const easy = filter(eligible.keys(), (node) => this.#isEasy([node]) || this.#graph.isKnown([...list, node]));
    return choose(easy) ?? choose(eligible.keys());
  }

  #mayJoin(node: string, list: readonly string[], eligible: PlacementRequest['eligible']): boolean {
    return eligible.has(node) && !list.includes(node) && this.#graph.fits([...list, node]);
  }

  /** Whether each of them may get a new neighbour without need. */
  #isEasy(nodes: readonly string[]): boolean {
    return nodes.every((node) => this.#graph.degreeOf(node) < this.#options.easyNeighbours);
  }

  #remember(address: IpAddress, placed: Placed): void {
    this.#placed.set(address, placed);
    if (!placed.complete) this.#incomplete.add(address);
    this.#account(placed, 1);
    for (const node of placed.list) {
      const addresses = this.#byNode.get(node) ?? new Set();
      this.#byNode.set(node, addresses.add(address));
    }
  }

  #account({ group, list }: Placed, by: 1 | -1): void {
    const [owner, ...standbys] = list;
    if (owner === undefined) return;
    this.#first.add(group, owner, by);
    this.#first.add(EVERY_GROUP, owner, by);
    for (const [place, node] of standbys.entries()) this.#standby[place]?.add(owner, node, by);
    if (by === 1) this.#graph.add(list);
    else this.#graph.remove(list);
  }

  #dislike(address: IpAddress): Criterion {
    const addressHash = hashOfAddress(address);
    return (node) => -affinity(addressHash, this.#hashes.get(node) ?? this.#hash(node));
  }

  #hash(node: string): number {
    const hash = hashOfNode(node);
    if (this.#byNode.has(node)) this.#hashes.set(node, hash);
    return hash;
  }
}

function* filter(nodes: Iterable<string>, admits: (node: string) => boolean): Iterable<string> {
  for (const node of nodes) if (admits(node)) yield node;
}

function preferenceOf(eligible: PlacementRequest['eligible'], node: string): number {
  return eligible.get(node)?.preference ?? 0;
}

function standingOf(eligible: PlacementRequest['eligible'], node: string): number {
  return ORDER_OF_STANDING[eligible.get(node)?.standing ?? 'able'];
}

function anyAble(eligible: PlacementRequest['eligible']): boolean {
  for (const { standing } of eligible.values()) if (standing === 'able') return true;
  return false;
}

function placeIn(list: readonly string[], node: string): number {
  const place = list.indexOf(node);
  return place === -1 ? list.length : place;
}
