import { randomInt } from 'node:crypto';
import {
  type AddressRange,
  familyOf,
  formatIp,
  type IpFamily,
  ipFromValue,
  ipValue,
  parseIp,
  parsePrefix,
  rangeContains,
  rangeOf,
  rangeSize,
} from '../../../core/net/index.ts';
import { arrayAt, numberAt, stringsAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { StatusError } from '../status-error.ts';
import { Reservations } from './reservations.ts';

export interface ServiceAllocationOptions {
  /** One CIDR of each family that the cluster has, the default family first. */
  readonly serviceCidrs: readonly string[];
  readonly nodePorts: { readonly first: number; readonly last: number };
}

/** Cluster addresses and node ports: each in use by one Service at most. */
export class ServiceAllocations {
  readonly families: readonly IpFamily[];
  readonly #ranges: ReadonlyMap<IpFamily, AddressRange>;
  readonly #nodePortRange: { readonly first: number; readonly last: number };
  readonly #addresses = new Reservations<string>();
  readonly #nodePorts = new Reservations<number>();

  constructor(options: ServiceAllocationOptions) {
    const ranges = new Map<IpFamily, AddressRange>();
    for (const cidr of options.serviceCidrs) {
      const prefix = parsePrefix(cidr);
      if (prefix === undefined) throw new RangeError(`${cidr} is not an address block`);
      ranges.set(cidr.includes(':') ? 'IPv6' : 'IPv4', rangeOf(prefix));
    }
    this.#ranges = ranges;
    this.families = [...ranges.keys()];
    this.#nodePortRange = options.nodePorts;
  }

  /** Why an address cannot be a cluster address of a new Service; undefined when it can. */
  refusal(address: string): string | undefined {
    const parsed = parseIp(address);
    const range = parsed === undefined ? undefined : this.#ranges.get(address.includes(':') ? 'IPv6' : 'IPv4');
    if (parsed === undefined || range === undefined) return 'the provided IP family is not configured';
    if (!rangeContains(range, parsed)) return 'the provided network does not match the current range';
    return this.#addresses.has(address) ? 'provided IP is already allocated' : undefined;
  }

  /** A free cluster address, not taken yet; none where the cluster lacks the family. @throws StatusError 500 when full */
  freeAddress(wanted: string): string | undefined {
    const family = this.families.find((known) => known === wanted);
    const range = family === undefined ? undefined : this.#ranges.get(family);
    if (family === undefined || range === undefined) return undefined;
    const size = rangeSize(range);
    const start = randomBelow(size);
    for (let step = 0n; step < size; step += 1n) {
      const offset = (start + step) % size;
      if (offset === 0n || (family === 'IPv4' && offset === size - 1n)) continue;
      const address = formatIp(ipFromValue(family, ipValue(range.first) + offset));
      if (!this.#addresses.has(address)) return address;
    }
    throw full('failed to allocate a serviceIP: range is full');
  }

  /** The address of the Service that stands for the API itself. */
  get firstAddress(): string {
    const [range] = this.#ranges.values();
    if (range === undefined) throw new RangeError('a cluster has at least one service CIDR');
    return formatIp(ipFromValue(familyOf(range.first), ipValue(range.first) + 1n));
  }

  nodePortTaken(port: number): boolean {
    return this.#nodePorts.has(port);
  }

  nodePortInRange(port: number): boolean {
    return port >= this.#nodePortRange.first && port <= this.#nodePortRange.last;
  }

  get nodePortRangeText(): string {
    return `${this.#nodePortRange.first}-${this.#nodePortRange.last}`;
  }

  /** A free node port, not taken yet and not among `picked`. @throws StatusError 500 when the range is full */
  freeNodePort(picked: readonly number[]): number {
    const { first, last } = this.#nodePortRange;
    const size = last - first + 1;
    const start = randomInt(size);
    for (let step = 0; step < size; step += 1) {
      const port = first + ((start + step) % size);
      if (!this.#nodePorts.has(port) && !picked.includes(port)) return port;
    }
    throw full('failed to allocate a nodePort: range is full');
  }

  /** Takes what the Service holds now, gives back what it held before. */
  settle(next: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const address of addressesOf(previous)) this.#addresses.release(address);
    for (const port of nodePortsOf(previous)) this.#nodePorts.release(port);
    for (const address of addressesOf(next)) this.#addresses.take(address);
    for (const port of nodePortsOf(next)) this.#nodePorts.take(port);
  }
}

export function addressesOf(service: KubeObject | undefined): string[] {
  return stringsAt(service, 'spec', 'clusterIPs').filter((address) => address !== 'None');
}

/** All node ports that a Service holds, that of the health check too. */
export function nodePortsOf(service: KubeObject | undefined): number[] {
  const ports = arrayAt(service, 'spec', 'ports').flatMap((port) => numberAt(port, 'nodePort') ?? []);
  return [...ports, ...[numberAt(service, 'spec', 'healthCheckNodePort') ?? []].flat()].filter((port) => port > 0);
}

function full(why: string): StatusError {
  return new StatusError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${why}` });
}

/** Uniform below `size`, or below 2^48 where the range is larger. */
function randomBelow(size: bigint): bigint {
  const largest = 2 ** 47;
  return BigInt(randomInt(size > BigInt(largest) ? largest : Number(size)));
}
