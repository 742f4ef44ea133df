import type { ConfigObject, ResourceType } from './informer.ts';
import type { Condition, LoadBalancerIngress, ObjectMeta, ObjectRef, Service } from './kubernetes.ts';

// Every verb rejects with an ApiError (api-error.ts) and gives up when its signal aborts. Reading is the informers' task:
// a store has `get` only for what nobody watches.

/** What a patch changes in a Service; what is absent stays as it is. */
export interface ServiceChange {
  readonly addFinalizer?: string;
  /** Other people's finalizers survive in any case. */
  readonly removeFinalizers?: readonly string[];
  /** undefined takes an annotation off. Others stay as they are. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  /** The whole `status.loadBalancer.ingress` to be. */
  readonly ingress?: readonly LoadBalancerIngress[];
  /** Merged by type. */
  readonly conditions?: readonly Condition[];
  /** Types of conditions to take off. */
  readonly removeConditions?: readonly string[];
}

export interface ServiceStore {
  /**
   * One strategic-merge patch of `services/status`. It holds for the object with the uid of `service` only: for another of
   * the same name it rejects as `not-found`.
   */
  patchStatus(service: Service, change: ServiceChange, signal?: AbortSignal): Promise<Service>;
}

/** @see Kubernetes API coordination.k8s.io/v1 LeaseSpec */
export interface LeaseRecord {
  /** Empty: free. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with microseconds. For people: nobody compares it with a clock of his own. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

export interface StoredLease {
  readonly ref: ObjectRef;
  readonly resourceVersion: string;
  readonly record: LeaseRecord;
}

export interface LeaseStore {
  get(ref: ObjectRef, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Rejects as `already-exists` when somebody was faster. */
  create(ref: ObjectRef, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
  /** Rejects as `conflict` when the Lease is not any more the one that was read. */
  update(lease: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
}

export interface Secret {
  readonly meta: ObjectMeta;
  readonly type: string;
  readonly data: Readonly<Record<string, Uint8Array>>;
}

export interface ConfigMap {
  readonly meta: ObjectMeta;
  readonly data: Readonly<Record<string, string>>;
}

/** An object that is not yet in the API. */
export interface NewObject {
  readonly ref: ObjectRef;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface SecretStore {
  get(ref: ObjectRef, signal?: AbortSignal): Promise<Secret | undefined>;
  /** Rejects as `already-exists` when somebody was faster. */
  create(secret: NewObject & Pick<Secret, 'type' | 'data'>, signal?: AbortSignal): Promise<Secret>;
  /** Replaces `data`. Rejects as `conflict` when `secret.meta.resourceVersion` is not current. */
  update(secret: Secret, signal?: AbortSignal): Promise<Secret>;
}

export interface ConfigMapStore {
  get(ref: ObjectRef, signal?: AbortSignal): Promise<ConfigMap | undefined>;
  /** Rejects as `already-exists` when somebody was faster. */
  create(configMap: NewObject & Pick<ConfigMap, 'data'>, signal?: AbortSignal): Promise<ConfigMap>;
  /** Replaces `data`. Rejects as `conflict` when `configMap.meta.resourceVersion` is not current. */
  update(configMap: ConfigMap, signal?: AbortSignal): Promise<ConfigMap>;
}

/** An EndpointSlice that we own, whole. @see Kubernetes API discovery.k8s.io/v1 EndpointSlice */
export interface OwnedEndpointSlice {
  readonly ref: ObjectRef;
  /** The Service that it belongs to: label `kubernetes.io/service-name`. */
  readonly serviceName: string;
  /** Label `endpointslice.kubernetes.io/managed-by`. */
  readonly managedBy: string;
  readonly addressType: 'IPv4' | 'IPv6';
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly ready: boolean;
    readonly nodeName?: string;
    readonly pod?: ObjectRef & { readonly uid?: string };
  }[];
  readonly ports: readonly { readonly name?: string; readonly protocol: 'TCP' | 'UDP'; readonly port: number }[];
}

export interface EndpointSliceStore {
  /** Makes the slice be exactly this: creates it, or replaces what is there whoever wrote it. */
  put(slice: OwnedEndpointSlice, signal?: AbortSignal): Promise<void>;
  /** Succeeds when there is none. */
  delete(ref: ObjectRef, signal?: AbortSignal): Promise<void>;
}

/** What the API server says of a token. @see Kubernetes API authentication.k8s.io/v1 TokenReviewStatus */
export interface TokenReview {
  readonly authenticated: boolean;
  /** Why the token could not be checked, or is not good; empty when there is nothing to say. */
  readonly error: string;
  /** Those of the wanted audiences for which the token is good. Empty: the authenticator looked at no audience. */
  readonly audiences: readonly string[];
  readonly username: string;
  readonly groups: readonly string[];
  /** e.g. `authentication.kubernetes.io/node-name`. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface TokenReviewer {
  review(token: string, audiences: readonly string[], signal?: AbortSignal): Promise<TokenReview>;
}

/** One thing that we want to be allowed to do. @see Kubernetes API authorization.k8s.io/v1 ResourceAttributes */
export interface Permission {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** With its subresource after a slash: `services/status`. */
  readonly resource: string;
  /** Absent: in every namespace. */
  readonly namespace?: string;
  /** Absent: of any name. */
  readonly name?: string;
}

export interface AccessReviewer {
  /** Whether the API server would allow it to us (SelfSubjectAccessReview). */
  allowed(permission: Permission, signal?: AbortSignal): Promise<boolean>;
}

export interface ConfigObjectStore {
  /**
   * Merges `status` (a JSON merge patch of the status subresource) into the object with the uid of `object`. Arrays, and so
   * `conditions`, are replaced whole. Resolves with the status as the API server keeps it: without the fields that a CRD of
   * another version does not know.
   */
  patchStatus(
    object: ConfigObject,
    status: Readonly<Record<string, unknown>> & { readonly conditions?: readonly Condition[] },
    signal?: AbortSignal,
  ): Promise<unknown>;
}

/** An object that only says how things are. */
export interface StatusObject {
  readonly ref: ObjectRef;
  readonly labels: Readonly<Record<string, string>>;
  /** With it the object goes: cluster-scoped, or in the same namespace. */
  readonly owner?: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string };
  readonly status: Readonly<Record<string, unknown>>;
}

export interface StatusObjectStore {
  /** Two requests, since a status is not taken with the object. Rejects as `already-exists`; as `not-found` without the kind. */
  create(type: ResourceType, object: StatusObject, signal?: AbortSignal): Promise<void>;
  /** Merges; arrays are replaced whole. */
  patchStatus(type: ResourceType, object: Pick<StatusObject, 'ref' | 'status'>, signal?: AbortSignal): Promise<void>;
  /** Succeeds when there is none. */
  delete(type: ResourceType, ref: ObjectRef, signal?: AbortSignal): Promise<void>;
}
