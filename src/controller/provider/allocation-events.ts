import type { Refusal } from '../../core/ipam/index.ts';
import { formatIp, type IpAddress } from '../../core/net/index.ts';
import { type EventSink, type KubernetesEvent, keyOf, type Service } from '../../ports/kubernetes.ts';
import { describeRefusals } from './refusal-text.ts';

type Topic = 'contradiction' | 'deprecation' | 'missing-family';

/** Addresses with the pools that they are of: `10.0.0.1 of pool "first"`. */
export function describeAllocation(addresses: readonly IpAddress[], pools: readonly string[]): string {
  const names = pools.map((pool) => `"${pool}"`).join(' and ');
  return `${addresses.map(formatIp).join(' and ')} of ${pools.length === 1 ? 'pool' : 'pools'} ${names}`;
}

/** Tells people what happens to the addresses of a Service; what goes on to be so is told once. MetalLB's reasons where it has one. */
export class AllocationEvents {
  readonly #sink: EventSink;
  /** What was told last. BOUNDED: by the Services with something to tell, and three topics. */
  readonly #told = new Map<string, Map<Topic, string>>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  assigned(service: Service, addresses: readonly IpAddress[], pools: readonly string[]): void {
    const message = `Assigned ${describeAllocation(addresses, pools)}`;
    this.#record(service, { type: 'Normal', reason: 'IPAllocated', message });
  }

  givenUp(service: Service, address: IpAddress, why: string): void {
    const message = `Gave up ${formatIp(address)}: ${why}`;
    this.#record(service, { type: 'Normal', reason: 'ClearAssignment', message });
  }

  /** One of two families could not be had; none: nothing is missing. */
  missingFamily(service: Service, refusals: readonly Refusal[]): void {
    const message = refusals.length === 0 ? '' : `No address of the second IP family: ${describeRefusals(refusals)}`;
    this.#once(service, 'missing-family', { type: 'Normal', reason: 'AdditionalAssignFailed', message });
  }

  contradictions(service: Service, sentences: readonly string[]): void {
    const message = together(sentences);
    this.#once(service, 'contradiction', { type: 'Warning', reason: 'ContradictoryRequests', message });
  }

  deprecations(service: Service, sentences: readonly string[]): void {
    const message = together(sentences);
    this.#once(service, 'deprecation', { type: 'Warning', reason: 'deprecatedAnnotation', message });
  }

  /** The Service is gone. */
  forget(key: string): void {
    this.#told.delete(key);
  }

  #once(service: Service, topic: Topic, event: KubernetesEvent): void {
    const key = keyOf(service.meta);
    const told = this.#told.get(key);
    if ((told?.get(topic) ?? '') === event.message) return;
    const next = new Map(told).set(topic, event.message);
    if (event.message === '') next.delete(topic);
    else this.#record(service, event);
    if (next.size === 0) this.#told.delete(key);
    else this.#told.set(key, next);
  }

  #record({ meta }: Service, event: KubernetesEvent): void {
    const { namespace, name, uid } = meta;
    this.#sink.record({ kind: 'Service', apiVersion: 'v1', namespace, name, uid }, event);
  }
}

function together(sentences: readonly string[]): string {
  return sentences.map((sentence) => sentence.charAt(0).toUpperCase() + sentence.slice(1)).join('. ');
}
