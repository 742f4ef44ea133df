import type { Ipam } from '../../core/ipam/index.ts';
import { compareIp, formatIp, type IpAddress } from '../../core/net/index.ts';
import type { PoolUsage, UnavailableAddress } from '../configuration/config-source.ts';
import type { NodeAddresses } from './node-addresses.ts';

export interface AvailabilityDependencies {
  readonly ipam: Ipam;
  readonly nodeAddresses: Pick<NodeAddresses, 'entries'>;
}

/** So many of a pool are listed: its status is for people. */
const LISTED_MAX = 50;

/** What the pools have left to give, and which addresses nobody is given, and why. */
export class Availability {
  readonly #ipam: Ipam;
  readonly #nodeAddresses: Pick<NodeAddresses, 'entries'>;
  /** Made when it is asked for. BOUNDED: by the nodes' addresses and those in quarantine. */
  #unavailable: ReadonlyMap<string, readonly UnavailableAddress[]> | undefined;
  /** BOUNDED: by the addresses in quarantine. */
  readonly #unusable = new Set<IpAddress>();

  constructor(dependencies: AvailabilityDependencies) {
    this.#ipam = dependencies.ipam;
    this.#nodeAddresses = dependencies.nodeAddresses;
  }

  /** Undefined for a pool that there is not. */
  usage(poolName: string): PoolUsage | undefined {
    const usage = this.#ipam.usage(poolName);
    if (usage === undefined) return undefined;
    this.#unavailable ??= this.#look();
    const unavailable = this.#unavailable.get(poolName);
    return {
      assignedIPv4: BigInt(usage.IPv4.assigned),
      assignedIPv6: BigInt(usage.IPv6.assigned),
      availableIPv4: usage.IPv4.available,
      availableIPv6: usage.IPv6.available,
      ...(unavailable === undefined ? {} : { unavailable }),
    };
  }

  /** Pools, or the addresses of nodes, are not what they were. */
  changed(): void {
    this.#unavailable = undefined;
  }

  setQuarantine(address: IpAddress, cause: string | undefined): void {
    this.#ipam.setQuarantine(address, cause);
    if (cause === undefined) this.#unusable.delete(address);
    this.changed();
  }

  /** Who has it cannot use it either. False when that is known already, or the address is not in quarantine. */
  setUnusable(address: IpAddress): boolean {
    if (!this.#ipam.quarantined().has(address) || this.#unusable.has(address)) return false;
    this.#unusable.add(address);
    return true;
  }

  /** Why an address cannot be announced, though somebody may keep it. */
  unusableCause(address: IpAddress): string | undefined {
    return this.#unusable.has(address) ? this.#ipam.quarantined().get(address) : undefined;
  }

  /** By the name of the pool, the addresses that are a node's own or in quarantine. */
  #look(): ReadonlyMap<string, readonly UnavailableAddress[]> {
    const causes = new Map<IpAddress, string>(this.#ipam.quarantined());
    for (const [address, node] of this.#nodeAddresses.entries()) {
      causes.set(address, `the own address of node "${node}"`);
    }
    const byPool = new Map<string, UnavailableAddress[]>();
    for (const address of [...causes.keys()].sort(compareIp)) {
      const pool = this.#ipam.poolOf(address)?.name;
      if (pool === undefined) continue;
      const listed = byPool.get(pool) ?? [];
      byPool.set(pool, listed);
      if (listed.length < LISTED_MAX) listed.push({ address: formatIp(address), cause: causes.get(address) ?? '' });
    }
    return byPool;
  }
}
