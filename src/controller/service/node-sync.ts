import { isApiError } from '../../ports/api-error.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { EventSink, Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Histogram, Metrics } from '../../ports/metrics.ts';
import type { Clock } from '../../ports/time.ts';
import { ImplementedElsewhereError, type LoadBalancer } from '../cloud-provider/load-balancer.ts';
import type { EligibleNodes, NodeSet } from './eligible-nodes.ts';
import type { KnownService, KnownServices } from './known-services.ts';
import { SERVICE_METRICS } from './metrics.ts';
import { ServiceEvents } from './service-events.ts';

export interface NodeSyncDependencies {
  readonly loadBalancer: LoadBalancer;
  readonly nodes: EligibleNodes;
  readonly known: KnownServices;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Events of one change of nodes. A node that joins a cluster with thousands of Services is told by the log alone. */
const MAX_EVENTS = 100;
const MAX_NAMES = 20;

/** Tells every load balancer that the nodes changed. @see k8s.io/cloud-provider controllers/service syncNodes */
export class NodeSync {
  readonly #clusterName: string;
  readonly #dependencies: NodeSyncDependencies;
  readonly #events: ServiceEvents;
  readonly #syncs: Counter<never>;
  readonly #errors: Counter<never>;
  readonly #latency: Histogram<never>;
  readonly #hostLatency: Histogram<never>;

  constructor(options: { readonly clusterName: string }, dependencies: NodeSyncDependencies) {
    this.#clusterName = options.clusterName;
    this.#dependencies = dependencies;
    this.#events = new ServiceEvents(dependencies.events);
    const { metrics } = dependencies;
    this.#syncs = metrics.counter(SERVICE_METRICS.loadBalancerSyncs);
    this.#errors = metrics.counter(SERVICE_METRICS.nodeSyncErrors);
    this.#latency = metrics.histogram(SERVICE_METRICS.nodeSyncLatency);
    this.#hostLatency = metrics.histogram(SERVICE_METRICS.updateHostLatency);
  }

  /** Resolves to the keys of the Services that failed: they need an ensure. */
  async sync(): Promise<readonly string[]> {
    const { clock, known, nodes, log } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    const failed: string[] = [];
    let updated = 0;
    for (const [key, entry] of [...known.entries()]) {
      // Read inside the loop: the nodes may change while a provider is waited for.
      const set = nodes.current();
      if (entry.desired === undefined || entry.nodesSignature === set.signature) continue;
      entry.nodesSignature = set.signature;
      updated += 1;
      if (!(await this.#update(entry, set, updated <= MAX_EVENTS))) failed.push(key);
    }
    this.#latency.observe({}, (clock.nowMs() - startedAtMs) / 1000);
    log.info('nodes-synced', { nodes: nodes.current().nodes.length, services: updated, failed: failed.length });
    return failed;
  }

  async #update({ service }: KnownService, set: NodeSet, tell: boolean): Promise<boolean> {
    const { clock, loadBalancer } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    this.#syncs.add({});
    try {
      const result = await loadBalancer.updateLoadBalancer(this.#clusterName, service, set.nodes);
      if (tell && (result === 'updated' || set.nodes.length === 0)) this.#tellUpdated(service, set);
      return true;
    } catch (error) {
      if (error instanceof ImplementedElsewhereError || !(await this.#exists(service))) return true;
      this.#errors.add({});
      const message = `Error updating load balancer with new hosts ${namesOf(set)}: ${messageOf(error)}`;
      this.#events.warning(service, 'UpdateLoadBalancerFailed', message);
      return false;
    } finally {
      this.#hostLatency.observe({}, (clock.nowMs() - startedAtMs) / 1000);
    }
  }

  #tellUpdated(service: Service, { nodes }: NodeSet): void {
    if (nodes.length > 0) this.#events.normal(service, 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    else this.#events.warning(service, 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
  }

  async #exists(service: Service): Promise<boolean> {
    try {
      return (await this.#dependencies.loadBalancer.getLoadBalancer(this.#clusterName, service)).exists;
    } catch (error) {
      this.#dependencies.log.debug('load-balancer-unknown', { error: messageOf(error), api: isApiError(error) });
      return true;
    }
  }
}

function namesOf({ nodes }: NodeSet): string {
  const names = nodes.slice(0, MAX_NAMES).map((node) => node.meta.name);
  return `[${names.join(', ')}${nodes.length > MAX_NAMES ? ', …' : ''}]`;
}
