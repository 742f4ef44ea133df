import type { Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { ConfigSource, PoolUsage, PoolUsageSource } from '../configuration/config-source.ts';
import { METALLB_ALLOCATOR, POOL_ADDRESSES } from './metrics.ts';

/** Thousands of Services that come at once are counted a few times only. */
const GATHER_MS = 500;

export interface PoolMetricsDependencies {
  readonly config: ConfigSource;
  readonly usage: PoolUsageSource;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

/** Tells how full the pools are. The series of a pool go with it, and all of them with the leadership. */
export class PoolMetrics {
  readonly #dependencies: PoolMetricsDependencies;
  /** BOUNDED: by the pools of the configuration. */
  #shown = new Set<string>();
  #timer: Timer | undefined;
  #signal: AbortSignal | undefined;

  constructor(dependencies: PoolMetricsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    const stop = this.#dependencies.config.onChange(() => this.changed());
    const end = (): void => {
      stop();
      this.#timer?.cancel();
      this.#show([]);
    };
    signal.addEventListener('abort', end, { once: true });
    this.changed();
  }

  /** To be called when the usage of some pool may have changed: cheap, however often. */
  changed(): void {
    if (this.#timer !== undefined || this.#signal === undefined || this.#signal.aborted) return;
    this.#timer = this.#dependencies.timers.start(GATHER_MS, () => {
      this.#timer = undefined;
      this.#show(this.#dependencies.config.current().pools.map(({ name }) => name));
    });
  }

  #show(pools: readonly string[]): void {
    const shown = new Set<string>();
    for (const pool of pools) {
      const usage = this.#dependencies.usage.usage(pool);
      if (usage === undefined) continue;
      shown.add(pool);
      this.#set(pool, usage);
    }
    for (const pool of this.#shown) if (!shown.has(pool)) this.#remove(pool);
    this.#shown = shown;
  }

  #set(pool: string, usage: PoolUsage): void {
    const { metrics } = this.#dependencies;
    const addresses = metrics.gauge(POOL_ADDRESSES);
    const [inUseIPv4, inUseIPv6] = [Number(usage.assignedIPv4), Number(usage.assignedIPv6)];
    const [leftIPv4, leftIPv6] = [Number(usage.availableIPv4), Number(usage.availableIPv6)];
    addresses.set({ pool, family: 'IPv4', state: 'assigned' }, inUseIPv4);
    addresses.set({ pool, family: 'IPv6', state: 'assigned' }, inUseIPv6);
    addresses.set({ pool, family: 'IPv4', state: 'available' }, leftIPv4);
    addresses.set({ pool, family: 'IPv6', state: 'available' }, leftIPv6);
    const ofMetallb = {
      total: inUseIPv4 + inUseIPv6 + leftIPv4 + leftIPv6,
      totalIPv4: inUseIPv4 + leftIPv4,
      totalIPv6: inUseIPv6 + leftIPv6,
      inUse: inUseIPv4 + inUseIPv6,
      inUseIPv4,
      inUseIPv6,
    };
    for (const name of ALLOCATOR_NAMES) metrics.gauge(METALLB_ALLOCATOR[name]).set({ pool }, ofMetallb[name]);
  }

  #remove(pool: string): void {
    const { metrics } = this.#dependencies;
    for (const family of ['IPv4', 'IPv6']) {
      for (const state of ['assigned', 'available']) metrics.gauge(POOL_ADDRESSES).remove({ pool, family, state });
    }
    for (const name of ALLOCATOR_NAMES) metrics.gauge(METALLB_ALLOCATOR[name]).remove({ pool });
  }
}

const ALLOCATOR_NAMES = ['total', 'totalIPv4', 'totalIPv6', 'inUse', 'inUseIPv4', 'inUseIPv6'] as const;
