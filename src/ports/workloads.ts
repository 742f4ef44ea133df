import type { ObjectMeta } from './kubernetes.ts';

/** What the containers of a Pod are told, all of them together. */
export interface Invocation {
  readonly args: readonly string[];
  /** Variables whose value stands there; those from elsewhere are absent. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A Deployment or a DaemonSet, as far as it says which program runs. @see Kubernetes API apps/v1 */
export interface Workload {
  readonly kind: 'Deployment' | 'DaemonSet';
  readonly meta: ObjectMeta;
  /** Number of its Pods that are ready. */
  readonly ready: number;
  /** Of all its containers. */
  readonly args: readonly string[];
  /** As of an Invocation; absent: not looked at. */
  readonly environment?: Invocation['environment'];
}

export interface WorkloadReader {
  /** Those of the names, in all namespaces. A permission for the names is enough. @throws ApiError */
  named(names: readonly string[], signal?: AbortSignal): Promise<readonly Workload[]>;
}
