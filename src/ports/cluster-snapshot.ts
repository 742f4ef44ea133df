import type { ConfigObject, ResourceType } from './informer.ts';
import type { EndpointSlice, EventType, Namespace, Node, ObjectMeta, ObjectRef, Service } from './kubernetes.ts';
import type { Invocation, Workload } from './workloads.ts';

/** A Pod of HeraldLB. @see Kubernetes API core/v1 Pod */
export interface Pod {
  readonly meta: ObjectMeta;
  readonly nodeName: string;
  readonly ready: boolean;
  /** Sum over its containers. */
  readonly restarts: number;
  /** What its container calls `metrics`, where another than the usual one. */
  readonly metricsPort?: number;
  /** Absent: not looked at. */
  readonly invocation?: Invocation;
  /** Why it waits or failed, as the kubelet says: `CrashLoopBackOff`, `Pending` … */
  readonly trouble?: string;
}

/** An event, as `kubectl describe` shows it. */
export interface ClusterEvent {
  readonly regarding: ObjectRef & { readonly kind: string };
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, of the last time. */
  readonly at: string;
  readonly count: number;
}

/** What one look at a cluster shows. */
export interface ClusterSnapshot {
  /** Where HeraldLB runs. */
  readonly namespace: string;
  readonly services: readonly Service[];
  readonly nodes: readonly Node[];
  readonly namespaces: readonly Namespace[];
  readonly endpointSlices: readonly EndpointSlice[];
  /** Of the kinds of both groups, `ServiceL2Status` and `ServiceBGPStatus` among them. */
  readonly objects: readonly ConfigObject[];
  /** Controllers and speakers, by the label `app.kubernetes.io/component`. */
  readonly pods: readonly Pod[];
  /** Deployments and DaemonSets of load balancers, ours among them, of all namespaces. */
  readonly workloads: readonly Workload[];
  /** `holderIdentity` of the Lease. */
  readonly leader?: string;
  /** About Services, newest first. */
  readonly events: readonly ClusterEvent[];
  /** What our user may not read: a sentence for each. What it would show is missing above. */
  readonly unreadable: readonly string[];
}

/** Reads a cluster, and changes nothing. */
export interface ClusterReader {
  /** @throws ApiError that says what could not be read */
  snapshot(): Promise<ClusterSnapshot>;
  /** Objects of any kind; none where it is not served. @throws ApiError */
  objects(type: ResourceType): Promise<readonly ConfigObject[]>;
  /** The data of a ConfigMap; undefined where there is none. @throws ApiError */
  configMap(ref: ObjectRef): Promise<Readonly<Record<string, string>> | undefined>;
  /** What a Pod serves on its metrics port, as JSON, by way of the API server. @throws ApiError */
  fromPod(pod: Pod, path: string): Promise<unknown>;
}
