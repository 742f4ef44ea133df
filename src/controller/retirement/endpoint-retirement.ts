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
  readonly lookEveryMs: number;
  /** Between two nodes that are retired: a fault that reaches many nodes is not ours to judge. */
  readonly pauseMs: number;
  /** How long a Lease holds: a node that lived is looked at again after that. */
  readonly leaseMs: number;
}

/** With a hello's verdict after some 400 ms, Pods of a dead node are out of EndpointSlices after about two seconds. */
export const DEFAULT_ENDPOINT_RETIREMENT_OPTIONS: EndpointRetirementOptions = {
  confirmMs: 1_000,
  lookEveryMs: 100,
  pauseMs: 60_000,
  leaseMs: 40_000,
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
  readonly sinceMs: number;
  /** Of the Lease when it was looked at: a kubelet that renews it lives. Undefined: there is no Lease to go by. */
  renewTime: string | undefined;
  timer: Timer;
  /** When it turned out to live: whoever is accused after that is no part of the same fault. */
  livesSinceMs: number | undefined;
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
      sinceMs: this.#dependencies.clock.nowMs(),
      renewTime: this.#renewTimeOf(nodeName),
      livesSinceMs: undefined,
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
    const isConnected = speakers.speaker(nodeName)?.presence === 'connected';
    const life = this.#signOfLife(nodeName, accusation, isConnected);
    if (life !== undefined) {
      this.#spare(nodeName, accusation, life);
      return;
    }
    if (isConnected) {
      accusation.timer = this.#judgeAfter(this.#options.lookEveryMs, nodeName);
      return;
    }
    const doubt = this.#doubt(nodeName, accusation);
    if (doubt !== undefined) {
      this.#refuse(nodeName, doubt);
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

  /** What shows that a node lives which its neighbours do not hear. */
  #signOfLife(nodeName: string, { renewTime, sinceMs }: Accusation, isConnected: boolean): string | undefined {
    if (renewTime !== undefined && renewTime !== (this.#renewTimeOf(nodeName) ?? renewTime)) return 'lease-renewed';
    const { clock } = this.#dependencies;
    return isConnected && clock.nowMs() - sinceMs >= this.#options.leaseMs ? 'session-stands' : undefined;
  }

  /** Until its Lease would be over: it may be accused for hours, when its UDP port is blocked. */
  #spare(nodeName: string, accusation: Accusation, life: string): void {
    if (accusation.livesSinceMs === undefined) this.#refuse(nodeName, life);
    accusation.livesSinceMs ??= this.#dependencies.clock.nowMs();
    accusation.renewTime = this.#renewTimeOf(nodeName);
    accusation.timer = this.#judgeAfter(this.#options.leaseMs, nodeName);
  }

  #refuse(nodeName: string, why: string): void {
    this.#results.add({ result: why });
    this.#dependencies.log.warn('endpoints-not-retired', { node: nodeName, why });
  }

  /** Why a node that seems dead is left to Kubernetes; undefined when it is not. */
  #doubt(nodeName: string, accusation: Accusation): string | undefined {
    if (accusation.renewTime === undefined || this.#renewTimeOf(nodeName) === undefined) return 'lease-unknown';
    const others = [...this.#accused.values()].filter((other) => other !== accusation && !other.retired);
    if (others.some(({ livesSinceMs }) => (livesSinceMs ?? Infinity) > accusation.sinceMs)) return 'several-nodes';
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
