import type { EventReason } from '../../ports/event-reasons.ts';
import type { LoadBalancerIngress, Node, Service } from '../../ports/kubernetes.ts';

/** What `status.loadBalancer` of a Service is to say. */
export interface LoadBalancerStatus {
  readonly ingress: readonly LoadBalancerIngress[];
  /** What these annotations of the Service are to say; undefined: nothing, they are taken off. Others stay as they are. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  /** From where the addresses come, for people: the message of the Service's condition. */
  readonly summary?: string;
}

/**
 * The Kubernetes cloud-provider contract for load balancers. Arguments are read-only; every verb may be called again at any
 * time and then changes nothing.
 * @see k8s.io/cloud-provider cloud.go, interface LoadBalancer
 */
export interface LoadBalancer {
  /** `exists` stays true while anything at all is allocated to the Service: else its finalizer would go and an address leak. */
  getLoadBalancer(
    clusterName: string,
    service: Service,
  ): Promise<{ readonly status: LoadBalancerStatus; readonly exists: boolean }>;
  /** Pure: a function of its arguments alone. */
  getLoadBalancerName(clusterName: string, service: Service): string;
  /** Creates or updates, and returns the whole status. */
  ensureLoadBalancer(clusterName: string, service: Service, nodes: readonly Node[]): Promise<LoadBalancerStatus>;
  /** The nodes that may announce changed; the status does not. Upstream tells people of it always; we when it was `updated`. */
  updateLoadBalancer(
    clusterName: string,
    service: Service,
    nodes: readonly Node[],
  ): Promise<'updated' | 'nothing-to-update'>;
  /** Succeeds when nothing exists, and finishes what an earlier call left half done. */
  ensureLoadBalancerDeleted(clusterName: string, service: Service): Promise<void>;
}

/** Try again after exactly `retryAfterMs`, quietly, without back-off. @see k8s.io/cloud-provider/api RetryError */
export class RetryError extends Error {
  override readonly name = 'RetryError';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The Service cannot be served as things are, and trying again by the clock would not help: it waits until something that
 * it depends on changes. `reason` is that of the event and the condition; the message says what to do.
 */
export class UnsatisfiableError extends Error {
  override readonly name = 'UnsatisfiableError';
  readonly reason: EventReason;
  /** The status that stays in force meanwhile: an address that is still good is not taken away. */
  readonly status: LoadBalancerStatus;

  constructor(reason: EventReason, message: string, status: LoadBalancerStatus) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

/** Somebody else serves this Service: success without a status. @see k8s.io/cloud-provider ImplementedElsewhere */
export class ImplementedElsewhereError extends Error {
  override readonly name = 'ImplementedElsewhereError';
}
