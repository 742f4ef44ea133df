import type { Node } from '../../ports/kubernetes.ts';
import { AUTOSCALER_TAINT, EXCLUDE_LABEL, isIncluded } from '../service/eligible-nodes.ts';

export interface NodeObstacleOptions {
  /** Announce from nodes with the exclude label too. */
  readonly ignoreExcludeLabel: boolean;
}

/**
 * Taints of nodes that are being emptied. `unschedulable` is a cordon (`kubectl drain` begins with it), `out-of-service` says
 * that the node is switched off for good, the others are those of the cluster autoscaler and of Karpenter.
 * @see Kubernetes well-known labels, annotations and taints
 */
const LEAVING_TAINTS: ReadonlySet<string> = new Set([
  'node.kubernetes.io/unschedulable',
  'node.kubernetes.io/out-of-service',
  AUTOSCALER_TAINT,
  'DeletionCandidateOfClusterAutoscaler',
  'karpenter.sh/disrupted',
  'karpenter.sh/disruption',
]);

/** Why a node must not announce, whatever the advertisements say: what people can look for. Undefined when it may. */
export function nodeObstacle(node: Node, options: NodeObstacleOptions): string | undefined {
  if (node.meta.deletionTimestamp !== undefined) return 'is being deleted';
  return exclusion(node, options) ?? unavailability(node);
}

/** That a node is not to be used from outside, by its label. */
export function exclusion(node: Node, { ignoreExcludeLabel }: NodeObstacleOptions): string | undefined {
  return ignoreExcludeLabel || isIncluded(node) ? undefined : `has the label ${EXCLUDE_LABEL}`;
}

/** That traffic which comes to a node would go no further. */
export function unavailability(node: Node): string | undefined {
  const unavailable = node.conditions.some(({ type, status }) => type === 'NetworkUnavailable' && status === 'True');
  return unavailable ? 'has the condition NetworkUnavailable' : undefined;
}

/** Why a node's addresses are to move to another that can have them. Undefined when they may stay. */
export function reasonToLeave(node: Node): string | undefined {
  if (node.unschedulable) return 'is cordoned';
  const taint = node.taints.find(({ key }) => LEAVING_TAINTS.has(key));
  if (taint !== undefined) return `has the taint ${taint.key}`;
  return isShuttingDown(node) ? 'is shutting down' : undefined;
}

/** What the kubelet says during a graceful node shutdown: it has no reason or taint of its own. @see KEP-2000 */
function isShuttingDown({ conditions }: Node): boolean {
  return conditions.some(
    ({ type, status, message }) =>
      type === 'Ready' && status === 'False' && message?.includes('node is shutting down') === true,
  );
}
