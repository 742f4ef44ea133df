import type { Ipam } from '../../core/ipam/index.ts';
import { type IpAddress, parseIp } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';

/** Keeps the nodes' own addresses out of the allocation. */
export class NodeAddresses {
  readonly #ipam: Ipam;
  readonly #onChange: (addresses: readonly IpAddress[]) => void;
  /** BOUNDED: by the nodes of the cluster. */
  readonly #byNode = new Map<string, readonly IpAddress[]>();

  /** `onChange` is told which addresses became a node's own, or ceased to be. */
  constructor(ipam: Ipam, onChange: (addresses: readonly IpAddress[]) => void) {
    this.#ipam = ipam;
    this.#onChange = onChange;
  }

  /** Follows the nodes from now on. The result ends it. */
  follow(nodes: Informer<Node>): () => void {
    for (const node of nodes.list()) this.#set(node.meta.name, addressesOf(node));
    return nodes.onChange(({ key, after }) => this.#set(key, after === undefined ? [] : addressesOf(after)));
  }

  /** Every address with its node. */
  *entries(): Generator<readonly [IpAddress, string]> {
    for (const [node, addresses] of this.#byNode) for (const address of addresses) yield [address, node];
  }

  #set(node: string, addresses: readonly IpAddress[]): void {
    const before = this.#byNode.get(node) ?? [];
    const gone = before.filter((address) => !addresses.includes(address));
    const come = addresses.filter((address) => !before.includes(address));
    if (addresses.length === 0) this.#byNode.delete(node);
    else this.#byNode.set(node, addresses);
    for (const address of gone) this.#ipam.setNodeAddress(address, this.#otherNodeOf(address));
    for (const address of come) this.#ipam.setNodeAddress(address, node);
    if (gone.length + come.length > 0) this.#onChange([...gone, ...come]);
  }

  /** While an address moves from one node to another, both have it for a moment. */
  #otherNodeOf(address: IpAddress): string | undefined {
    for (const [node, addresses] of this.#byNode) if (addresses.includes(address)) return node;
    return undefined;
  }
}

function addressesOf(node: Node): IpAddress[] {
  return node.addresses.flatMap(({ address }) => parseIp(address) ?? []);
}
