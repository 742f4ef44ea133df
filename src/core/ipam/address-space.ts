import {
  type AddressRange,
  familyOf,
  type IpAddress,
  type IpFamily,
  ipFromValue,
  ipValue,
  ipv4FromValue,
  isBuggy,
  isIpv4,
  rangeSize,
} from '../net/index.ts';
import { RunSet } from './run-set.ts';

/** How many addresses of one range are given out automatically: more than a cluster can ever use, yet exact as a number. */
const REACHABLE = 2n ** 40n;

/** A range with the number of its first address in its space. */
export interface Stretch {
  readonly range: AddressRange;
  readonly offset: number;
}

/** The addresses of one sharing group: who shares with whom is decided by the group and the ports. */
interface SharedGroup {
  /** BOUNDED: by the shared addresses of the space. */
  readonly members: RunSet;
  /** Which members have the port taken. BOUNDED: by the ports of the Services that share. */
  readonly ports: Map<string, RunSet>;
}

/**
 * Addresses of one family that are given out by one rule, numbered from 0 in the order in which they are given out: range
 * by range as listed, upward in each. All that is asked costs O(log n), for an IPv6 /64 as for an IPv4 /24.
 */
export class AddressSpace {
  readonly family: IpFamily;
  readonly stretches: readonly Stretch[];
  /** How many addresses can be given out: those of all ranges, but the ones that are skipped. */
  readonly usable: bigint;
  /** Addresses that Services have. */
  assigned = 0;
  /** Usable addresses that cannot be given out now, whatever the reason. */
  withdrawn = 0;
  /** Of the withdrawn, those in their cool-down, with its end in milliseconds. BOUNDED: by the usable addresses. */
  readonly rests = new Map<IpAddress, number>();
  readonly #skips: (address: IpAddress) => boolean;
  readonly #reachable: number;
  /** BOUNDED: by the addresses that are withdrawn or skipped. */
  readonly #taken = new RunSet();
  /** BOUNDED: by the sharing groups that have an address here. */
  readonly #groups = new Map<string, SharedGroup>();

  /** `ranges` are of one family and do not overlap. */
  constructor(ranges: readonly [AddressRange, ...AddressRange[]], avoidBuggyIps: boolean) {
    this.family = familyOf(ranges[0].first);
    this.#skips = avoidBuggyIps ? isBuggy : () => false;
    let usable = 0n;
    let offset = 0;
    this.stretches = ranges.map((range) => {
      const stretch = { range, offset };
      const size = rangeSize(range);
      usable += size - (avoidBuggyIps ? buggyIn(range) : 0n);
      offset += Number(size < REACHABLE ? size : REACHABLE);
      return stretch;
    });
    this.usable = usable;
    this.#reachable = offset;
  }

  /** How many addresses could be given out now. Inexact above 2^53. */
  get free(): number {
    return Number(this.usable) - this.withdrawn;
  }

  skips(address: IpAddress): boolean {
    return this.#skips(address);
  }

  addressAt(offset: number): IpAddress {
    let low = 0;
    let high = this.stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.stretches[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const stretch = this.stretches[low - 1];
    if (stretch === undefined) throw new RangeError(`the space has no address number ${offset}`);
    const { first } = stretch.range;
    if (isIpv4(first)) return ipv4FromValue(first + offset - stretch.offset);
    return ipFromValue('IPv6', first + BigInt(offset - stretch.offset));
  }

  /** The number of the first address that is free, not below `from`. */
  firstFree(from = 0): number | undefined {
    for (let at = this.#taken.firstAbsent(from); at < this.#reachable; at = this.#taken.firstAbsent(at)) {
      if (!this.#skips(this.addressAt(at))) return at;
      // Told once for all, so that no search meets it again.
      this.#taken.add(at);
    }
    return undefined;
  }

  /** The number, not below `from`, of the first address of the group on which none of the ports is taken. */
  firstShared(group: string, ports: readonly string[], from = 0): number | undefined {
    const shared = this.#groups.get(group);
    if (shared === undefined) return undefined;
    for (let at = shared.members.firstPresent(from); at !== undefined; ) {
      let next = at;
      for (const port of ports) next = shared.ports.get(port)?.firstAbsent(next) ?? next;
      if (next === at) return at;
      at = shared.members.firstPresent(next);
    }
    return undefined;
  }

  take(offset: number): void {
    this.#taken.add(offset);
  }

  giveBack(offset: number): void {
    this.#taken.delete(offset);
  }

  /** Notes that an address is shared within a group, and which ports one more holder takes. */
  addShared(offset: number, group: string, ports: readonly string[]): void {
    let shared = this.#groups.get(group);
    if (shared === undefined) {
      shared = { members: new RunSet(), ports: new Map() };
      this.#groups.set(group, shared);
    }
    shared.members.add(offset);
    for (const port of ports) {
      let taken = shared.ports.get(port);
      if (taken === undefined) {
        taken = new RunSet();
        shared.ports.set(port, taken);
      }
      taken.add(offset);
    }
  }

  /** Takes back what `addShared` noted for one holder; `last` says that nobody holds the address any more. */
  removeShared(offset: number, { group, ports, last }: SharedRemoval): void {
    const shared = this.#groups.get(group);
    if (shared === undefined) return;
    for (const port of ports) {
      const taken = shared.ports.get(port);
      taken?.delete(offset);
      if (taken?.isEmpty) shared.ports.delete(port);
    }
    if (last) shared.members.delete(offset);
    if (shared.members.isEmpty) this.#groups.delete(group);
  }

  /** The number of an address of a stretch; undefined when it is so far behind the first that only a request reaches it. */
  static offsetIn(stretch: Stretch, address: IpAddress): number | undefined {
    const distance = isIpv4(address) ? address - Number(stretch.range.first) : address - ipValue(stretch.range.first);
    return distance < REACHABLE ? stretch.offset + Number(distance) : undefined;
  }
}

interface SharedRemoval {
  readonly group: string;
  readonly ports: readonly string[];
  readonly last: boolean;
}

/** How many addresses of a range are buggy. */
function buggyIn({ first, last }: AddressRange): bigint {
  if (!isIpv4(first) || !isIpv4(last)) return 0n;
  const endingIn = (octet: number) => Math.floor((last - octet) / 256) - Math.floor((first - 1 - octet) / 256);
  return BigInt(endingIn(0) + endingIn(255));
}
