import { formatIp } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, KubernetesEvent, Service } from '../../ports/kubernetes.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { ANNOUNCED } from './announced-condition.ts';
import { type AddressNews, type AnnouncementSource, newsText, united } from './announcement-source.ts';

/** An address that moves is without an owner for a moment, a new Service for another: that is no news. */
const SETTLE_MS = 2_000;

export interface AnnouncementEventsDependencies {
  readonly services: Pick<Informer<Service>, 'get'>;
  readonly sources: readonly AnnouncementSource[];
  readonly events: EventSink;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Tells on each Service which node announces its addresses, or why none does. Told when it changes, never when a sync
 * merely repeats.
 */
export class AnnouncementEvents {
  readonly #dependencies: AnnouncementEventsDependencies;
  readonly #beganUnixMs: number;
  /** What each Service was told last. BOUNDED: by the Services that have an address. */
  readonly #told = new Map<string, string>();
  /** BOUNDED: as `#told`. */
  readonly #settling = new Map<string, Timer>();

  constructor(dependencies: AnnouncementEventsDependencies) {
    this.#dependencies = dependencies;
    this.#beganUnixMs = dependencies.clock.wallTime().getTime();
  }

  /** Follows the sources until `signal` aborts. */
  start(signal: AbortSignal): void {
    for (const source of this.#dependencies.sources) {
      source.onChange((key) => {
        if (!signal.aborted) this.#settle(key);
      });
    }
    signal.addEventListener('abort', () => {
      for (const timer of this.#settling.values()) timer.cancel();
      this.#settling.clear();
    });
  }

  #settle(key: string): void {
    if (this.#settling.has(key)) return;
    const tell = (): void => {
      this.#settling.delete(key);
      this.#tell(key);
    };
    this.#settling.set(key, this.#dependencies.timers.start(SETTLE_MS, tell));
  }

  #tell(key: string): void {
    const { services, sources, events } = this.#dependencies;
    const service = services.get(key);
    const news = sources.flatMap((source) => source.newsOf(key));
    if (service === undefined || news.length === 0) {
      this.#told.delete(key);
      return;
    }
    const event = eventOf(united(news));
    if (event === undefined) return;
    const { namespace, name, uid } = service.meta;
    // By uid: who makes a Service anew looks at the events of the new one.
    const text = `${uid} ${event.message}`;
    if (this.#told.get(key) === text) return;
    const isFirst = !this.#told.has(key);
    this.#told.set(key, text);
    if (isFirst && this.#wasTold(service, news)) return;
    events.record({ kind: 'Service', apiVersion: 'v1', namespace, name, uid }, event);
  }

  /** Whether it is all from before our time: then an earlier leader told it, and wrote the condition. */
  #wasTold({ status }: Service, news: readonly AddressNews[]): boolean {
    const written = status.conditions.find(({ type }) => type === ANNOUNCED);
    return (
      written?.status === 'True' &&
      news.every((one) => one.kind !== 'announced' || (one.since?.getTime() ?? 0) < this.#beganUnixMs)
    );
  }
}

/** Undefined while it is on its way. The reasons, and how the first words of each run, are MetalLB's where it has them. */
function eventOf(news: readonly AddressNews[]): KubernetesEvent | undefined {
  if (news.some(({ kind }) => kind === 'pending')) return undefined;
  const obstacles = news.flatMap((one) => (one.kind === 'announced' ? [] : [newsText(one)]));
  if (obstacles.length > 0) return { type: 'Warning', reason: 'NotAnnounced', message: obstacles.join('; ') };
  const warnings = news.flatMap((one) => (one.kind === 'announced' ? (one.warning ?? []) : []));
  if (warnings.length > 0) return { type: 'Warning', reason: 'AnnouncementDisputed', message: warnings.join('; ') };
  return {
    type: 'Normal',
    reason: 'nodeAssigned',
    message: [...new Set(news.map(assignmentText))].join('; '),
    supersedes: ['EnsuringLoadBalancer', 'EnsuredLoadBalancer'],
  };
}

function assignmentText(news: AddressNews): string {
  if (news.kind !== 'announced') return '';
  return `announcing from ${news.from} with protocol "${news.protocol}": ${formatIp(news.address)} (${news.how})`;
}
