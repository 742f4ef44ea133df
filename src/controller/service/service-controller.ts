import type { Informer, InformerChange } from '../../ports/informer.ts';
import { type EventSink, keyOf, type Node, type Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Histogram, Metrics } from '../../ports/metrics.ts';
import type { ServiceStore } from '../../ports/stores.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { ExistingClaims } from '../cloud-provider/claims.ts';
import type { LoadBalancer } from '../cloud-provider/load-balancer.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { runWorkers, type WorkResult } from '../queue/workers.ts';
import { EligibleNodes, shouldSyncUpdatedNode } from './eligible-nodes.ts';
import { KnownServices } from './known-services.ts';
import { SERVICE_METRICS } from './metrics.ts';
import { NodeSync } from './node-sync.ts';
import {
  hasOurFinalizer,
  labelsChanged,
  needsCleanup,
  needsUpdate,
  type Ownership,
  ownershipOf,
  showsIngress,
  wantsLoadBalancer,
} from './predicates.ts';
import { ServiceEvents } from './service-events.ts';
import { ServiceReconciler } from './service-reconciler.ts';
import { conditionOf } from './status-change.ts';

export interface ServiceControllerOptions {
  readonly clusterName: string;
  /** Absent: Services without a class are ours. */
  readonly loadBalancerClass?: string;
  /** Services worked on at a time (`--concurrent-service-syncs`). */
  readonly concurrency: number;
  /** True: nodes with the label `node.kubernetes.io/exclude-from-external-load-balancers` count as well. */
  readonly ignoreExcludeLabel?: boolean;
}

export interface ServiceControllerDependencies {
  readonly services: Informer<Service>;
  readonly nodes: Informer<Node>;
  readonly store: ServiceStore;
  readonly loadBalancer: LoadBalancer;
  readonly claims: ExistingClaims;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** @see k8s.io/cloud-provider controllers/service minRetryDelay, maxRetryDelay */
const RETRY = { baseDelayMs: 5_000, maxDelayMs: 300_000 } as const;
/** Events repair what they tell of; this finds what nobody told. */
const SWEEP_MS = 10 * 60_000;
const ALL_NODES = 'nodes';

/**
 * Gives every Service of type LoadBalancer that is ours what the provider says, for one term of leadership: `run` it once.
 * @see k8s.io/cloud-provider controllers/service
 */
export class ServiceController {
  readonly #options: ServiceControllerOptions;
  readonly #dependencies: ServiceControllerDependencies;
  readonly #ownership: Ownership;
  readonly #known: KnownServices;
  readonly #eligibleNodes: EligibleNodes;
  readonly #reconciler: ServiceReconciler;
  readonly #nodeSync: NodeSync;
  readonly #events: ServiceEvents;
  readonly #serviceQueue: WorkQueue;
  readonly #nodeQueue: WorkQueue;
  readonly #syncs: Counter<'operation' | 'result'>;
  readonly #updates: Counter<never>;
  readonly #updateErrors: Counter<never>;
  readonly #durations: Histogram<'operation'>;
  readonly #repairs: Counter<never>;
  #sweep: Timer | undefined;

  constructor(options: ServiceControllerOptions, dependencies: ServiceControllerDependencies) {
    const { metrics } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#ownership = ownershipOf(options.loadBalancerClass);
    this.#known = new KnownServices(dependencies.clock);
    this.#eligibleNodes = new EligibleNodes({ ignoreExcludeLabel: options.ignoreExcludeLabel ?? false }, dependencies);
    this.#events = new ServiceEvents(dependencies.events);
    const parts = { ...dependencies, nodes: this.#eligibleNodes, known: this.#known };
    this.#reconciler = new ServiceReconciler({ clusterName: options.clusterName, ownership: this.#ownership }, parts);
    this.#nodeSync = new NodeSync({ clusterName: options.clusterName }, parts);
    const pending = metrics.gauge(SERVICE_METRICS.pending);
    const onWaiting = (services: number): void => pending.set({}, services);
    this.#serviceQueue = new WorkQueue({ name: 'service', ...RETRY, onWaiting }, dependencies);
    this.#nodeQueue = new WorkQueue({ name: 'node', ...RETRY }, dependencies);
    this.#syncs = metrics.counter(SERVICE_METRICS.syncs);
    this.#updates = metrics.counter(SERVICE_METRICS.metallbUpdates);
    this.#updateErrors = metrics.counter(SERVICE_METRICS.metallbUpdateErrors);
    this.#durations = metrics.histogram(SERVICE_METRICS.syncDuration);
    this.#repairs = metrics.counter(SERVICE_METRICS.repairs);
  }

  /**
   * Waits for the caches, claims what exists, and works until `signal` aborts; then resolves as soon as no Service is being
   * worked on. What is half done then is found and finished by the next leader.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { services, nodes, claims, log } = this.#dependencies;
    try {
      await Promise.all([services.synced(signal), nodes.synced(signal)]);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    const ours = services.list().filter((service) => this.#isOurs(service));
    // One that is gone before its first sync has something to release as well.
    for (const service of ours) this.#known.remember(keyOf(service.meta), service);
    claims.claimExisting(ours);
    const unsubscribe = [
      services.onChange((change) => this.#serviceChanged(change)),
      nodes.onChange((change) => this.#nodeChanged(change)),
    ];
    log.info('service-controller-started', { services: ours.length });
    this.enqueueAll();
    this.#armSweep();
    const stopped = this.#whenAborted(signal);
    await Promise.all([
      runWorkers(this.#serviceQueue, this.#options.concurrency, (key) => this.#syncService(key, signal)),
      runWorkers(this.#nodeQueue, 1, () => this.#syncNodes()),
      stopped,
    ]);
    for (const each of unsubscribe) each();
    this.#sweep?.cancel();
    log.info('service-controller-stopped');
  }

  /** Every Service of ours needs another look, the oldest first: the configuration changed. */
  enqueueAll(): void {
    const ours = this.#dependencies.services.list().filter((service) => this.#isOurs(service));
    const age = ({ meta }: Service): string => `${meta.creationTimestamp} ${keyOf(meta)}`;
    ours.sort((a, b) => (age(a) < age(b) ? -1 : 1));
    for (const service of ours) this.#serviceQueue.add(keyOf(service.meta));
  }

  /** One Service needs another look. */
  enqueue(key: string): void {
    this.#serviceQueue.add(key);
  }

  async #syncService(key: string, signal: AbortSignal): Promise<WorkResult> {
    const { clock } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    const { operation, result } = await this.#reconciler.reconcile(key, signal);
    this.#syncs.add({ operation, result: result.kind });
    this.#updates.add({});
    if (result.kind === 'failed') this.#updateErrors.add({});
    this.#durations.observe({ operation }, (clock.nowMs() - startedAtMs) / 1000);
    return result;
  }

