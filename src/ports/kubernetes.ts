import type { IpFamily } from '../core/net/index.ts';
import type { EventReason } from './event-reasons.ts';

/** Namespace and name of an object. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}

/** As the keys of informers and queues are written: `namespace/name`. */
export function keyOf({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}

export interface ObjectMeta extends ObjectRef {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  /** Present while the object is being deleted: RFC 3339. */
  readonly deletionTimestamp?: string;
  readonly creationTimestamp: string;
}

export interface ServicePort {
  readonly name?: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
  readonly appProtocol?: string;
}

/** @see Kubernetes API core/v1 LoadBalancerIngress */
export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: string;
  readonly ports?: readonly { readonly port: number; readonly protocol: string; readonly error?: string }[];
}

/** A metav1.Condition of a status. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

/** A metav1.Time: RFC 3339 in whole seconds, what is beyond them cut off. */
export function timeText(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** A Service, cut down to what the controller reads. Read-only: caches share it. @see Kubernetes API core/v1 Service */
export interface Service {
  readonly meta: ObjectMeta;
  readonly spec: {
    readonly type: string;
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly clusterIPs: readonly string[];
    readonly ipFamilies: readonly IpFamily[];
    readonly ipFamilyPolicy?: string;
    readonly externalTrafficPolicy?: string;
    readonly externalIPs?: readonly string[];
    readonly healthCheckNodePort?: number;
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: unknown;
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly ServicePort[];
  };
  readonly status: {
    readonly ingress: readonly LoadBalancerIngress[];
    readonly conditions: readonly Condition[];
  };
}

/** @see Kubernetes API core/v1 Node */
export interface Node {
  readonly meta: Omit<ObjectMeta, 'namespace'>;
  readonly providerID?: string;
  /** From where its Pods have their addresses, where Kubernetes itself hands them out. */
  readonly podCIDRs?: readonly string[];
  readonly unschedulable: boolean;
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  /** `message` only where the node says that it is not ready. */
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

/** An EndpointSlice of a Service. @see Kubernetes API discovery.k8s.io/v1 EndpointSlice */
export interface EndpointSlice {
  readonly meta: ObjectMeta;
  readonly serviceName: string;
  readonly endpoints: readonly {
    readonly nodeName?: string;
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  }[];
}

/** From where Services have their cluster IPs. @see Kubernetes API networking.k8s.io/v1 ServiceCIDR, since 1.33 */
export interface ServiceCidr {
  readonly meta: Omit<ObjectMeta, 'namespace'>;
  readonly cidrs: readonly string[];
}

/** @see Kubernetes API core/v1 Namespace */
export interface Namespace {
  readonly meta: Omit<ObjectMeta, 'namespace'>;
}

export type EventType = 'Normal' | 'Warning';

/** Events for people (`kubectl describe`). Never throws: a lost event is counted, not fatal. */
export interface EventSink {
  record(
    object: ObjectRef & { readonly kind: string; readonly apiVersion: string; readonly uid: string },
    event: KubernetesEvent,
  ): void;
}

export interface KubernetesEvent {
  readonly type: EventType;
  readonly reason: EventReason;
  readonly message: string;
  /** Reasons of earlier events about the same object that say no more than this one: those not yet written are left out. */
  readonly supersedes?: readonly EventReason[];
}
