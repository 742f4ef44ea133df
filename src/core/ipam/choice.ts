import { familyOf, type IpAddress, type IpFamily } from '../net/index.ts';
import type { AddressBook } from './address-book.ts';
import type { AddressSpace } from './address-space.ts';
import { sharingGroup } from './claim.ts';
import type { Applicant, Pool } from './pool.ts';
import type { PoolOrder } from './pool-order.ts';
import type { AddressRefusal, PoolRefusal, Refusal } from './refusal.ts';

/** What a Service wants to have in the end. */
export interface Wanted {
  /** The families that it has a use for, the preferred one first. */
  readonly families: readonly IpFamily[];
  /** False: fewer families will do when there is no more to be had. */
  readonly everyFamily: boolean;
  /** Addresses that it asks for, at most one of a family. */
  readonly addresses: readonly IpAddress[];
  /** Pools that it asks for, in its order; empty: whatever pool there is. */
  readonly pools: readonly string[];
  /** Addresses that it holds and keeps, at most one of a family, and none of a family of `addresses`. */
  readonly keep: readonly IpAddress[];
}

export type Choice =
  /** `addresses` is the whole set to hold. `refusals` say why a family that is not necessary is missing. */
  | { readonly kind: 'chosen'; readonly addresses: readonly IpAddress[]; readonly refusals: readonly Refusal[] }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] };

/** What the choice looks at. */
export interface Stock {
  readonly book: AddressBook;
  readonly order: PoolOrder;
  /** How many free addresses of a pool are promised to Services that have been waiting for longer. */
  promised(pool: string, family: IpFamily): number;
}

/** Finds the addresses for a Service; changes nothing. */
export function choose(stock: Stock, applicant: Applicant, wanted: Wanted): Choice {
  if (stock.order.isEmpty) return { kind: 'refused', refusals: [{ kind: 'no-pools' }] };
  const refused = wanted.addresses.flatMap(
    (address) => requestRefusal(stock.book, applicant, { address, wanted }) ?? [],
  );
  if (refused.length > 0) return { kind: 'refused', refusals: refused };
  const chosen = [...wanted.keep, ...wanted.addresses];
  const missing = wanted.families.filter((family) => !hasFamily(chosen, family));
  if (missing.length === 0) return { kind: 'chosen', addresses: chosen, refusals: [] };
  return complete(stock, applicant, { wanted, chosen, missing });
}

/** Why an address cannot be had by this Service, were it to ask for it. */
function requestRefusal(
  book: AddressBook,
  applicant: Applicant,
  { address, wanted }: { readonly address: IpAddress; readonly wanted: Pick<Wanted, 'families' | 'pools'> },
): AddressRefusal | undefined {
  const { families, pools } = wanted;
  if (!families.includes(familyOf(address))) return { kind: 'family-unwanted', address, families };
  const cause = book.quarantineCause(address);
  const mine = book.claimOf(address, applicant.holder) !== undefined;
  const reservedFor = book.place(address)?.reservedFor;
  const pool = book.place(address)?.pool.spec.name;
  return (
    keepRefusal(book, applicant, { address, pools }) ??
    (cause === undefined || mine ? undefined : { kind: 'quarantined', address, cause }) ??
    (reservedFor === undefined || pool === undefined || reservedFor === applicant.holder || mine
      ? undefined
      : { kind: 'reserved', address, pool, holder: reservedFor })
  );
}

/**
 * Why a Service cannot go on holding an address. Milder than for a request: what came over an address after it was given
 * out (a quarantine, a reservation) does not take it away.
 */
export function keepRefusal(
  book: AddressBook,
  applicant: Applicant,
  { address, pools }: { readonly address: IpAddress; readonly pools: readonly string[] },
): AddressRefusal | undefined {
  const node = book.nodeOf(address);
  if (node !== undefined) return { kind: 'node-address', address, node };
  const place = book.place(address);
  if (place === undefined) return { kind: 'outside-pools', address };
  const pool = place.pool.spec.name;
  if (pools.length > 0 && !pools.includes(pool)) return { kind: 'other-pool', address, pool, wanted: pools };
  if (!place.pool.spec.admits(applicant)) return { kind: 'address-not-admitted', address, pool };
  const conflict = book.conflict(address, applicant);
  if (conflict !== undefined) return { kind: 'held', address, ...conflict };
  return place.space.skips(address) ? { kind: 'buggy', address, pool } : undefined;
}

interface Incomplete {
  readonly wanted: Wanted;
  readonly chosen: readonly IpAddress[];
  readonly missing: readonly IpFamily[];
}

/** A pool to try; `reservedOnly`: only what it keeps for the Service. */
interface Candidate {
  readonly pool: Pool;
  readonly reservedOnly: boolean;
}

/** Adds an address of each missing family: all of one pool when one has them all, else of the first pool for each. */
function complete(stock: Stock, applicant: Applicant, { wanted, chosen, missing }: Incomplete): Choice {
  const { candidates, refusals } = candidatesFor(stock, applicant, { wanted, chosen });
  // At most one of a family.
  const found: IpAddress[] = [];
  for (const candidate of candidates) {
    const here: IpAddress[] = [];
    for (const family of missing) {
      const pick = pickFrom(stock, applicant, { candidate, family });
      if (typeof pick === 'object') refusals.push(pick);
      else here.push(pick);
    }
    if (here.length === missing.length) return { kind: 'chosen', addresses: [...chosen, ...here], refusals: [] };
    found.push(...here.filter((address) => !hasFamily(found, familyOf(address))));
  }
  const addresses = [...chosen, ...found];
  if (found.length === missing.length) return { kind: 'chosen', addresses, refusals: [] };
  const relevant = refusals.filter((refusal) => !('family' in refusal && hasFamily(found, refusal.family)));
  if (wanted.everyFamily || addresses.length === 0) return { kind: 'refused', refusals: relevant };
  return { kind: 'chosen', addresses, refusals: relevant };
}

