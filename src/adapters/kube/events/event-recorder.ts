import { isApiError } from '../../../ports/api-error.ts';
import { messageOf } from '../../../ports/error-message.ts';
import { type EventSink, type KubernetesEvent, timeText } from '../../../ports/kubernetes.ts';
import type { Log } from '../../../ports/log.ts';
import type { Counter, Metrics } from '../../../ports/metrics.ts';
import { pause } from '../../../ports/pause.ts';
import type { Clock, Random, Timers } from '../../../ports/time.ts';
import type { ApiClient } from '../http/api-client.ts';
import { RateLimiter } from '../http/rate-limiter.ts';
import { Backoff } from '../informer/backoff.ts';
import { EVENTS } from '../resource-types.ts';
import { EventCorrelator, type EventSeries, type InvolvedObject } from './event-correlator.ts';
import { EventQueue } from './event-queue.ts';
import { EVENTS_DROPPED_TOTAL } from './metrics.ts';

export interface EventRecorderOptions {
  /** `source.component` of the events. */
  readonly component: string;
  /** Which of the replicas says it. */
  readonly instance: string;
}

export interface EventRecorderDependencies {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Events a second: thousands of Services that come at once get their addresses before their events. */
const RATE = { qps: 25, burst: 100 } as const;
/** Written at a time: fewer than the connections, which Services need more. */
const WRITERS = 2;
/**
 * When more Services than this come at once, the status and the condition of each say the same.
 * @see client-go tools/record maxQueuedEvents
 */
const MAX_PENDING = 1_024;
const MAX_TRIES = 8;
const RETRY = { firstMs: 500, maxMs: 30_000 } as const;
const MERGE_PATCH = 'application/merge-patch+json';

/**
 * Writes events in the background: equal ones are counted up, warnings go first, what is superseded before its turn came is
 * left out, and a full queue drops, counted.
 */
export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #dependencies: EventRecorderDependencies;
  readonly #correlator: EventCorrelator;
  readonly #limiter: RateLimiter;
  readonly #dropped: Counter<'reason'>;
  readonly #queue = new EventQueue({ max: MAX_PENDING });
  #news = Promise.withResolvers<void>();

  constructor(options: EventRecorderOptions, dependencies: EventRecorderDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#correlator = new EventCorrelator(dependencies.clock);
    this.#limiter = new RateLimiter(RATE, dependencies);
    this.#dropped = dependencies.metrics.counter(EVENTS_DROPPED_TOTAL);
  }

  record(object: InvolvedObject, event: KubernetesEvent): void {
    if (this.#queue.add(this.#correlator.correlate(object, event))) this.#wake();
    else this.#dropped.add({ reason: 'queue-full' });
  }

  /** Writes what is recorded until `signal` aborts, then resolves; what is unwritten then is lost. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    await Promise.all(Array.from({ length: WRITERS }, () => this.#writeAll(signal)));
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  async #writeAll(signal: AbortSignal): Promise<void> {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const series = this.#queue.take();
      if (series === undefined) {
        await this.#news.promise;
        continue;
      }
      try {
        await this.#limiter.acquire(signal);
        await this.#write(series, signal);
      } catch (error) {
        if (!stopped()) this.#dependencies.log.error('event-recorder-failed', { error: String(error) });
      } finally {
        this.#queue.done(series);
        // Another one about the same object may have been passed over.
        this.#wake();
      }
    }
  }

  async #write(series: EventSeries, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY, this.#dependencies.random);
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#send(series, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (isApiError(error, 'unavailable', 'throttled') && tries < MAX_TRIES) {
          await pause(Math.max(backoff.next(), error.retryAfterMs ?? 0), this.#dependencies.timers, signal);
          signal.throwIfAborted();
          continue;
        }
        this.#dropped.add({ reason: isApiError(error) ? error.kind : 'broken' });
        this.#dependencies.log.debug('event-lost', { error: messageOf(error) });
        return;
      }
    }
  }

  async #send(series: EventSeries, signal: AbortSignal): Promise<void> {
    const { client } = this.#dependencies;
    const path = { type: EVENTS, namespace: series.object.namespace || 'default' };
    if (series.storedName !== undefined) {
      const body = { count: series.count, lastTimestamp: timeText(series.lastAt) };
      try {
        await client.send({
          verb: 'patch',
          path: { ...path, name: series.storedName },
          body,
          contentType: MERGE_PATCH,
          signal,
        });
        return;
      } catch (error) {
        // The API server forgets events after an hour: then it is a new one.
        if (!isApiError(error, 'not-found')) throw error;
      }
    }
    const name = `${series.object.name}.${this.#dependencies.random.uuid().replaceAll('-', '').slice(0, 16)}`;
    await client.send({ verb: 'create', path, body: this.#object(name, path.namespace, series), signal });
    series.storedName = name;
  }

  #object(name: string, namespace: string, { object, event, count, firstAt, lastAt }: EventSeries): object {
    const { component, instance } = this.#options;
    return {
      apiVersion: EVENTS.version,
      kind: EVENTS.kind,
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        ...(object.namespace ? { namespace: object.namespace } : {}),
        name: object.name,
        uid: object.uid,
      },
      type: event.type,
      reason: event.reason,
      message: event.message.slice(0, 1_024),
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
      firstTimestamp: timeText(firstAt),
      lastTimestamp: timeText(lastAt),
      count,
    };
  }
}
