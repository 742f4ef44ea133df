import { isApiError } from '../../../ports/api-error.ts';
import { messageOf } from '../../../ports/error-message.ts';
import type { Informer, InformerChange, ResourceType } from '../../../ports/informer.ts';
import type { Log } from '../../../ports/log.ts';
import type { Counter, Metrics } from '../../../ports/metrics.ts';
import { pause } from '../../../ports/pause.ts';
import type { Clock, Random, Timers } from '../../../ports/time.ts';
import type { ApiClient } from '../http/api-client.ts';
import { keyOf, type WireObject } from '../mapping/wire.ts';
import type { AbsentKinds } from './absent-kinds.ts';
import { Backoff } from './backoff.ts';
import { ListWatch, type ListWatchOptions, type WatchEvent } from './list-watch.ts';
import { INFORMER_RESTARTS_TOTAL } from './metrics.ts';
import { type CachedObject, ObjectCache } from './object-cache.ts';
import { SilentWatchError } from './watch-stream.ts';

export interface ResourceInformerOptions<T> extends ListWatchOptions {
  /** Our type from the wire's; undefined leaves the object out. */
  readonly map: (object: WireObject) => T | undefined;
  /** True: while we may not read the kind, the cache counts as synced, and is empty. */
  readonly dispensable?: boolean;
  /** A watch without a byte for this long is given up. A live kube-apiserver sends a bookmark a minute. */
  readonly idleMs?: number;
}

export interface ResourceInformerDependencies {
  readonly client: ApiClient;
  readonly absentKinds: AbsentKinds;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

const IDLE_MS = 90_000;
const MIN_WATCH_SECONDS = 300;
/** An API server that was away is asked at least this often: what waits for it waits little longer. */
const RETRY = { firstMs: 50, maxMs: 800 } as const;
/** A refusal does not heal by itself. */
const REFUSED_RETRY = { firstMs: 1_000, maxMs: 10_000 } as const;
/** A watch that ends sooner counts as a failure, so that a server that ends them all is not asked in a hot loop. */
const USEFUL_WATCH_MS = 5_000;
/** After so long without the API its store may have been restored from a backup: list again rather than resume. */
const RELIST_AFTER_MS = 30_000;
/** How long a kind that had objects may be unknown to the API server before we believe that it is gone. */
const DOUBTED_ABSENCE_MS = 30_000;

/** A cache that lists once and watches, and gets over everything that can happen to a watch. */
export class ResourceInformer<T> implements Informer<T> {
  readonly #options: ResourceInformerOptions<T>;
  readonly #dependencies: ResourceInformerDependencies;
  readonly #listWatch: ListWatch;
  readonly #cache: ObjectCache<T>;
  readonly #log: Log;
  readonly #restarts: Counter<'resource' | 'reason'>;
  readonly #retry: Backoff;
  readonly #refusedRetry: Backoff;
  readonly #synced = Promise.withResolvers<void>();
  /** Where the next watch starts; undefined: list first. */
  #resourceVersion: string | undefined;
  #heardAtMs: number;
  #failing: string | undefined;

