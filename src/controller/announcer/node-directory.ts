import type { Node } from '../../ports/kubernetes.ts';
import type { Speaker } from '../speakers/speaker-listener.ts';
import { type NodeObstacleOptions, nodeObstacle } from './node-obstacle.ts';

/** A node as far as announcing is concerned. */
export interface KnownNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it cannot announce anything now. */
  readonly obstacle: string | undefined;
  /** Names of the interfaces that are up; those of a speaker that lives. */
  readonly interfaces: ReadonlySet<string>;
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

  /** Whether every node has a speaker that lives, so that nobody is left to wait for. */
  get everybodySpoke(): boolean {
    return this.#nodes.size > 0 && [...this.#nodes.keys()].every((name) => this.#speaker(name)?.alive === true);
  }

  /** Looks at a node again. False when nothing about it is different. */
  refresh(name: string, node: Node | undefined): boolean {
    const before = this.#nodes.get(name);
    if (node === undefined) return this.#nodes.delete(name);
    const after = this.#look(name, node);
    if (before !== undefined && sameNode(before, after)) return false;
    this.#nodes.set(name, after);
    return true;
  }

  #look(name: string, node: Node): KnownNode {
    const speaker = this.#speaker(name);
    const interfaces = new Set((speaker?.interfaces ?? []).filter(({ up }) => up).map((one) => one.name));
    const obstacle = nodeObstacle(node, this.#options) ?? speakerObstacle(speaker, interfaces);
    return { name, labels: node.meta.labels, obstacle, interfaces };
  }
}

function speakerObstacle(speaker: Speaker | undefined, interfaces: ReadonlySet<string>): string | undefined {
  if (speaker?.alive !== true) return 'has no speaker that is connected';
  if (speaker.leaving) return 'has a speaker that is stopping';
  return interfaces.size === 0 ? 'has no interface that is up' : undefined;
}

function sameNode(a: KnownNode, b: KnownNode): boolean {
  const keys = Object.keys(a.labels);
  return (
    a.obstacle === b.obstacle &&
    a.interfaces.size === b.interfaces.size &&
    [...a.interfaces].every((name) => b.interfaces.has(name)) &&
    keys.length === Object.keys(b.labels).length &&
    keys.every((key) => a.labels[key] === b.labels[key])
  );
}
