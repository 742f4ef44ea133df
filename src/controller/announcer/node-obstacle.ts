import type { Node } from '../../ports/kubernetes.ts';

/** @see https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-exclude-from-external-load-balancers */
const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';
/** What Go's strconv.ParseBool takes for false. */
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

export interface NodeObstacleOptions {
  /** Announce from nodes with the exclude label too. */
  readonly ignoreExcludeLabel: boolean;
}

/** Why a node must not announce, whatever the advertisements say: what people can look for. Undefined when it may. */
export function nodeObstacle(node: Node, options: NodeObstacleOptions): string | undefined {
  if (node.meta.deletionTimestamp !== undefined) return 'is being deleted';
  if (!options.ignoreExcludeLabel && isExcluded(node.meta.labels)) return `has the label ${EXCLUDE_LABEL}`;
  if (node.taints.some(({ key }) => key === TO_BE_DELETED_TAINT)) return `has the taint ${TO_BE_DELETED_TAINT}`;
  const unavailable = node.conditions.some(({ type, status }) => type === 'NetworkUnavailable' && status === 'True');
  return unavailable ? 'has the condition NetworkUnavailable' : undefined;
}

/** A value that is no boolean excludes, as an empty one does. @see kubernetes/kubernetes#131085 */
function isExcluded(labels: Node['meta']['labels']): boolean {
  const value = Object.hasOwn(labels, EXCLUDE_LABEL) ? labels[EXCLUDE_LABEL] : undefined;
  return value !== undefined && !FALSE.includes(value);
}