function hasFamily(addresses: readonly IpAddress[], family: IpFamily): boolean {
  return addresses.some((address) => familyOf(address) === family);
}

/** The pools to try, in order, and why each other one is passed over. */
function candidatesFor(
  stock: Stock,
  applicant: Applicant,
  { wanted, chosen }: Pick<Incomplete, 'wanted' | 'chosen'>,
): { readonly candidates: Iterable<Candidate>; readonly refusals: PoolRefusal[] } {
  const refusals: PoolRefusal[] = [];
  const admitted = (pool: Pool): boolean => {
    if (pool.spec.admits(applicant)) return true;
    refusals.push({ kind: 'not-admitted', pool: pool.spec.name });
    return false;
  };
  // What an address is in already comes first: both families of one pool are easier to reason about.
  const together = chosen.flatMap((address) => stock.book.place(address)?.pool ?? []);
  return { candidates: wanted.pools.length > 0 ? named() : automatic(), refusals };

  function* named(): Generator<Candidate> {
    const pools = wanted.pools.flatMap((name) => {
      const pool = stock.order.get(name);
      if (pool === undefined) refusals.push({ kind: 'no-such-pool', pool: name, known: stock.order.names });
      return pool ?? [];
    });
    for (const pool of new Set([...together.filter((each) => pools.includes(each)), ...pools])) {
      if (admitted(pool)) yield { pool, reservedOnly: false };
    }
  }

  function* automatic(): Generator<Candidate> {
    for (const pool of stock.order.withReservationFor(applicant.holder)) {
      if (admitted(pool)) yield { pool, reservedOnly: true };
    }
    const first = together.filter((pool, at) => together.indexOf(pool) === at);
    for (const pool of first) if (admitted(pool)) yield { pool, reservedOnly: false };
    for (const pool of stock.order.automatic) {
      if (!first.includes(pool) && admitted(pool)) yield { pool, reservedOnly: false };
    }
    for (const pool of stock.order.onRequest) {
      if (!first.includes(pool)) refusals.push({ kind: 'not-auto-assigned', pool: pool.spec.name });
    }
  }
}

/** The address that a pool gives to the Service, or why it has none. */
function pickFrom(
  stock: Stock,
  applicant: Applicant,
  { candidate, family }: { readonly candidate: Candidate; readonly family: IpFamily },
): IpAddress | PoolRefusal {
  const { pool, reservedOnly } = candidate;
  const name = pool.spec.name;
  const reserved = pool.reserved.get(applicant.holder)?.[family];
  const common = reservedOnly ? undefined : pool.common[family];
  if (!pool.families.includes(family)) return { kind: 'family-missing', pool: name, family };
  const again = restingIn(stock.book, applicant, [reserved, common]);
  if (again !== undefined) return again;
  const kept = reserved === undefined ? undefined : lowestIn(stock.book, applicant, { space: reserved, promised: 0 });
  if (kept !== undefined) return kept;
  const promised = stock.promised(name, family);
  const pick = common === undefined ? undefined : lowestIn(stock.book, applicant, { space: common, promised });
  return pick ?? exhausted(stock, { name, family, space: common ?? reserved });
}

function exhausted(
  stock: Stock,
  {
    name,
    family,
    space,
  }: { readonly name: string; readonly family: IpFamily; readonly space: AddressSpace | undefined },
): PoolRefusal {
  const [restingUntilMs] = space?.rests.values() ?? [];
  return {
    kind: 'exhausted',
    pool: name,
    family,
    usable: space?.usable ?? 0n,
    assigned: space?.assigned ?? 0,
    barred: space === undefined ? 0 : Math.max(0, space.withdrawn - space.assigned - space.rests.size),
    resting: space?.rests.size ?? 0,
    ...(restingUntilMs === undefined ? {} : { restingUntilMs }),
    promised: Math.min(space?.free ?? 0, stock.promised(name, family)),
  };
}

/** An address of these spaces that the Service had a moment ago: whoever remembers it remembers the right one. */
function restingIn(
  book: AddressBook,
  applicant: Applicant,
  spaces: readonly (AddressSpace | undefined)[],
): IpAddress | undefined {
  for (const address of book.restingOf(applicant.holder)) {
    const space = book.place(address)?.space;
    if (space !== undefined && spaces.includes(space) && !book.isBarred(address) && !space.skips(address))
      return address;
  }
  return undefined;
}

/** The first address that is free, or that can be shared. */
function lowestIn(
  book: AddressBook,
  applicant: Applicant,
  { space, promised }: { readonly space: AddressSpace; readonly promised: number },
): IpAddress | undefined {
  const free = space.free > promised ? space.firstFree() : undefined;
  const shared = applicant.sharing === undefined ? undefined : firstShared(book, applicant, space);
  const lowest = shared === undefined || (free !== undefined && free < shared) ? free : shared;
  return lowest === undefined ? undefined : space.addressAt(lowest);
}

function firstShared(book: AddressBook, { sharing, ports }: Applicant, space: AddressSpace): number | undefined {
  if (sharing === undefined) return undefined;
  const group = sharingGroup(sharing);
  let at = space.firstShared(group, ports);
  while (at !== undefined) {
    const address = space.addressAt(at);
    if (!book.isBarred(address) && !space.skips(address)) return at;
    at = space.firstShared(group, ports, at + 1);
  }
  return undefined;
}
