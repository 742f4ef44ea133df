import {
  type AddressRange,
  compareIp,
  familyOf,
  type IpAddress,
  type IpFamily,
  ipFromValue,
  ipValue,
  rangesOverlap,
} from '../net/index.ts';
import { AddressSpace } from './address-space.ts';
import type { Claim } from './claim.ts';

/** Who asks for addresses, and on which terms. */
export interface Applicant extends Claim {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Addresses of a pool that are kept for one Service, also while there is none of that name. */
export interface Reservation {
  readonly holder: string;
  readonly ranges: readonly AddressRange[];
}

/** A pool as the configuration wants it. Ranges of all pools together do not overlap. */
export interface PoolSpec {
  readonly name: string;
  /** In the order in which they are given out. */
  readonly ranges: readonly AddressRange[];
  /** False: given out only when the pool or the address is asked for by name. */
  readonly autoAssign: boolean;
  readonly avoidBuggyIps: boolean;
  /** Present: the pool comes before those that are not pinned; the lower priority first, 0 last. */
  readonly pinned?: { readonly priority: number };
  readonly reservations: readonly Reservation[];
  /** Whether the Service may have an address of this pool at all. */
  admits(applicant: Applicant): boolean;
}

type SpaceByFamily = { readonly [F in IpFamily]?: AddressSpace };

/** A pool with what is taken of it. */
export class Pool {
  /** What anybody can have whom the pool admits. */
  readonly common: SpaceByFamily;
  /** What is kept for a Service. BOUNDED: by the reservations of the pool. */
  readonly reserved: ReadonlyMap<string, SpaceByFamily>;
  readonly families: readonly IpFamily[];
  #spec: PoolSpec;

  constructor(spec: PoolSpec) {
    this.#spec = spec;
    const kept = spec.reservations.map(({ holder, ranges }) => ({ holder, ranges: intersection(spec.ranges, ranges) }));
    const holes = kept.flatMap(({ ranges }) => ranges);
    this.common = spacesOf(difference(spec.ranges, holes), spec.avoidBuggyIps);
    this.reserved = new Map(
      // An address that is wrongly reserved twice goes to the first.
      [...new Set(kept.map(({ holder }) => holder))].map((holder) => {
        const before = kept.slice(
          0,
          kept.findIndex((entry) => entry.holder === holder),
        );
        const own = kept.filter((entry) => entry.holder === holder).flatMap(({ ranges }) => ranges);
        const left = difference(
          own,
          before.flatMap(({ ranges }) => ranges),
        );
        return [holder, spacesOf(left, spec.avoidBuggyIps)];
      }),
    );
    this.families = (['IPv4', 'IPv6'] as const).filter((family) =>
      spec.ranges.some((range) => familyOf(range.first) === family),
    );
  }

  get spec(): PoolSpec {
    return this.#spec;
  }

  /** Takes other rules for the same addresses. */
  replaceSpec(spec: PoolSpec): void {
    this.#spec = spec;
  }

  /** Every space, with whom it is kept for. */
  *spaces(): Generator<{ readonly space: AddressSpace; readonly reservedFor?: string }> {
    for (const space of ofEachFamily(this.common)) yield { space };
    for (const [reservedFor, spaces] of this.reserved) {
      for (const space of ofEachFamily(spaces)) yield { space, reservedFor };
    }
  }
}

/** True when both give out the same addresses in the same order. */
export function sameGeometry(a: PoolSpec, b: PoolSpec): boolean {
  return (
    a.avoidBuggyIps === b.avoidBuggyIps &&
    sameRanges(a.ranges, b.ranges) &&
    a.reservations.length === b.reservations.length &&
    a.reservations.every((reservation, at) => sameReservation(reservation, b.reservations[at]))
  );
}

function sameReservation(a: Reservation, b: Reservation | undefined): boolean {
  return b !== undefined && a.holder === b.holder && sameRanges(a.ranges, b.ranges);
}

function sameRanges(a: readonly AddressRange[], b: readonly AddressRange[]): boolean {
  const same = (range: AddressRange, other: AddressRange | undefined) =>
    other !== undefined && range.first === other.first && range.last === other.last;
  return a.length === b.length && a.every((range, at) => same(range, b[at]));
}

/** The parts of `ranges` that are in none of `holes`, in the order of `ranges`. */
function difference(ranges: readonly AddressRange[], holes: readonly AddressRange[]): AddressRange[] {
  const ascending = [...holes].sort((a, b) => compareIp(a.first, b.first));
  return ranges.flatMap((range) => {
    const parts: AddressRange[] = [];
    let from = ipValue(range.first);
    for (const hole of ascending.filter((candidate) => rangesOverlap(candidate, range))) {
      if (ipValue(hole.first) > from) parts.push(rangeBetween(range, from, ipValue(hole.first) - 1n));
      if (ipValue(hole.last) >= from) from = ipValue(hole.last) + 1n;
    }
    if (from <= ipValue(range.last)) parts.push(rangeBetween(range, from, ipValue(range.last)));
    return parts;
  });
}

/** The parts of `wanted` that are in `ranges`, in the order of `wanted`. */
function intersection(ranges: readonly AddressRange[], wanted: readonly AddressRange[]): AddressRange[] {
  return wanted.flatMap((want) =>
    ranges
      .filter((range) => rangesOverlap(range, want))
      .map((range) => ({ first: higher(range.first, want.first), last: lower(range.last, want.last) })),
  );
}

function spacesOf(ranges: readonly AddressRange[], avoidBuggyIps: boolean): SpaceByFamily {
  const spaceOf = (family: IpFamily) => {
    const [head, ...rest] = ranges.filter((range) => familyOf(range.first) === family);
    return head === undefined ? undefined : new AddressSpace([head, ...rest], avoidBuggyIps);
  };
  const v4 = spaceOf('IPv4');
  const v6 = spaceOf('IPv6');
  return { ...(v4 === undefined ? {} : { IPv4: v4 }), ...(v6 === undefined ? {} : { IPv6: v6 }) };
}

function ofEachFamily(spaces: SpaceByFamily): AddressSpace[] {
  return [spaces.IPv4, spaces.IPv6].filter((space) => space !== undefined);
}

function rangeBetween(like: AddressRange, first: bigint, last: bigint): AddressRange {
  const family = familyOf(like.first);
  return { first: ipFromValue(family, first), last: ipFromValue(family, last) };
}

function higher(a: IpAddress, b: IpAddress): IpAddress {
  return compareIp(a, b) >= 0 ? a : b;
}

function lower(a: IpAddress, b: IpAddress): IpAddress {
  return compareIp(a, b) <= 0 ? a : b;
}
