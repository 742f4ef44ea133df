import type { Applicant, Claim, Ipam, PoolSpec, Sharing, Wanted } from '../../src/core/ipam/index.ts';
import {
  type AddressRange,
  familyOf,
  type IpAddress,
  type IpFamily,
  ipFromValue,
  ipValue,
  isIpv4,
  rangeContains,
  rangeSize,
} from '../../src/core/net/index.ts';

interface Tenancy {
  readonly holder: string;
  readonly address: IpAddress;
  readonly sharing: Sharing | undefined;
  readonly ports: readonly string[];
  readonly leaving: boolean;
}

interface Rest {
  readonly address: IpAddress;
  readonly holder: string;
  readonly endMs: number;
}

/**
 * The rules of the allocation written down as plainly as possible: lists, walked from end to end. The oracle for
 * src/core/ipam.
 */
export class NaiveIpam {
  pools: readonly PoolSpec[] = [];
  nodes: ReadonlySet<IpAddress> = new Set();
  quarantine: ReadonlySet<IpAddress> = new Set();
  #tenancies: readonly Tenancy[] = [];
  #rests: readonly Rest[] = [];
  readonly #coolDownMs: number;

  constructor(coolDownMs: number) {
    this.#coolDownMs = coolDownMs;
  }

  addressesOf(holder: string): IpAddress[] {
    return this.#tenancies.filter((each) => each.holder === holder && !each.leaving).map(({ address }) => address);
  }

  leavingOf(holder: string): IpAddress[] {
    return this.#tenancies.filter((each) => each.holder === holder && each.leaving).map(({ address }) => address);
  }

