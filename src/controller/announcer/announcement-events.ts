import { formatIp } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, KubernetesEvent, Service } from '../../ports/kubernetes.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { AnnouncementState } from './service-announcement.ts';

/** An address that moves is without an owner for a moment, a new Service for another: that is no news. */
const SETTLE_MS = 2_000;

export interface AnnouncementEventsDependencies {
  readonly services: Pick<Informer<Service>, 'get'>;
  readonly announcer: {
    statesOf(serviceKey: string): readonly AnnouncementState[];
    onChange(listener: (serviceKey: string) => void): void;
  };
  readonly events: EventSink;
  readonly timers: Timers;
}

/**
 * Tells on each Service which node announces its addresses, or why none does. Told when it changes, never when a sync
 * merely repeats.
 */
export class AnnouncementEvents {
  readonly #dependencies: AnnouncementEventsDependencies;
  /** What each Service was told last. BOUNDED: by the Services that have an address. */
  readonly #told = new Map<string, string>();
  /** BOUNDED: as `#told`. */
  readonly #settling = new Map<string, Timer>();

  constructor(dependencies: AnnouncementEventsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Follows the announcer until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#dependencies.announcer.onChange((key) => {
      if (!signal.aborted) this.#settle(key);
    });
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
    const service = this.#dependencies.services.get(key);
    const states = this.#dependencies.announcer.statesOf(key);
    if (service === undefined || states.length === 0) {
      this.#told.delete(key);
      return;
    }
    const event = newsOf(states);
    if (event === undefined) return;
    const { namespace, name, uid } = service.meta;
    // By uid: who makes a Service anew looks at the events of the new one.
    const news = `${uid} ${event.message}`;
    if (this.#told.get(key) === news) return;
    this.#told.set(key, news);
    this.#dependencies.events.record({ kind: 'Service', apiVersion: 'v1', namespace, name, uid }, event);
  }
}

/** Undefined while it is on its way. The reasons are MetalLB's where it has one. */
function newsOf(states: readonly AnnouncementState[]): KubernetesEvent | undefined {
  if (states.some(({ obstacle }) => obstacle?.reason === 'Starting')) return undefined;
  const obstacles = states.flatMap(({ address, obstacle }) =>
    obstacle === undefined ? [] : [`${formatIp(address)} is not announced: ${obstacle.message}`],
  );
  if (obstacles.length > 0) return { type: 'Warning', reason: 'NotAnnounced', message: obstacles.join('; ') };
  if (!states.every(({ claimed }) => claimed)) return undefined;
  const owners = states.map(({ address, candidates }) => `${formatIp(address)} from node "${candidates[0] ?? ''}"`);
  const message = `Announcing ${owners.join(' and ')}`;
  return {
    type: 'Normal',
    reason: 'nodeAssigned',
    message,
    supersedes: ['EnsuringLoadBalancer', 'EnsuredLoadBalancer'],
  };
}
