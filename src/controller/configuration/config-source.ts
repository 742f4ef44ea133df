import type { Config } from '../../core/config/config.ts';

/** The configuration in force, and news of it. */
export interface ConfigSource {
  /** Empty until the first full load is done. */
  current(): Config;
  /** Told after `current` changed, never for an equal configuration. Listeners must not throw. The result stops it. */
  onChange(listener: (config: Config, previous: Config) => void): () => void;
}

/** How many addresses of a pool are given out and how many can still be, for each family. */
export interface PoolUsage {
  readonly assignedIPv4: bigint;
  readonly assignedIPv6: bigint;
  readonly availableIPv4: bigint;
  readonly availableIPv6: bigint;
  /** Addresses of the pool that nobody is given though nobody has them, lowest first. */
  readonly unavailable?: readonly UnavailableAddress[];
}

export interface UnavailableAddress {
  readonly address: string;
  /** For people. */
  readonly cause: string;
}

/** Where the pools' status gets its numbers: undefined for a pool that it does not know (yet). */
export interface PoolUsageSource {
  usage(poolName: string): PoolUsage | undefined;
}