  constructor(options: ResourceInformerOptions<T>, dependencies: ResourceInformerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#listWatch = new ListWatch(options, dependencies);
    this.#log = dependencies.log.child({ resource: describeType(options.type) });
    this.#cache = new ObjectCache((error) => this.#log.error('informer-listener-threw', { error: String(error) }));
    this.#restarts = dependencies.metrics.counter(INFORMER_RESTARTS_TOTAL);
    this.#retry = new Backoff(RETRY, dependencies.random);
    this.#refusedRetry = new Backoff(REFUSED_RETRY, dependencies.random);
    this.#heardAtMs = dependencies.clock.nowMs();
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(): readonly T[] {
    return this.#cache.list();
  }

  onChange(listener: (change: InformerChange<T>) => void): () => void {
    return this.#cache.listen(listener);
  }

  async synced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Keeps the cache current until `signal` aborts, then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      try {
        await this.#listAndWatch(signal).catch(async (error: unknown) => {
          if (!stopped()) await this.#recover(error, signal);
        });
      } catch (error) {
        if (!stopped()) throw error;
      }
    }
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    this.#resourceVersion ??= await this.#list(signal);
    await this.#watch(this.#resourceVersion, signal);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const objects: CachedObject<T>[] = [];
    const resourceVersion = await this.#listWatch.list((object) => {
      const cached = this.#cached(object);
      if (cached !== undefined) objects.push(cached);
    }, signal);
    this.#heardAtMs = this.#dependencies.clock.nowMs();
    this.#cache.replace(objects);
    this.#log.debug('informer-listed', { objects: objects.length, resourceVersion });
    this.#synced.resolve();
    return resourceVersion;
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    const timeoutSeconds = Math.round(MIN_WATCH_SECONDS * (1 + random.next()));
    const limits = { timeoutSeconds, idleMs: this.#options.idleMs ?? IDLE_MS };
    try {
      const events = await this.#listWatch.watch(from, limits, signal);
      this.#tellRecovered();
      for await (const event of events) this.#apply(event);
    } finally {
      if (clock.nowMs() - startedAtMs >= USEFUL_WATCH_MS) this.#retry.reset();
    }
    if (clock.nowMs() - startedAtMs < USEFUL_WATCH_MS) await this.#pause(this.#retry.next(), signal);
  }

  #apply({ kind, object }: WatchEvent): void {
    this.#heardAtMs = this.#dependencies.clock.nowMs();
    if (object.metadata?.resourceVersion !== undefined) this.#resourceVersion = object.metadata.resourceVersion;
    if (kind === 'bookmark') return;
    const cached = kind === 'delete' ? undefined : this.#cached(object);
    if (cached === undefined) this.#cache.delete(keyOf(object));
    else this.#cache.set(cached);
  }

  /** Decides what a failure means, and waits as long as it should. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    const reason = isApiError(error) ? error.kind : error instanceof SilentWatchError ? 'silent' : 'broken';
    this.#restarts.add({ resource: this.#options.type.plural, reason });
    if (reason === 'not-found' && this.#isSurelyAbsent()) {
      await this.#waitForKind(signal);
      return;
    }
    if (reason === 'gone' || reason === 'not-found' || clock.nowMs() - this.#heardAtMs >= RELIST_AFTER_MS)
      this.#resourceVersion = undefined;
    this.#tellFailing(reason, error);
    const refused = reason === 'forbidden' || reason === 'unauthorized' || reason === 'invalid';
    if (refused) this.#resourceVersion = undefined;
    if (reason === 'forbidden' && this.#options.dispensable) this.#synced.resolve();
    const delayMs = (refused ? this.#refusedRetry : this.#retry).next();
    const asked = isApiError(error) ? (error.retryAfterMs ?? 0) : 0;
    await this.#pause(Math.max(delayMs, Math.min(asked, REFUSED_RETRY.maxMs)), signal);
  }

  /**
   * Whoever removes a kind removes its objects first, and we are told of each. While objects are left, the answer may come
   * from an API server that has only begun: to believe it would take the pools from every Service.
   */
  #isSurelyAbsent(): boolean {
    return this.#cache.list().length === 0 || this.#dependencies.clock.nowMs() - this.#heardAtMs >= DOUBTED_ABSENCE_MS;
  }

  /** The kind is not installed (any more): that is an empty list, until it is. */
  async #waitForKind(signal: AbortSignal): Promise<void> {
    this.#log.info('kind-not-installed', { hint: 'it is picked up as soon as its CustomResourceDefinition is there' });
    this.#resourceVersion = undefined;
    this.#cache.replace([]);
    this.#synced.resolve();
    await this.#dependencies.absentKinds.appeared(this.#options.type, signal);
    this.#log.info('kind-installed');
  }

  #tellRecovered(): void {
    this.#heardAtMs = this.#dependencies.clock.nowMs();
    if (this.#failing === undefined) return;
    this.#log.info('informer-recovered');
    this.#failing = undefined;
    this.#refusedRetry.reset();
  }

  /** One line for each new reason: an outage of hours is not a line each second. */
  #tellFailing(reason: string, error: unknown): void {
    if (this.#failing === reason) return;
    this.#failing = reason;
    this.#log.warn('informer-interrupted', { reason, error: messageOf(error) });
  }

  #cached(object: WireObject): CachedObject<T> | undefined {
    const mapped = this.#options.map(object);
    if (mapped === undefined) return undefined;
    return { key: keyOf(object), resourceVersion: object.metadata?.resourceVersion ?? '', object: mapped };
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    await pause(delayMs, this.#dependencies.timers, signal);
    signal.throwIfAborted();
  }
}

function describeType(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}
