import { compareIp, type IpAddress, type IpFamily } from '../net/index.ts';
import { AddressBook } from './address-book.ts';
import { type Choice, choose, keepRefusal, type Wanted } from './choice.ts';
import { type Claim, type Sharing, sameClaim } from './claim.ts';
import { type Applicant, Pool, type PoolSpec, sameGeometry } from './pool.ts';
import { PoolOrder } from './pool-order.ts';
import type { AddressRefusal } from './refusal.ts';
import { SteadyMap } from './steady-map.ts';

export interface IpamOptions {
  /** How long a freed address rests before it is given out automatically, in milliseconds; 0: not at all. */
  readonly coolDownMs: number;
}

/** What a Service has. */
export interface Holding {
  /** Its addresses, IPv4 first; empty while it only waits to get rid of others. */
  readonly addresses: readonly IpAddress[];
  /** Addresses that it had before, and that its status may still promise: nobody else gets them meanwhile. */
  readonly leaving: readonly IpAddress[];
}

export type Assignment =
  /** `changed` are the addresses that the Service holds on other terms now: they may suit others better than before. */
  | { readonly kind: 'assigned'; readonly changed: readonly Vacancy[] }
  | { readonly kind: 'refused'; readonly refusals: readonly AddressRefusal[] };

/** An address that a Service held on these terms, and does not hold on them any more. */
export interface Vacancy {
  readonly address: IpAddress;
  readonly sharing?: Sharing;
}

/** How many addresses of a family a pool has. */
export interface FamilyUsage {
  /** Addresses that Services have. */
  readonly assigned: number;
  /** Addresses that Services can still be given. */
  readonly available: bigint;
}

const NOTHING: Holding = { addresses: [], leaving: [] };
// One for all: most Services share nothing and give nothing up.
const NO_PORTS: readonly string[] = [];

/**
 * Who has which address, and who can have which. Pure: the time is passed in, and every change is one synchronous step, so
 * that no address is ever held twice. No operation on one Service costs more than O(log n) in the number of Services.
 */
export class Ipam {
  readonly #book: AddressBook;
  /** BOUNDED: by the pools of the configuration. */
  #pools = new Map<string, Pool>();
  #order = new PoolOrder([]);
  /** BOUNDED: by the Services that hold an address. */
  readonly #holdings = new SteadyMap<string, Holding>();

  constructor(options: IpamOptions) {
    this.#book = new AddressBook(options.coolDownMs);
  }

  /**
   * Takes other pools. Nobody loses an address by this: `keepRefusal` says who is to move. Costs O(addresses held) when the
   * ranges of a pool changed.
   */
  setPools(specs: readonly PoolSpec[]): void {
    const sameRanges =
      specs.length === this.#pools.size &&
      specs.every((spec) => {
        const pool = this.#pools.get(spec.name);
        return pool !== undefined && sameGeometry(pool.spec, spec);
      });
    if (sameRanges) {
      for (const spec of specs) this.#pools.get(spec.name)?.replaceSpec(spec);
    } else {
      this.#pools = new Map(specs.map((spec) => [spec.name, new Pool(spec)]));
      this.#book.replacePools(this.#pools.values());
    }
    this.#order = new PoolOrder([...this.#pools.values()]);
  }

  /** The pool in which an address lies. */
  poolOf(address: IpAddress): PoolSpec | undefined {
    return this.#book.place(address)?.pool.spec;
  }

  /** The Service that an address is kept for. */
  reservedFor(address: IpAddress): string | undefined {
    return this.#book.place(address)?.reservedFor;
  }

  holding(holder: string): Holding {
    return this.#holdings.get(holder) ?? NOTHING;
  }

  /** Everybody who holds something. */
  holders(): Iterable<string> {
    return this.#holdings.keys();
  }

