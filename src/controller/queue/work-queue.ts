import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { WORKQUEUE } from './metrics.ts';

export interface WorkQueueOptions {
  /** Label of its metrics. */
  readonly name: string;
  /** First delay of a key that fails; doubles with each failure. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Told how many keys wait for something else than time, whenever that changes. */
  readonly onWaiting?: (keys: number) => void;
}

export interface WorkQueueDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

interface Delayed {
  readonly dueMs: number;
  readonly timer: Timer;
}

/**
 * Keys that need work, each once however often it is added, handed to one worker at a time. A key added while it is worked on
 * is handed out once more afterwards. A key may fail (and come back later and later), be put off for an exact time, or be
 * parked until somebody says that what it waits for may have changed.
 * @see k8s.io/client-go util/workqueue
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #dependencies: WorkQueueDependencies;
  /** BOUNDED, each of these: by the objects that are worked on. */
  readonly #ready = new Map<string, { readonly sinceMs: number }>();
  readonly #processing = new Map<string, { readonly sinceMs: number }>();
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  /** When each waiting key came to wait, kept while it is tried again in vain. */
  readonly #arrivals = new Map<string, number>();
  readonly #parked = new Set<string>();
  /** Keys for which `addParked` came while a worker was about to park them. */
  readonly #unparked = new Set<string>();
  /** BOUNDED: by the workers. */
  readonly #idleWorkers: ((key: string | undefined) => void)[] = [];
  /** BOUNDED: by those who shut the queue down. */
  readonly #drained: (() => void)[] = [];
  #nextArrival = 0;
  #stopped = false;
  readonly #depth: Gauge<'name'>;
  readonly #adds: Counter<'name'>;
  readonly #retries: Counter<'name'>;
  readonly #queueSeconds: Histogram<'name'>;
  readonly #workSeconds: Histogram<'name'>;

  constructor(options: WorkQueueOptions, dependencies: WorkQueueDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#depth = dependencies.metrics.gauge(WORKQUEUE.depth);
    this.#adds = dependencies.metrics.counter(WORKQUEUE.adds);
    this.#retries = dependencies.metrics.counter(WORKQUEUE.retries);
    this.#queueSeconds = dependencies.metrics.histogram(WORKQUEUE.queueDuration);
    this.#workSeconds = dependencies.metrics.histogram(WORKQUEUE.workDuration);
  }

  /** The key needs work now. */
  add(key: string): void {
    if (this.#stopped || this.#ready.has(key) || this.#again.has(key)) return;
    this.#adds.add(this.#labels);
    this.#parked.delete(key);
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    const worker = this.#idleWorkers.shift();
    this.#ready.set(key, { sinceMs: this.#dependencies.clock.nowMs() });
    if (worker !== undefined) worker(this.#take());
    this.#depth.set(this.#labels, this.#ready.size);
  }

  /** The key needs work after `delayMs`. Of two delays of one key the earlier counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#dependencies.clock.nowMs() + delayMs;
    const delayed = this.#delayed.get(key);
    if (delayed !== undefined && delayed.dueMs <= dueMs) return;
    delayed?.timer.cancel();
    const timer = this.#dependencies.timers.start(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** The work failed: again after a delay that doubles with each failure since `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#retries.add(this.#labels);
    const { baseDelayMs, maxDelayMs } = this.#options;
    this.addAfter(key, Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures, 30)));
  }

  /** The work succeeded, or the key is gone: no failures, and no place among those that wait. */
  forget(key: string): void {
    this.#failures.delete(key);
    this.#parked.delete(key);
    if (this.#arrivals.delete(key)) this.#options.onWaiting?.(this.#arrivals.size);
  }

  /** The key waits, without a clock, until `addParked`. It keeps its place while it waits. */
  park(key: string): void {
    if (this.#stopped) return;
    this.#failures.delete(key);
    if (!this.#arrivals.has(key)) {
      this.#arrivals.set(key, this.#nextArrival++);
      this.#options.onWaiting?.(this.#arrivals.size);
    }
    if (this.#unparked.has(key)) this.add(key);
    else if (!this.#ready.has(key) && !this.#again.has(key)) this.#parked.add(key);
  }

  /** Parked keys need work now, in the order in which they came to wait. */
  addParked(): void {
    for (const key of this.#processing.keys()) this.#unparked.add(key);
    const arrival = (key: string): number => this.#arrivals.get(key) ?? 0;
    for (const key of [...this.#parked].sort((a, b) => arrival(a) - arrival(b))) this.add(key);
  }

  /** The next key for a worker, who says `done` after it; undefined when the queue is stopped. */
  next(): Promise<string | undefined> {
    if (this.#stopped) return Promise.resolve(undefined);
    if (this.#ready.size > 0) return Promise.resolve(this.#take());
    return new Promise((resolve) => this.#idleWorkers.push(resolve));
  }

  /** The worker is through with the key. */
  done(key: string): void {
    const started = this.#processing.get(key);
    if (started === undefined) return;
    this.#processing.delete(key);
    this.#unparked.delete(key);
    this.#workSeconds.observe(this.#labels, (this.#dependencies.clock.nowMs() - started.sinceMs) / 1000);
    if (this.#again.delete(key)) this.add(key);
    if (this.#processing.size === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Hands out nothing more; resolves when every worker is through with its key. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    for (const map of [this.#delayed, this.#ready, this.#again, this.#parked, this.#arrivals, this.#failures])
      map.clear();
    for (const resolve of this.#idleWorkers.splice(0)) resolve(undefined);
    this.#depth.set(this.#labels, 0);
    this.#options.onWaiting?.(0);
    if (this.#processing.size > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  #take(): string | undefined {
    const [next] = this.#ready;
    if (next === undefined) return undefined;
    const [key, { sinceMs }] = next;
    const nowMs = this.#dependencies.clock.nowMs();
    this.#ready.delete(key);
    this.#processing.set(key, { sinceMs: nowMs });
    this.#queueSeconds.observe(this.#labels, (nowMs - sinceMs) / 1000);
    this.#depth.set(this.#labels, this.#ready.size);
    return key;
  }

  get #labels(): { readonly name: string } {
    return { name: this.#options.name };
  }
}
