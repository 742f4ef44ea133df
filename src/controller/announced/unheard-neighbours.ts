import type { IpAddress } from '../../core/net/index.ts';
import { NEIGHBOUR_PORT } from '../../ports/defaults.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import { UNHEARD_NEIGHBOURS } from './metrics.ts';

export interface UnheardNeighboursOptions {
  /** How long two speakers that are connected may take to hear each other. */
  readonly afterMs: number;
}

export const DEFAULT_UNHEARD_NEIGHBOURS_OPTIONS: UnheardNeighboursOptions = { afterMs: 15_000 };

export interface UnheardNeighboursDependencies {
  readonly speakers: Speakers;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  readonly announcer: { candidatesOf(address: IpAddress): readonly string[]; retellOf(nodeName: string): void };
  readonly events: EventSink;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Neighbours that live and were never heard: a firewall keeps their hellos away, as likely as not. Then a failover takes as
 * long as the controller needs to miss a session, and nobody stands in for a speaker: people are told, and which port it is.
 */
export class UnheardNeighbours {
  readonly #options: UnheardNeighboursOptions;
  readonly #dependencies: UnheardNeighboursDependencies;
  readonly #gauge: Gauge;
  /** Listener and neighbour, until it is long enough. BOUNDED: by the nodes, times the neighbours of one; as is the next. */
  readonly #waiting = new Map<string, Timer>();
  readonly #unheard = new Set<string>();

  constructor(options: Partial<UnheardNeighboursOptions>, dependencies: UnheardNeighboursDependencies) {
    this.#options = { ...DEFAULT_UNHEARD_NEIGHBOURS_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#gauge = dependencies.metrics.gauge(UNHEARD_NEIGHBOURS);
  }

  /** Follows what speakers say of each other until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#dependencies.speakers.observe((listener, observation) => {
      if (observation.kind !== 'neighbourhood' || signal.aborted) return;
      for (const { nodeName, state } of observation.neighbours) {
        if (state === 'never-heard') this.#suspect(listener, nodeName);
        else this.#clear(listener, nodeName);
      }
    });
    signal.addEventListener('abort', () => {
      for (const timer of this.#waiting.values()) timer.cancel();
      this.#waiting.clear();
    });
  }

  /** What is to be said of an address: none of the nodes that could take it over hears the one that announces it. */
  remarkOn(address: IpAddress, owner: string): string | undefined {
    const standbys = this.#dependencies.announcer.candidatesOf(address).filter((node) => node !== owner);
    if (standbys.length === 0 || !standbys.every((node) => this.#unheard.has(pairOf(node, owner)))) return undefined;
    return `${standbys.join(' and ')} cannot hear ${owner}, so that a failover takes seconds: ${REMEDY}`;
  }

  #suspect(listener: string, nodeName: string): void {
    const pair = pairOf(listener, nodeName);
    if (this.#waiting.has(pair) || this.#unheard.has(pair)) return;
    const timer = this.#dependencies.timers.start(this.#options.afterMs, () => {
      this.#waiting.delete(pair);
      if (this.#isUnheard(listener, nodeName)) this.#tell(listener, nodeName);
    });
    this.#waiting.set(pair, timer);
  }

  #isUnheard(listener: string, nodeName: string): boolean {
    const { speakers } = this.#dependencies;
    const bothLive = [listener, nodeName].every((name) => speakers.speaker(name)?.presence === 'connected');
    return bothLive && speakers.witnessesOf(nodeName).get(listener) === 'never-heard';
  }

  #tell(listener: string, nodeName: string): void {
    const { announcer, events, log, nodes } = this.#dependencies;
    this.#unheard.add(pairOf(listener, nodeName));
    this.#gauge.set({}, this.#unheard.size);
    log.warn('neighbour-unheard', { node: listener, neighbour: nodeName, port: NEIGHBOUR_PORT });
    const node = nodes.get(listener);
    if (node !== undefined) {
      const { name, uid } = node.meta;
      events.record(
        { kind: 'Node', apiVersion: 'v1', namespace: '', name, uid },
        {
          type: 'Warning',
          reason: 'NeighbourUnheard',
          message: `the speaker of ${listener} hears nothing of ${nodeName}, whose speaker lives: ${REMEDY}`,
        },
      );
    }
    announcer.retellOf(nodeName);
  }

  #clear(listener: string, nodeName: string): void {
    const pair = pairOf(listener, nodeName);
    this.#waiting.get(pair)?.cancel();
    this.#waiting.delete(pair);
    if (!this.#unheard.delete(pair)) return;
    this.#gauge.set({}, this.#unheard.size);
    this.#dependencies.announcer.retellOf(nodeName);
  }
}

const REMEDY = `open UDP port ${NEIGHBOUR_PORT} between nodes`;

function pairOf(listener: string, nodeName: string): string {
  return `${listener} ${nodeName}`;
}
