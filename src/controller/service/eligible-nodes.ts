import type { Informer } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';

/** @see Kubernetes well-known labels, `node.kubernetes.io/exclude-from-external-load-balancers` */
export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** Set by the cluster autoscaler before it takes the node away. */
export const AUTOSCALER_TAINT = 'ToBeDeletedByClusterAutoscaler';
/** What Go's strconv.ParseBool reads as false; since Kubernetes 1.34 such a label excludes nothing. */
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** The nodes that traffic may be sent to, and a value that changes exactly when they do. */
export interface NodeSet {
  readonly nodes: readonly Node[];
  readonly signature: string;
}

/** Whether its label leaves it in. A value that is no boolean, an empty one too, excludes. */
export function isIncluded({ meta }: Node): boolean {
  const label = meta.labels[EXCLUDE_LABEL];
  return label === undefined || FALSE.has(label);
}

/**
 * Whether load balancers may use the node. Readiness does not count: a node that flaps would shake every load balancer.
 * @see KEP-3458 StableLoadBalancerNodeSet
 */
export function isEligible(node: Node, ignoreExcludeLabel = false): boolean {
  return (
    node.meta.deletionTimestamp === undefined &&
    (ignoreExcludeLabel || isIncluded(node)) &&
    !node.taints.some((taint) => taint.key === AUTOSCALER_TAINT)
  );
}

/** Whether an update of a node can change the set. @see upstream shouldSyncUpdatedNode */
export function shouldSyncUpdatedNode(before: Node, after: Node): boolean {
  return isIncluded(before) !== isIncluded(after) || (before.providerID ?? '') !== (after.providerID ?? '');
}

/** The eligible nodes of now, worked out once for each change of nodes rather than for each Service. */
export class EligibleNodes {
  readonly #ignoreExcludeLabel: boolean;
  readonly #nodes: Informer<Node>;
  #set: NodeSet | undefined;

  constructor(options: { readonly ignoreExcludeLabel: boolean }, dependencies: { readonly nodes: Informer<Node> }) {
    this.#ignoreExcludeLabel = options.ignoreExcludeLabel;
    this.#nodes = dependencies.nodes;
  }

  current(): NodeSet {
    this.#set ??= this.#read();
    return this.#set;
  }

  /** A node changed. */
  invalidate(): void {
    this.#set = undefined;
  }

  #read(): NodeSet {
    const nodes = this.#nodes.list().filter((node) => isEligible(node, this.#ignoreExcludeLabel));
    const signature = JSON.stringify(nodes.map((node) => [node.meta.name, node.providerID ?? '']).sort());
    return { nodes, signature };
  }
}
