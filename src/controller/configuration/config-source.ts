import type { Config } from '../../core/config/config.ts';

/** The configuration in force, and news of it. */
export interface ConfigSource {
  /** Empty until the first full load is done. */
  current(): Config;
  /** Told after `current` changed, never for an equal configuration. Listeners must not throw. The result stops it. */
  onChange(listener: (config: Config, previous: Config) => void): () => void;
}

/** For who is asked right after the configuration was changed, and shall not answer by the old one. */
export interface SettlingConfig extends ConfigSource {
  /** Resolves when `current` is made of every change that was heard of by now: a matter of milliseconds. */
  settled(): Promise<void>;
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

/** How it stands with a BGPPeer that is in force. */
export interface PeerStatus {
  /** Why it is not carried out as it is written: one sentence or more, with a remedy. */
  readonly problem?: string;
  /** False while the speakers may not have said yet how their sessions are: what was said of them before is left as it is. */
  readonly settled: boolean;
  /** Of the nodes that are to hold a session with it. */
  readonly sessions: { readonly wanted: number; readonly established: number };
  /** The condition `Established`. */
  readonly established: {
    readonly status: 'True' | 'False' | 'Unknown';
    readonly reason: string;
    readonly message: string;
  };
  /** Those that are not established first, then by name; not all where there are many. */
  readonly nodes: readonly PeerNodeStatus[];
}

export interface PeerNodeStatus {
  readonly node: string;
  /** As RFC 4271 §8.2.2 has it, in words with dashes; `unknown` when the speaker said nothing of it. */
  readonly state: string;
  /** RFC 3339: when it came up, or went down. */
  readonly since?: string;
  readonly lastError?: string;
  readonly prefixesSent: number;
  readonly bfd?: string;
}

/** Where the status of BGPPeers comes from: undefined for one that it does not know (yet). */
export interface PeerStatusSource {
  peerStatus(peerName: string): PeerStatus | undefined;
}
