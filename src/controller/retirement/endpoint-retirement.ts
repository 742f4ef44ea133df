import type { Informer } from '../../ports/informer.ts';
import type { EventSink, Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import { NODE_LEASE_NAMESPACE, type NodeLease, type PodStore } from '../../ports/pods.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import { RETIREMENTS } from './metrics.ts';

export interface EndpointRetirementOptions {
  /** How long all witnesses have to agree before anything is done. */
  readonly confirmMs: number;
  /** How often a speaker is looked at of which all witnesses say that it is dead, and whose session stands. */
  readonly silenceMs: number;
  /** Between two nodes that are retired: a fault that reaches many nodes is not ours to judge. */
  readonly pauseMs: number;
}

/** With a hello's verdict after some 400 ms, Pods of a dead node are out of EndpointSlices after about two seconds. */
export const RETIREMENT_DEFAULTS: EndpointRetirementOptions = {
  confirmMs: 1_000,
  silenceMs: 100,
  pauseMs: 60_000,
};

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
  readonly witnesses: readonly string[];
  /** Of the Lease when it began: a kubelet that renews it lives. Undefined: there is no Lease to go by. */
  readonly renewTime: string | undefined;
  timer: Timer;
  /** Its Pods are out of service: it is no reason for doubt about others any more. */
  retired: boolean;
}

/** One witness alone may be the one that is cut off. */
const WITNESSES = 2;

/**
 * Takes the Pods of a dead node out of service before Kubernetes does, which waits some fifty seconds. Only for a node that every
 * neighbour that can be asked calls down, two of them at least, of which none takes it back, whose own speaker is silent, and
 * whose kubelet did not renew its Lease meanwhile; one node a minute, and none while another is accused too: then it may be us
 * who are cut off.
 *
 * Off unless asked for: it writes the status of Pods.
 */
export class EndpointRetirement {
  readonly #options: EndpointRetirementOptions;
  readonly #dependencies: EndpointRetirementDependencies;
  readonly #results: Counter<'result'>;
  /** By node. BOUNDED: by the nodes of the cluster. */
  readonly #accused = new Map<string, Accusation>();
  #retiredAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: EndpointRetirementOptions, dependencies: EndpointRetirementDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#results = dependencies.metrics.counter(RETIREMENTS);
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { speakers, nodes } = this.#dependencies;
    speakers.observe((_witness, { kind }) => {
      if (kind !== 'neighbourhood' || signal.aborted) return;
      for (const name of this.#accused.keys()) if (nodes.get(name) === undefined) this.#acquit(name);
      for (const { meta } of nodes.list()) this.#look(meta.name);
    });
    signal.addEventListener('abort', () => {
      for (const name of this.#accused.keys()) this.#acquit(name);
    });
  }

  #look(nodeName: string): void {
    const accusation = this.#accused.get(nodeName);
    const words = [...this.#dependencies.speakers.witnessesOf(nodeName)].filter(([, word]) => word !== 'never-heard');
    if (words.some(([, word]) => word !== 'down')) {
      this.#acquit(nodeName);
      return;
    }
    // Fewer of them later is no doubt: who is gone is nobody's neighbour any more.
    if (accusation !== undefined || words.length < WITNESSES) return;
    this.#accused.set(nodeName, {
      witnesses: words.map(([witness]) => witness),
      renewTime: this.#renewTimeOf(nodeName),
      timer: this.#judgeAfter(this.#options.confirmMs, nodeName),
      retired: false,
    });
  }

  #acquit(nodeName: string): void {
    this.#accused.get(nodeName)?.timer.cancel();
    this.#accused.delete(nodeName);
  }

  #judgeAfter(delayMs: number, nodeName: string): Timer {
    return this.#dependencies.timers.start(delayMs, () => void this.#judge(nodeName));
  }

  async #judge(nodeName: string): Promise<void> {
    const { clock, log, nodes, speakers, timers } = this.#dependencies;
    const accusation = this.#accused.get(nodeName);
    if (accusation === undefined) return;
    const node = nodes.get(nodeName);
    if (node === undefined) {
      this.#acquit(nodeName);
      return;
    }
    if (speakers.speaker(nodeName)?.presence === 'connected') {
      accusation.timer = this.#judgeAfter(this.#options.silenceMs, nodeName);
      return;
    }
    const doubt = this.#doubt(accusation.renewTime, this.#renewTimeOf(nodeName));
    if (doubt !== undefined) {
      this.#results.add({ result: doubt });
      log.warn('endpoints-not-retired', { node: nodeName, why: doubt });
      accusation.timer = timers.start(this.#options.pauseMs, () => this.#accused.delete(nodeName));
      return;
    }
    this.#retiredAtMs = clock.nowMs();
    accusation.retired = true;
    try {
      await this.#retire(node, accusation.witnesses);
      this.#results.add({ result: 'done' });
    } catch (error) {
      this.#results.add({ result: 'failed' });
      log.error('endpoints-not-retired', { node: nodeName, why: String(error) });
    }
  }

  /** Why a node that seems dead is left to Kubernetes; undefined when it is not. */
  #doubt(renewedBefore: string | undefined, renewedNow: string | undefined): string | undefined {
    if (renewedBefore === undefined || renewedNow === undefined) return 'lease-unknown';
    if (renewedBefore !== renewedNow) return 'lease-renewed';
    if ([...this.#accused.values()].filter(({ retired }) => !retired).length > 1) return 'several-nodes';
    return this.#dependencies.clock.nowMs() - this.#retiredAtMs < this.#options.pauseMs ? 'too-soon' : undefined;
  }

  #renewTimeOf(nodeName: string): string | undefined {
    return this.#dependencies.leases.get(`${NODE_LEASE_NAMESPACE}/${nodeName}`)?.renewTime;
  }

  async #retire({ meta: { name, uid } }: Node, by: readonly string[]): Promise<void> {
    const { clock, events, log, pods } = this.#dependencies;
    const witnesses = by.join(', ');
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