  /**
   * Finds what a Service is to have, and changes nothing. What is chosen can be assigned in the same step of the program.
   * `promised` says how many free addresses of a pool are kept for Services that have waited for longer.
   */
  choose(
    applicant: Applicant,
    wanted: Wanted,
    circumstances: { readonly nowMs: number; readonly promised: (pool: string, family: IpFamily) => number },
  ): Choice {
    this.#book.endRests(circumstances.nowMs);
    const { promised } = circumstances;
    return choose({ book: this.#book, order: this.#order, promised }, applicant, wanted);
  }

  /** Why a Service must give up an address that it holds; `pools` are those that it asks for, if any. */
  keepRefusal(applicant: Applicant, address: IpAddress, pools: readonly string[]): AddressRefusal | undefined {
    return keepRefusal(this.#book, applicant, { address, pools });
  }

  /**
   * Makes `addresses` the ones of the Service, on the terms of its claim, or changes nothing. Those that it had before stay
   * its own, as leaving, until `settle`. Looks only at what must never be: an address outside of all pools, a
   * node's address, or two holders whose terms forbid it; who may have what is the task of `choose`.
   */
  assign(claim: Claim, addresses: readonly IpAddress[]): Assignment {
    const { holder } = claim;
    const before = this.holding(holder);
    const refusals = addresses.flatMap((address) => this.#impossible(claim, address) ?? []);
    if (refusals.length > 0) return { kind: 'refused', refusals };
    const terms: Claim = {
      holder,
      ...(claim.sharing === undefined ? {} : { sharing: claim.sharing }),
      ports: claim.sharing === undefined ? NO_PORTS : claim.ports,
    };
    for (const address of before.addresses) {
      if (addresses.includes(address)) continue;
      const earlier = this.#book.claimOf(address, holder);
      if (earlier !== undefined) this.#book.occupy(address, { ...earlier, leaving: true });
    }
    const changed: Vacancy[] = [];
    for (const address of addresses) {
      const earlier = this.#book.claimOf(address, holder);
      if (earlier !== undefined && sameClaim(earlier, terms)) continue;
      if (earlier !== undefined) changed.push(vacancyOf(address, earlier));
      this.#book.occupy(address, terms);
    }
    const leaving = [...before.leaving, ...before.addresses].filter((address) => !addresses.includes(address));
    this.#hold(holder, { addresses: [...addresses].sort(compareIp), leaving });
    return { kind: 'assigned', changed };
  }

  /** The Service is to have nothing any more: all that it holds is leaving. */
  retire(holder: string): void {
    this.assign({ holder, ports: [] }, []);
  }

  /**
   * Says which addresses the Service's status promises by now. Once these are what the Service is to have, what it had
   * before is free. Returns what became free.
   */
  settle(holder: string, promised: readonly IpAddress[], nowMs: number): readonly Vacancy[] {
    const { addresses, leaving } = this.holding(holder);
    if (leaving.length === 0 || !addresses.every((address) => promised.includes(address))) return [];
    const gone = leaving.filter((address) => !promised.includes(address));
    const vacancies = gone.flatMap((address) => this.#vacate(address, holder, nowMs));
    this.#hold(holder, { addresses, leaving: leaving.filter((address) => promised.includes(address)) });
    return vacancies;
  }

  /** Says whose node's own address this is: it is never given out. Undefined: no node's any more. */
  setNodeAddress(address: IpAddress, node: string | undefined): void {
    this.#book.setNode(address, node);
  }

  /** The node whose own address it is. */
  nodeOf(address: IpAddress): string | undefined {
    return this.#book.nodeOf(address);
  }

  /** Bars an address from being given out, with the cause for people to read. Undefined: bars it no longer. */
  setQuarantine(address: IpAddress, cause: string | undefined): void {
    this.#book.setQuarantine(address, cause);
  }

  /** The addresses in quarantine, with the cause. */
  quarantined(): ReadonlyMap<IpAddress, string> {
    return this.#book.quarantined();
  }

  /** Who holds an address, alone or shared. */
  holdersOf(address: IpAddress): readonly string[] {
    return this.#book.holdersOf(address);
  }

  /** When the next address ends its cool-down; undefined when none is in one. */
  get nextRestEndMs(): number | undefined {
    return this.#book.nextRestEndMs;
  }

  /** Ends the cool-downs that are over by now. Returns the addresses. */
  endRests(nowMs: number): readonly IpAddress[] {
    return this.#book.endRests(nowMs);
  }

  /** How many addresses of a pool anybody whom it admits could be given now. Inexact above 2^53. */
  free(pool: string, family: IpFamily): number {
    return this.#pools.get(pool)?.common[family]?.free ?? 0;
  }

  /** The addresses of a pool that will be given out next, at most `count` of each family. */
  nextFree(pool: string, count: number): readonly IpAddress[] {
    const common = this.#pools.get(pool)?.common;
    return [common?.IPv4, common?.IPv6].flatMap((space) => {
      const next: IpAddress[] = [];
      let at = space?.firstFree();
      while (space !== undefined && at !== undefined && next.length < count) {
        next.push(space.addressAt(at));
        at = space.firstFree(at + 1);
      }
      return next;
    });
  }

  /** Undefined when there is no such pool. */
  usage(pool: string): Readonly<Record<IpFamily, FamilyUsage>> | undefined {
    const spaces = this.#pools.get(pool)?.spaces();
    if (spaces === undefined) return undefined;
    const usage = { IPv4: { assigned: 0, available: 0n }, IPv6: { assigned: 0, available: 0n } };
    for (const { space } of spaces) {
      const sum = usage[space.family];
      sum.assigned += space.assigned;
      sum.available += space.usable - BigInt(space.withdrawn - space.rests.size);
    }
    return usage;
  }

  #impossible(claim: Claim, address: IpAddress): AddressRefusal | undefined {
    const node = this.#book.nodeOf(address);
    if (node !== undefined) return { kind: 'node-address', address, node };
    if (this.#book.place(address) === undefined) return { kind: 'outside-pools', address };
    const conflict = this.#book.conflict(address, claim);
    return conflict === undefined ? undefined : { kind: 'held', address, ...conflict };
  }

  #vacate(address: IpAddress, holder: string, nowMs: number): Vacancy[] {
    const claim = this.#book.claimOf(address, holder);
    this.#book.vacate(address, holder, nowMs);
    return claim === undefined ? [] : [vacancyOf(address, claim)];
  }

  #hold(holder: string, holding: Holding): void {
    if (holding.addresses.length === 0 && holding.leaving.length === 0) this.#holdings.delete(holder);
    else
      this.#holdings.set(holder, holding.leaving.length > 0 ? holding : { ...NOTHING, addresses: holding.addresses });
  }
}

function vacancyOf(address: IpAddress, { sharing }: Claim): Vacancy {
  return { address, ...(sharing === undefined ? {} : { sharing }) };
}