  assign(claim: Claim, addresses: readonly IpAddress[]): void {
    const terms = { sharing: claim.sharing, ports: claim.sharing === undefined ? [] : claim.ports };
    this.#tenancies = [
      ...this.#tenancies
        .filter((each) => each.holder !== claim.holder || !addresses.includes(each.address))
        .map((each) => (each.holder === claim.holder ? { ...each, leaving: true } : each)),
      ...addresses.map((address) => ({ holder: claim.holder, address, ...terms, leaving: false })),
    ];
    this.#rests = this.#rests.filter((rest) => !addresses.includes(rest.address));
  }

  settle(holder: string, nowMs: number): void {
    this.#vacate(holder, this.leavingOf(holder), nowMs);
  }

  release(holder: string, nowMs: number): void {
    this.#vacate(holder, [...this.leavingOf(holder), ...this.addressesOf(holder)], nowMs);
  }

  keepRefusal(asks: Applicant, address: IpAddress, pools: readonly string[]): string | undefined {
    if (this.nodes.has(address)) return 'node-address';
    const pool = this.#poolOf(address);
    if (pool === undefined) return 'outside-pools';
    if (pools.length > 0 && !pools.includes(pool.name)) return 'other-pool';
    if (!pool.admits(asks)) return 'address-not-admitted';
    if (this.#others(address, asks).some((other) => !mayShare(asks, other))) return 'held';
    return avoids(pool, address) ? 'buggy' : undefined;
  }

  choose(asks: Applicant, wanted: Wanted, nowMs: number): readonly IpAddress[] | undefined {
    this.#rests = this.#rests.filter((rest) => rest.endMs > nowMs);
    for (const address of wanted.addresses) if (!this.#mayHave(asks, address, wanted)) return undefined;
    const chosen = [...wanted.keep, ...wanted.addresses];
    const missing = wanted.families.filter((family) => !chosen.some((address) => familyOf(address) === family));
    if (missing.length === 0) return chosen;
    const found = new Map<IpFamily, IpAddress>();
    for (const { pool, reservedOnly } of this.#poolsFor(asks, wanted.pools, chosen)) {
      const here = missing.map((family) => this.#addressIn(pool, asks, { family, reservedOnly }));
      if (here.every((address) => address !== undefined)) return [...chosen, ...here];
      for (const address of here) {
        if (address !== undefined && !found.has(familyOf(address))) found.set(familyOf(address), address);
      }
    }
    const all = [...chosen, ...found.values()];
    return found.size === missing.length || (!wanted.everyFamily && all.length > 0) ? all : undefined;
  }

  usage(name: string, nowMs: number): ReturnType<Ipam['usage']> {
    this.#rests = this.#rests.filter((rest) => rest.endMs > nowMs);
    const pool = this.pools.find((each) => each.name === name);
    if (pool === undefined) return undefined;
    const of = (family: IpFamily) => {
      const held = new Set(
        this.#tenancies.map(({ address }) => address).filter((address) => this.#isIn(pool, address, family)),
      );
      const barred = [...this.nodes, ...this.quarantine].filter((address) => this.#isIn(pool, address, family));
      const ranges = pool.ranges.filter((range) => familyOf(range.first) === family);
      const size = ranges.reduce((sum, range) => sum + rangeSize(range), 0n);
      const avoided =
        family === 'IPv6'
          ? 0
          : ranges.flatMap((range) => [...addressesIn(range)]).filter((address) => avoids(pool, address)).length;
      const gone = [...new Set([...held, ...barred])].filter((address) => !avoids(pool, address));
      return { assigned: held.size, available: size - BigInt(avoided + gone.length) };
    };
    return { IPv4: of('IPv4'), IPv6: of('IPv6') };
  }

  #vacate(holder: string, addresses: readonly IpAddress[], nowMs: number): void {
    this.#tenancies = this.#tenancies.filter((each) => each.holder !== holder || !addresses.includes(each.address));
    for (const address of addresses) {
      const free = !this.#tenancies.some((each) => each.address === address);
      if (!free || this.#poolOf(address) === undefined) continue;
      const others = this.#rests.filter((rest) => rest.address !== address);
      this.#rests = [...others, { address, holder, endMs: nowMs + this.#coolDownMs }];
    }
  }

  #mayHave(asks: Applicant, address: IpAddress, wanted: Wanted): boolean {
    const mine = this.#tenancies.some((each) => each.address === address && each.holder === asks.holder);
    const pool = this.#poolOf(address);
    const reservedFor = pool === undefined ? undefined : reservation(pool, address);
    return (
      wanted.families.includes(familyOf(address)) &&
      this.keepRefusal(asks, address, wanted.pools) === undefined &&
      (mine || (!this.quarantine.has(address) && (reservedFor === undefined || reservedFor === asks.holder)))
    );
  }

  *#poolsFor(
    asks: Applicant,
    names: readonly string[],
    chosen: readonly IpAddress[],
  ): Generator<{ readonly pool: PoolSpec; readonly reservedOnly: boolean }> {
    const admitting = this.pools.filter((pool) => pool.admits(asks));
    const together = chosen
      .flatMap((address) => this.#poolOf(address) ?? [])
      .filter((pool) => admitting.includes(pool));
    if (names.length > 0) {
      const named = names.flatMap((name) => admitting.find((pool) => pool.name === name) ?? []);
      for (const pool of [...together.filter((each) => named.includes(each)), ...named])
        yield { pool, reservedOnly: false };
      return;
    }
    const ordered = [...admitting].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    for (const pool of ordered) {
      if (pool.reservations.some(({ holder }) => holder === asks.holder)) yield { pool, reservedOnly: true };
    }
    for (const pool of [...together, ...ordered.filter((each) => each.autoAssign)]) yield { pool, reservedOnly: false };
  }

  #addressIn(
    pool: PoolSpec,
    asks: Applicant,
    { family, reservedOnly }: { readonly family: IpFamily; readonly reservedOnly: boolean },
  ): IpAddress | undefined {
    const isBarred = (address: IpAddress) =>
      this.nodes.has(address) || this.quarantine.has(address) || avoids(pool, address) || familyOf(address) !== family;
    const isForMe = (address: IpAddress) => {
      const holder = reservation(pool, address);
      return holder === asks.holder || (holder === undefined && !reservedOnly);
    };
    const again = this.#rests.find(
      ({ address, holder }) =>
        holder === asks.holder && this.#poolOf(address) === pool && isForMe(address) && !isBarred(address),
    );
    if (again !== undefined) return again.address;
    const reserved = pool.reservations.filter(({ holder }) => holder === asks.holder).flatMap(({ ranges }) => ranges);
    for (const range of [...reserved, ...pool.ranges]) {
      if (familyOf(range.first) !== family) continue;
      for (const address of addressesIn(range)) {
        if (isForMe(address) && !isBarred(address) && this.#isUsable(address, asks)) return address;
      }
    }
    return undefined;
  }

  #isUsable(address: IpAddress, asks: Applicant): boolean {
    const tenants = this.#tenancies.filter((each) => each.address === address);
    if (tenants.length > 0) return tenants.every((tenant) => mayShare(asks, tenant));
    return !this.#rests.some((rest) => rest.address === address);
  }

  #others(address: IpAddress, { holder }: Claim): Tenancy[] {
    return this.#tenancies.filter((each) => each.address === address && each.holder !== holder);
  }

  #poolOf(address: IpAddress): PoolSpec | undefined {
    return this.pools.find((pool) => pool.ranges.some((range) => rangeContains(range, address)));
  }

  #isIn(pool: PoolSpec, address: IpAddress, family: IpFamily): boolean {
    return familyOf(address) === family && this.#poolOf(address) === pool;
  }
}

export function mayShare(a: Pick<Claim, 'sharing' | 'ports'>, b: Pick<Tenancy, 'sharing' | 'ports'>): boolean {
  return (
    a.sharing !== undefined &&
    b.sharing !== undefined &&
    a.sharing.key === b.sharing.key &&
    a.sharing.scope === b.sharing.scope &&
    a.sharing.backend === b.sharing.backend &&
    !a.ports.some((port) => b.ports.includes(port))
  );
}

function avoids(pool: PoolSpec, address: IpAddress): boolean {
  return pool.avoidBuggyIps && isIpv4(address) && (address % 256 === 0 || address % 256 === 255);
}

function reservation(pool: PoolSpec, address: IpAddress): string | undefined {
  return pool.reservations.find(({ ranges }) => ranges.some((range) => rangeContains(range, address)))?.holder;
}

function rank({ pinned }: PoolSpec): number {
  if (pinned === undefined) return 1e12;
  return pinned.priority === 0 ? 1e11 : pinned.priority;
}

function* addressesIn(range: AddressRange): Generator<IpAddress> {
  for (let value = ipValue(range.first); value <= ipValue(range.last); value += 1n) {
    yield ipFromValue(familyOf(range.first), value);
  }
}
