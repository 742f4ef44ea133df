import type { Informer } from '../../ports/informer.ts';
import type { EventSink, Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { NodeLease, PodStore } from '../../ports/pods.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import { RETIREMENTS } from './metrics.ts';

export interface EndpointRetirementOptions {
  /** How long all witnesses have to agree before anything is done. */
  readonly confirmMs: number;
  /** Between two nodes that are retired: a fault that reaches many nodes is not ours to judge. */
  readonly pauseMs: number;
}

/** With a hello's verdict after some 400 ms, Pods of a dead node are out of EndpointSlices after about two seconds. */
export const RETIREMENT_DEFAULTS: EndpointRetirementOptions = { confirmMs: 1_000, pauseMs: 60_000 };

export interface EndpointRetirementDependencies {
  readonly speakers: Pick<Speakers, 'observe' | 'speaker' | 'witnessesOf'>;
  readonly nodes: Informer<Node>;
  readonly leases: Informer<NodeLease>;
  readonly pods: PodStore;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Somebody called a node dead. */
interface Accusation {
  /** Of the Lease when it began: a kubelet that renews it lives. */
  readonly renewTime: string;
  readonly timer: Timer;
}

/** The namespace of the kubelets' Leases. @see Kubernetes "Node heartbeats" */
const NODE_LEASES = 'kube-node-lease';

/** One witness alone may be the one that is cut off. */
const WITNESSES = 2;

/**
 * Takes the Pods of a dead node out of service before Kubernetes does, which waits some forty seconds. Only for a node whose own
 * speaker is gone, which every neighbour that can be asked calls down, two of them at least, and whose kubelet did not renew its
 * Lease meanwhile; one node a minute, and none while another is accused too: then it may be us who are cut off.
 *
 * Off unless asked for: it writes the status of Pods.
 */
export class EndpointRetirement {
  readonly #options: EndpointRetirementOptions;
  readonly #with: EndpointRetirementDependencies;
  readonly #results: Counter<'result'>;
  /** By node. BOUNDED: by the nodes of the cluster. */
  readonly #accused = new Map<string, Accusation>();
  #retiredAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: EndpointRetirementOptions, dependencies: EndpointRetirementDependencies) {
    this.#options = options;
    this.#with = dependencies;
    this.#results = dependencies.metrics.counter(RETIREMENTS);
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { speakers, nodes } = this.#with;
    speakers.observe((_witness, { kind }) => {
      if (kind !== 'neighbourhood' || signal.aborted) return;
      for (const { meta } of nodes.list()) this.#look(meta.name);
    });
    signal.addEventListener('abort', () => {
      for (const { timer } of this.#accused.values()) timer.cancel();
      this.#accused.clear();
    });
  }

  #look(nodeName: string): void {
    const accusation = this.#accused.get(nodeName);
    if (!this.#seemsDead(nodeName)) {
      accusation?.timer.cancel();
      this.#accused.delete(nodeName);
      return;
    }
    if (accusation !== undefined) return;
    const renewTime = this.#renewTimeOf(nodeName);
    const timer = this.#with.timers.start(this.#options.confirmMs, () => void this.#judge(nodeName));
    this.#accused.set(nodeName, { renewTime, timer });
  }

  #seemsDead(nodeName: string): boolean {
    const { speakers } = this.#with;
    if (speakers.speaker(nodeName)?.presence === 'connected') return false;
    const words = [...speakers.witnessesOf(nodeName).values()].filter((word) => word !== 'never-heard');
    return words.length >= WITNESSES && words.every((word) => word === 'down');
  }

  async #judge(nodeName: string): Promise<void> {
    const { clock, log, nodes } = this.#with;
    const accusation = this.#accused.get(nodeName);
    const node = nodes.get(nodeName);
    if (accusation === undefined || node === undefined || !this.#seemsDead(nodeName)) return;
    const doubt = this.#doubt(accusation.renewTime, this.#renewTimeOf(nodeName));
    if (doubt !== undefined) {
      this.#results.add({ result: doubt });
      log.warn('endpoints-not-retired', { node: nodeName, why: doubt });
      return;
    }
    this.#retiredAtMs = clock.nowMs();
    try {
      await this.#retire(node);
      this.#results.add({ result: 'done' });
    } catch (error) {
      this.#results.add({ result: 'failed' });
      log.error('endpoints-not-retired', { node: nodeName, why: String(error) });
    }
  }

  /** Why a node that seems dead is left to Kubernetes; undefined when it is not. */
  #doubt(renewedBefore: string, renewedNow: string): string | undefined {
    if (renewedBefore !== renewedNow) return 'lease-renewed';
    if (this.#accused.size > 1) return 'several-nodes';
    return this.#with.clock.nowMs() - this.#retiredAtMs < this.#options.pauseMs ? 'too-soon' : undefined;
  }

  #renewTimeOf(nodeName: string): string {
    return this.#with.leases.get(`${NODE_LEASES}/${nodeName}`)?.renewTime ?? '';
  }

  async #retire(node: Node): Promise<void> {
    const { clock, events, log, pods, speakers } = this.#with;
    const { name, uid } = node.meta;
    const witnesses = [...speakers.witnessesOf(name).keys()].join(', ');
    const message = `HeraldLB: neither its speaker nor its kernel answers ${witnesses}, and its kubelet does not renew its Lease`;
    const ready = (await pods.onNode(name)).filter((pod) => pod.ready);
    const why = { reason: 'NodeDown', message, at: clock.wallTime() };
    const results = await Promise.allSettled(ready.map((pod) => pods.markNotReady(pod, why)));
    const failed = results.filter(({ status }) => status === 'rejected').length;
    log.warn('endpoints-retired', { node: name, pods: ready.length - failed, failed, witnesses });
    events.record(
      { kind: 'Node', apiVersion: 'v1', namespace: '', name, uid },
      {
        type: 'Warning',
        reason: 'EndpointsRetired',
        message: `Marked ${ready.length - failed} Pods not ready. ${message}`,
      },
    );
  }
}
