import type { Node } from '../../ports/kubernetes.ts';
import { AUTOSCALER_TAINT, EXCLUDE_LABEL, isIncluded } from '../service/eligible-nodes.ts';

export interface NodeObstacleOptions {
  /** Announce from nodes with the exclude label too. */
  readonly ignoreExcludeLabel: boolean;
}

/** Why a node must not announce, whatever the advertisements say: what people can look for. Undefined when it may. */
export function nodeObstacle(node: Node, options: NodeObstacleOptions): string | undefined {
  if (node.meta.deletionTimestamp !== undefined) return 'is being deleted';
  if (!options.ignoreExcludeLabel && !isIncluded(node)) return `has the label ${EXCLUDE_LABEL}`;
  if (node.taints.some(({ key }) => key === AUTOSCALER_TAINT)) return `has the taint ${AUTOSCALER_TAINT}`;
  const unavailable = node.conditions.some(({ type, status }) => type === 'NetworkUnavailable' && status === 'True');
  return unavailable ? 'has the condition NetworkUnavailable' : undefined;
}
