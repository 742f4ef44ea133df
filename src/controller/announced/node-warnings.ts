import { formatIp } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, KubernetesEvent, Node } from '../../ports/kubernetes.ts';
import type { Clock } from '../../ports/time.ts';
import type { Observation, Speakers } from '../speakers/speaker-listener.ts';

/** Speakers repeat themselves while it lasts, and Kubernetes keeps an event for an hour. */
const REPEATED_AFTER_MS = 3_600_000;
const TOLD_MAX = 4096;

export interface NodeWarningsDependencies {
  readonly speakers: Pick<Speakers, 'observe'>;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  readonly events: EventSink;
  readonly clock: Clock;
}

/** Tells on Nodes what about their kernels and switches is in the way of announcing: once an hour for each interface. */
export class NodeWarnings {
  readonly #dependencies: NodeWarningsDependencies;
  /** When it was told last, in ms, by node, interface and reason. BOUNDED: by TOLD_MAX, the oldest goes first. */
  readonly #toldMs = new Map<string, number>();

  constructor(dependencies: NodeWarningsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Listens until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#dependencies.speakers.observe((nodeName, observation) => {
      const warning = signal.aborted ? undefined : warningOf(nodeName, observation);
      if (warning !== undefined) this.#tell(nodeName, warning);
    });
  }

  #tell(nodeName: string, { interface: name, reason, message }: Warning): void {
    const { nodes, events, clock } = this.#dependencies;
    const node = nodes.get(nodeName);
    const key = `${nodeName} ${name} ${reason}`;
    const toldMs = this.#toldMs.get(key);
    if (node === undefined || (toldMs !== undefined && clock.nowMs() - toldMs < REPEATED_AFTER_MS)) return;
    this.#toldMs.delete(key);
    this.#toldMs.set(key, clock.nowMs());
    const [oldest] = this.#toldMs.keys();
    if (this.#toldMs.size > TOLD_MAX && oldest !== undefined) this.#toldMs.delete(oldest);
    const regarding = { kind: 'Node', apiVersion: 'v1', namespace: '', name: nodeName, uid: node.meta.uid };
    events.record(regarding, { type: 'Warning', reason, message });
  }
}

interface Warning extends Pick<KubernetesEvent, 'reason' | 'message'> {
  readonly interface: string;
}

function warningOf(nodeName: string, observation: Observation): Warning | undefined {
  switch (observation.kind) {
    case 'kernel-answers': {
      const { address, interface: name } = observation;
      const what = `the kernel of ${nodeName} has ${formatIp(address)} as well and answers ARP for it on ${name}, as those of other nodes will`;
      const message = `${what}: with kube-proxy in IPVS mode set strictARP: true, else the sysctls arp_ignore=1 and arp_announce=2`;
      return { interface: name, reason: 'KernelAnswers', message };
    }
    case 'groups-refused': {
      const { interface: name } = observation;
      const what = `the kernel of ${nodeName} joins no multicast group on ${name}, so that switches may keep away who asks for IPv6 addresses`;
      const message = `${what}: switch IPv6 on for the interface, or MLD snooping off on its switches`;
      return { interface: name, reason: 'GroupsRefused', message };
    }
    default:
      return undefined;
  }
}
