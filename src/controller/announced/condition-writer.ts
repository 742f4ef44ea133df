import { isApiError } from '../../ports/api-error.ts';
import type { Informer } from '../../ports/informer.ts';
import { keyOf, type Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { ServiceChange, ServiceStore } from '../../ports/stores.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import { ANNOUNCED, announcedVerdict, changedAnnounced } from './announced-condition.ts';
import type { AnnouncementSource } from './announcement-source.ts';
import { ANNOUNCED_WRITES } from './metrics.ts';
import { PacedKeys, type PacedKeysOptions } from './paced-keys.ts';

/** 20 a second: a takeover of 1,000 addresses is shown within a minute, and other requests have the rest. */
export const DEFAULT_CONDITION_WRITER_OPTIONS: PacedKeysOptions = {
  gatherMs: 500,
  paceMs: 50,
  retryMs: 1_000,
  retryMaxMs: 60_000,
};

export interface ConditionWriterDependencies {
  readonly services: Informer<Service>;
  readonly store: ServiceStore;
  readonly sources: readonly AnnouncementSource[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Keeps the condition `heraldlb.io/Announced` of each Service true: written where it differs, and nowhere else. */
export class ConditionWriter {
  readonly #dependencies: ConditionWriterDependencies;
  readonly #keys: PacedKeys;
  readonly #writes: Counter<'kind' | 'result'>;

  constructor(options: Partial<PacedKeysOptions>, dependencies: ConditionWriterDependencies) {
    this.#dependencies = dependencies;
    this.#writes = dependencies.metrics.counter(ANNOUNCED_WRITES);
    this.#keys = new PacedKeys(
      { ...DEFAULT_CONDITION_WRITER_OPTIONS, ...options },
      { ...dependencies, work: (key) => this.#write(key) },
    );
  }

  /** Follows the sources, and repairs what others do to the condition, until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { services, sources } = this.#dependencies;
    for (const source of sources) {
      source.onChange((key) => {
        if (!signal.aborted) this.#keys.add(key);
      });
    }
    const stop = services.onChange(({ key, before, after }) => {
      if (after !== undefined && textOf(after) !== (before && textOf(before))) this.#keys.add(key);
    });
    // Those that an earlier leader left on Services that are nobody's any more.
    for (const service of services.list()) if (textOf(service) !== undefined) this.#keys.add(keyOf(service.meta));
    signal.addEventListener('abort', () => {
      stop();
      this.#keys.stop();
    });
  }

  async #write(key: string): Promise<'done' | 'unchanged' | 'failed'> {
    const { services, store, log } = this.#dependencies;
    const service = services.get(key);
    const change = service && this.#changeOf(key, service);
    if (service === undefined || change === undefined) return 'unchanged';
    try {
      await store.patchStatus(service, change);
      this.#writes.add({ kind: 'condition', result: 'ok' });
      return 'done';
    } catch (error) {
      // It is gone, or another of its name is there: the informer tells.
      if (isApiError(error, 'not-found') || isApiError(error, 'invalid')) return 'done';
      this.#writes.add({ kind: 'condition', result: 'error' });
      log.warn('announced-condition-not-written', { service: key, error: String(error) });
      return 'failed';
    }
  }

  #changeOf(key: string, { status }: Service): ServiceChange | undefined {
    const { sources, clock } = this.#dependencies;
    const news = sources.flatMap((source) => source.newsOf(key));
    if (news.length === 0) {
      return status.conditions.some(({ type }) => type === ANNOUNCED) ? { removeConditions: [ANNOUNCED] } : undefined;
    }
    const verdict = announcedVerdict(news);
    const condition = verdict && changedAnnounced(status.conditions, verdict, clock.wallTime());
    return condition === undefined ? undefined : { conditions: [condition] };
  }
}

/** What the condition of a Service says now. */
function textOf({ status }: Service): string | undefined {
  const condition = status.conditions.find(({ type }) => type === ANNOUNCED);
  return condition && `${condition.status} ${condition.reason} ${condition.message}`;
}
