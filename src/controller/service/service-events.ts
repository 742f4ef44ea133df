import type { EventReason } from '../../ports/event-reasons.ts';
import type { EventSink, KubernetesEvent, Service } from '../../ports/kubernetes.ts';

/** Reasons of the events on Services. @see k8s.io/cloud-provider controllers/service */
export type ServiceEventReason =
  | 'EnsuringLoadBalancer'
  | 'EnsuredLoadBalancer'
  | 'DeletingLoadBalancer'
  | 'DeletedLoadBalancer'
  | 'UpdatedLoadBalancer'
  | 'SyncLoadBalancerFailed'
  | 'DeleteLoadBalancerFailed'
  | 'UpdateLoadBalancerFailed'
  | 'UnAvailableLoadBalancer'
  /** Not upstream's: the provider puts the Service off for a known time. */
  | 'LoadBalancerPending'
  /** Not upstream's: somebody else keeps writing the status. */
  | 'StatusOverwritten';

/** What was begun need not be told any more once it is told to be done. */
const SUPERSEDED: Partial<Record<ServiceEventReason, readonly ServiceEventReason[]>> = {
  EnsuredLoadBalancer: ['EnsuringLoadBalancer'],
  DeletedLoadBalancer: ['DeletingLoadBalancer'],
};

/** Tells people about one Service. */
export class ServiceEvents {
  readonly #sink: EventSink;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  normal(service: Service, reason: ServiceEventReason, message: string): void {
    const supersedes = SUPERSEDED[reason];
    this.#record(service, { type: 'Normal', reason, message, ...(supersedes === undefined ? {} : { supersedes }) });
  }

  warning(service: Service, reason: ServiceEventReason, message: string): void {
    this.#record(service, { type: 'Warning', reason, message });
  }

  /** Why a Service is not served, in the provider's words. */
  unsatisfiable(service: Service, reason: EventReason, message: string): void {
    this.#record(service, { type: 'Warning', reason, message });
  }

  #record({ meta }: Service, event: KubernetesEvent): void {
    const { namespace, name, uid } = meta;
    this.#sink.record({ kind: 'Service', apiVersion: 'v1', namespace, name, uid }, event);
  }
}
