import { isApiError } from '../../ports/api-error.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { ServiceChange, ServiceStore } from '../../ports/stores.ts';
import type { Clock } from '../../ports/time.ts';
import {
  ImplementedElsewhereError,
  type LoadBalancer,
  RetryError,
  UnsatisfiableError,
} from '../cloud-provider/load-balancer.ts';
import type { WorkResult } from '../queue/workers.ts';
import type { EligibleNodes } from './eligible-nodes.ts';
import type { KnownService, KnownServices } from './known-services.ts';
import { hasOurFinalizer, needsCleanup, type Ownership, wantsLoadBalancer } from './predicates.ts';
import { ServiceEvents } from './service-events.ts';
import { changeToRelease, changeToServe, type Verdict, verdictOf } from './status-change.ts';

export interface ServiceReconcilerOptions {
  readonly clusterName: string;
  readonly ownership: Ownership;
}

export interface ServiceReconcilerDependencies {
  readonly services: Informer<Service>;
  readonly store: ServiceStore;
  readonly loadBalancer: LoadBalancer;
  readonly nodes: EligibleNodes;
  readonly known: KnownServices;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which branch a Service took, for the metrics. */
export type SyncOperation = 'ensure' | 'delete' | 'none';

export interface SyncOutcome {
  readonly operation: SyncOperation;
  readonly result: WorkResult;
}

/** An API that is away, or busy, says so by every request, and a conflict is over by then: asking again soon costs little. */
const API_RETRY_MS = 1_000;
const DONE: WorkResult = { kind: 'done' };

/**
 * Brings one Service to what it should be, whatever happened to it: reads all it needs, asks the provider, writes what
 * differs in one patch.
 * @see k8s.io/cloud-provider controllers/service syncService
 */
export class ServiceReconciler {
  readonly #options: ServiceReconcilerOptions;
  readonly #dependencies: ServiceReconcilerDependencies;
  readonly #events: ServiceEvents;

  constructor(options: ServiceReconcilerOptions, dependencies: ServiceReconcilerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#events = new ServiceEvents(dependencies.events);
  }

  /** Never rejects. */
  async reconcile(key: string, signal: AbortSignal): Promise<SyncOutcome> {
    const known = this.#dependencies.known.get(key);
    const service = this.#current(key, known);
    if (service === undefined) return await this.#reconcileGone(key, known);
    if (known !== undefined && known.service.meta.uid !== service.meta.uid) {
      const replaced = await this.#reconcileGone(key, known);
      if (replaced.result.kind !== 'done') return replaced;
    }
    const operation = this.#operation(service, this.#dependencies.known.get(key));
    if (operation === 'none') return { operation, result: DONE };
    try {
      const result = await (operation === 'ensure'
        ? this.#ensure(key, service, signal)
        : this.#release(key, service, signal));
      return { operation, result };
    } catch (error) {
      // We stop: the next leader finds what is half done.
      if (signal.aborted) return { operation, result: DONE };
      return { operation, result: this.#failed(key, service, error) };
    }
  }

  /** What the informer shows, or what our own last patch made of it while the informer does not have that yet. */
  #current(key: string, known: KnownService | undefined): Service | undefined {
    const service = this.#dependencies.services.get(key);
    const written = known?.written;
    return service !== undefined && written?.from === service.meta.resourceVersion ? written.service : service;
  }

  #operation(service: Service, known: KnownService | undefined): SyncOperation {
    const { ownership } = this.#options;
    if (needsCleanup(service, ownership)) return 'delete';
    // Without our finalizer it cannot be held back any more: adding it is refused, and would be refused for ever.
    const wants = wantsLoadBalancer(service, ownership) && service.meta.deletionTimestamp === undefined;
    if (wants) return 'ensure';
    return known === undefined ? 'none' : 'delete';
  }

  /** The Service is gone, or another has its name: what it had is released. */
  async #reconcileGone(key: string, known: KnownService | undefined): Promise<SyncOutcome> {
    if (known === undefined) return { operation: 'none', result: DONE };
    const { service } = known;
    try {
      this.#events.normal(service, 'DeletingLoadBalancer', 'Deleting load balancer');
      await this.#dependencies.loadBalancer.ensureLoadBalancerDeleted(this.#options.clusterName, service);
      this.#events.normal(service, 'DeletedLoadBalancer', 'Deleted load balancer');
      this.#dependencies.known.forget(key);
      return { operation: 'delete', result: DONE };
    } catch (error) {
      if (error instanceof RetryError) {
        return { operation: 'delete', result: { kind: 'retry-after', delayMs: error.retryAfterMs } };
      }
      this.#events.warning(service, 'DeleteLoadBalancerFailed', `Error deleting load balancer: ${messageOf(error)}`);
      this.#dependencies.log.error('load-balancer-not-deleted', { service: key, error: messageOf(error) });
      return { operation: 'delete', result: { kind: 'failed' } };
    }
  }