  async #syncNodes(): Promise<WorkResult> {
    for (const key of await this.#nodeSync.sync()) this.#serviceQueue.add(key);
    return { kind: 'done' };
  }

  #serviceChanged({ key, before, after }: InformerChange<Service>): void {
    if (after === undefined) {
      if (this.#known.gone(key)) this.#serviceQueue.add(key);
      return;
    }
    this.#known.seen(key, after);
    if (before === undefined ? this.#isOurs(after) : this.#concernsUs(key, before, after)) this.#serviceQueue.add(key);
    else if (this.#hasDrifted(key, after)) this.#repair(key, after);
  }

  #isOurs(service: Service): boolean {
    const terminating = service.meta.deletionTimestamp !== undefined;
    return needsCleanup(service, this.#ownership) || (wantsLoadBalancer(service, this.#ownership) && !terminating);
  }

  #concernsUs(key: string, before: Service, after: Service): boolean {
    const known = this.#known.get(key);
    const terminates = before.meta.deletionTimestamp === undefined && after.meta.deletionTimestamp !== undefined;
    return (
      needsUpdate(before, after, this.#ownership, known?.annotations) ||
      needsCleanup(after, this.#ownership) ||
      (terminates && known !== undefined) ||
      (wantsLoadBalancer(after, this.#ownership) && labelsChanged(before, after))
    );
  }

  /** Whether somebody else changed what we had written. */
  #hasDrifted(key: string, service: Service): boolean {
    const known = this.#known.get(key);
    if (known?.desired === undefined || !this.#isOurs(service)) return false;
    return (
      !showsIngress(service, known.desired) ||
      !hasOurFinalizer(service, this.#ownership) ||
      conditionOf(service) === undefined
    );
  }

  #repair(key: string, service: Service): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#repairs.add({});
    const { delayMs, quarrel } = this.#known.overwritten(known);
    this.#serviceQueue.addAfter(key, delayMs);
    if (!quarrel) return;
    this.#events.warning(
      service,
      'StatusOverwritten',
      'Something else keeps changing the status of this Service: is another load balancer running (k3s: --disable servicelb)?',
    );
    this.#dependencies.log.warn('status-overwritten', { service: key });
  }

  #nodeChanged({ before, after }: InformerChange<Node>): void {
    this.#eligibleNodes.invalidate();
    if (before !== undefined && after !== undefined && !shouldSyncUpdatedNode(before, after)) return;
    this.#nodeQueue.add(ALL_NODES);
  }

  #armSweep(): void {
    this.#sweep = this.#dependencies.timers.start(SWEEP_MS, () => {
      for (const service of this.#dependencies.services.list()) {
        const key = keyOf(service.meta);
        const unknown = this.#known.get(key) === undefined && this.#isOurs(service);
        if (unknown || needsCleanup(service, this.#ownership) || this.#hasDrifted(key, service)) {
          this.#serviceQueue.add(key);
        }
      }
      this.#serviceQueue.addParked();
      this.#armSweep();
    });
  }

  async #whenAborted(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    await Promise.all([this.#serviceQueue.stop(), this.#nodeQueue.stop()]);
  }
}
