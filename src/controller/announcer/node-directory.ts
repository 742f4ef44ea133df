import { familyOf, type IpAddress, parseIp } from '../../core/net/index.ts';
import type { NodeStanding } from '../../core/placement/placement.ts';
import type { Node } from '../../ports/kubernetes.ts';
import type { Speaker } from '../speakers/speaker-listener.ts';
import { type NodeObstacleOptions, nodeObstacle, reasonToLeave } from './node-obstacle.ts';

/** A node as far as announcing is concerned. */
export interface KnownNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it cannot announce anything now. */
  readonly obstacle: string | undefined;
  readonly standing: NodeStanding;
  /** Names of the interfaces that are up; those that its speaker reported last. */
  readonly interfaces: ReadonlySet<string>;
  /** The first of each family by which other nodes reach it. */
  readonly addresses: readonly IpAddress[];
}

/** The nodes of the cluster, each with what Kubernetes and its speaker say of it. */
export class NodeDirectory {
  readonly #options: NodeObstacleOptions;
  readonly #speaker: (nodeName: string) => Speaker | undefined;
  /** BOUNDED: by the nodes of the cluster. */
  readonly #nodes = new Map<string, KnownNode>();

  constructor(options: NodeObstacleOptions, dependencies: { speaker: (nodeName: string) => Speaker | undefined }) {
    this.#options = options;
    this.#speaker = dependencies.speaker;
  }

  all(): Iterable<KnownNode> {
    return this.#nodes.values();
  }

  get(name: string): KnownNode | undefined {
    return this.#nodes.get(name);
  }

  /** Whether every node has a speaker that is connected, so that nobody is left to wait for. */
  get everybodySpoke(): boolean {
    return this.#nodes.size > 0 && [...this.#nodes.keys()].every((name) => this.#isConnected(name));
  }

  /** Whether there is anybody to be told anything. */
  get anybodyListens(): boolean {
    for (const name of this.#nodes.keys()) {
      const presence = this.#speaker(name)?.presence;
      if (presence === 'connected' || presence === 'leaving') return true;
    }
    return false;
  }

  /** The nodes that are being emptied. */
  yielding(): readonly string[] {
    return [...this.#nodes.values()].filter(({ standing }) => standing === 'yields').map(({ name }) => name);
  }

  /** Looks at a node again. Undefined when nothing about it is different. */
  refresh(name: string, node: Node | undefined): { readonly addresses: boolean } | undefined {
    const before = this.#nodes.get(name);
    if (node === undefined) return this.#nodes.delete(name) ? { addresses: true } : undefined;
    const after = this.#look(name, node);
    if (before !== undefined && sameNode(before, after)) return undefined;
    this.#nodes.set(name, after);
    return { addresses: before?.addresses.join() !== after.addresses.join() };
  }

  #isConnected(name: string): boolean {
    return this.#speaker(name)?.presence === 'connected';
  }

  #look(name: string, node: Node): KnownNode {
    const speaker = this.#speaker(name);
    const interfaces = new Set((speaker?.interfaces ?? []).filter(({ up }) => up).map((one) => one.name));
    const obstacle = nodeObstacle(node, this.#options) ?? speakerObstacle(speaker, interfaces);
    const standing = reasonToLeave(node) === undefined ? standingOf(speaker) : 'yields';
    return { name, labels: node.meta.labels, obstacle, standing, interfaces, addresses: addressesOf(node) };
  }
}

function standingOf(speaker: Speaker | undefined): NodeStanding {
  return speaker?.presence === 'connected' ? 'able' : 'keeps';
}

function speakerObstacle(speaker: Speaker | undefined, interfaces: ReadonlySet<string>): string | undefined {
  if (speaker === undefined || speaker.presence === 'gone') return 'has no speaker that is connected';
  if (speaker.presence === 'leaving') return 'has a speaker that is stopping';
  return interfaces.size === 0 ? 'has no interface that is up' : undefined;
}

/** @see Kubernetes API core/v1 NodeAddress, `InternalIP` */
function addressesOf({ addresses }: Node): readonly IpAddress[] {
  const internal = addresses.flatMap(({ type, address }) => (type === 'InternalIP' ? (parseIp(address) ?? []) : []));
  return (['IPv4', 'IPv6'] as const).flatMap((family) => internal.find((one) => familyOf(one) === family) ?? []);
}

function sameNode(a: KnownNode, b: KnownNode): boolean {
  const keys = Object.keys(a.labels);
  return (
    a.obstacle === b.obstacle &&
    a.standing === b.standing &&
    a.addresses.join() === b.addresses.join() &&
    a.interfaces.size === b.interfaces.size &&
    [...a.interfaces].every((name) => b.interfaces.has(name)) &&
    keys.length === Object.keys(b.labels).length &&
    keys.every((key) => a.labels[key] === b.labels[key])
  );
}