  async #release(key: string, service: Service, signal: AbortSignal): Promise<WorkResult> {
    const { loadBalancer, known } = this.#dependencies;
    const { clusterName, ownership } = this.#options;
    known.remember(key, service);
    const { exists, status } = await loadBalancer.getLoadBalancer(clusterName, service);
    if (exists) {
      this.#events.normal(service, 'DeletingLoadBalancer', 'Deleting load balancer');
      await loadBalancer.ensureLoadBalancerDeleted(clusterName, service).catch((error: unknown) => {
        if (!(error instanceof ImplementedElsewhereError)) throw error;
      });
    }
    const held = hasOurFinalizer(service, ownership);
    const change = changeToRelease(service, status, ownership);
    if (change !== undefined) await this.#write(key, service, change, signal);
    if (exists || held) this.#events.normal(service, 'DeletedLoadBalancer', 'Deleted load balancer');
    this.#settle(key);
    return DONE;
  }

  /** Forgets a released Service, or keeps what our patch made of it for as long as the informer shows it as it was. */
  #settle(key: string): void {
    const { known } = this.#dependencies;
    const entry = known.get(key);
    if (entry?.written === undefined) {
      known.forget(key);
      return;
    }
    entry.released = true;
    entry.desired = undefined;
  }

  async #ensure(key: string, service: Service, signal: AbortSignal): Promise<WorkResult> {
    const { loadBalancer, nodes, known } = this.#dependencies;
    const entry = known.remember(key, service);
    const { nodes: hosts, signature } = nodes.current();
    entry.nodesSignature = signature;
    if (hosts.length > 0) delete entry.told.nodes;
    else if (known.shouldTell(entry, 'nodes', '')) {
      this.#events.warning(service, 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
    }
    try {
      const status = await loadBalancer.ensureLoadBalancer(this.#options.clusterName, service, hosts);
      await this.#serve(key, service, verdictOf(status), signal);
      delete entry.told.waiting;
      delete entry.told['put-off'];
      return DONE;
    } catch (error) {
      if (error instanceof ImplementedElsewhereError) return DONE;
      if (!(error instanceof UnsatisfiableError)) throw error;
      const { reason, message } = error;
      if (known.shouldTell(entry, 'waiting', message)) this.#events.unsatisfiable(service, reason, message);
      await this.#serve(key, service, verdictOf(error.status, { reason, message }), signal);
      return { kind: 'wait' };
    }
  }

  /** Writes what differs from the verdict. A Service that is as it should be costs nothing and tells nothing. */
  async #serve(key: string, service: Service, verdict: Verdict, signal: AbortSignal): Promise<void> {
    const { known, clock } = this.#dependencies;
    const entry = known.remember(key, service);
    entry.desired = verdict.ingress;
    entry.annotations = verdict.annotations;
    const change = changeToServe(service, verdict, { ownership: this.#options.ownership, now: clock.wallTime() });
    if (change === undefined) return;
    const assigned = verdict.waiting === undefined;
    if (assigned) this.#events.normal(service, 'EnsuringLoadBalancer', 'Ensuring load balancer');
    await this.#write(key, service, change, signal);
    if (assigned) this.#events.normal(service, 'EnsuredLoadBalancer', 'Ensured load balancer');
  }

  async #write(key: string, service: Service, change: ServiceChange, signal: AbortSignal): Promise<void> {
    const { services, known, store } = this.#dependencies;
    const from = services.get(key)?.meta.resourceVersion;
    try {
      const stored = await store.patchStatus(service, change, signal);
      const entry = known.get(key);
      // What the informer showed meanwhile may be newer than our patch: then it counts.
      const overtaken = services.get(key)?.meta.resourceVersion !== from;
      if (entry !== undefined && from !== undefined && !overtaken) entry.written = { from, service: stored };
    } catch (error) {
      // It is gone: the informer will say so, and then what it had is released.
      if (!isApiError(error, 'not-found')) throw error;
    }
  }

  #failed(key: string, service: Service, error: unknown): WorkResult {
    const { known, log } = this.#dependencies;
    const message = messageOf(error);
    if (error instanceof RetryError) {
      const entry = known.get(key);
      if (entry !== undefined && known.shouldTell(entry, 'put-off', message)) {
        this.#events.normal(service, 'LoadBalancerPending', message);
      }
      return { kind: 'retry-after', delayMs: error.retryAfterMs };
    }
    if (isApiError(error, 'unavailable', 'throttled', 'conflict')) {
      log.debug('service-sync-put-off', { service: key, error: message });
      return { kind: 'retry-after', delayMs: error.retryAfterMs ?? API_RETRY_MS };
    }
    this.#events.warning(service, 'SyncLoadBalancerFailed', `Error syncing load balancer: ${message}`);
    log.error('service-sync-failed', { service: key, error: message });
    return { kind: 'failed' };
  }
}
