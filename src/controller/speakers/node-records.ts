import { NodeRecord } from './node-record.ts';
import type { SurroundingsMessage } from './surroundings.ts';

/** The nodes that have a speaker, or are to have something told once they have one. */
export class NodeRecords {
  /** BOUNDED: by the nodes of the cluster: only proven ones have a session, and the rest have a grant. */
  readonly #nodes = new Map<string, NodeRecord>();
  /** Told to every node, whenever it comes. */
  #common: SurroundingsMessage | undefined;

  get(nodeName: string): NodeRecord | undefined {
    return this.#nodes.get(nodeName);
  }

  /** That of a node which may be new. */
  of(nodeName: string): NodeRecord {
    const known = this.#nodes.get(nodeName);
    if (known !== undefined) return known;
    const node = new NodeRecord(nodeName);
    if (this.#common !== undefined) node.surroundings.set(this.#common);
    this.#nodes.set(nodeName, node);
    return node;
  }

  all(): Iterable<NodeRecord> {
    return this.#nodes.values();
  }

  *alive(): Iterable<NodeRecord> {
    for (const node of this.#nodes.values()) if (node.presence !== 'gone') yield node;
  }

  /** Whether any other node is alive. */
  hasOthers(nodeName: string): boolean {
    for (const other of this.alive()) if (other.nodeName !== nodeName) return true;
    return false;
  }

  tellAll(message: SurroundingsMessage): void {
    this.#common = message;
    for (const { surroundings, line } of this.#nodes.values()) {
      surroundings.set(message);
      line?.flush();
    }
  }

  forgetIfEmpty(node: NodeRecord): void {
    if (node.forgettable) this.#nodes.delete(node.nodeName);
  }

  clear(): void {
    this.#nodes.clear();
  }
}
