import type { IpAddress } from '../net/index.ts';
import { type Claim, sharingGroup } from './claim.ts';
import type { Pool } from './pool.ts';
import { offsetAt, type Place, PoolIndex } from './pool-index.ts';
import { RestingAddresses } from './resting.ts';
import { type HolderConflict, Tenancies } from './tenancies.ts';

/**
 * What is known of single addresses: who holds them, which rest, which are barred. Keeps the spaces of the pools in step, so
 * that the search for a free address looks at nothing else.
 */
export class AddressBook {
  readonly #tenancies = new Tenancies();
  readonly #resting: RestingAddresses;
  /** BOUNDED: by the addresses of the cluster's nodes. */
  readonly #nodes = new Map<IpAddress, string>();
  /** BOUNDED: by the addresses that announcers found on foreign hosts. */
  readonly #quarantine = new Map<IpAddress, string>();
  #index = new PoolIndex([]);

  constructor(coolDownMs: number) {
    this.#resting = new RestingAddresses(coolDownMs);
  }

  /** Notes everything that is known in the spaces of these new pools. */
  replacePools(pools: Iterable<Pool>): void {
    this.#index = new PoolIndex(pools);
    for (const address of this.#tenancies.addresses()) {
      const place = this.place(address);
      for (const claim of this.#tenancies.claimsOn(address)) share(place, address, claim);
    }
    const known = [this.#tenancies, this.#resting].flatMap((source) => [...source.addresses()]);
    for (const address of new Set([...known, ...this.#nodes.keys(), ...this.#quarantine.keys()])) {
      const place = this.place(address);
      if (place !== undefined) this.#count(place, address, 1);
    }
  }

  place(address: IpAddress): Place | undefined {
    return this.#index.find(address);
  }

  conflict(address: IpAddress, claim: Claim): HolderConflict | undefined {
    return this.#tenancies.conflict(address, claim);
  }

  claimOf(address: IpAddress, holder: string): Claim | undefined {
    return this.#tenancies.get(address, holder);
  }

  holdersOf(address: IpAddress): readonly string[] {
    return [...this.#tenancies.claimsOn(address)].map(({ holder }) => holder);
  }

  /** The node whose own address it is. */
  nodeOf(address: IpAddress): string | undefined {
    return this.#nodes.get(address);
  }

  /** Why it is in quarantine. */
  quarantineCause(address: IpAddress): string | undefined {
    return this.#quarantine.get(address);
  }

  quarantined(): ReadonlyMap<IpAddress, string> {
    return this.#quarantine;
  }

  isBarred(address: IpAddress): boolean {
    return this.#nodes.has(address) || this.#quarantine.has(address);
  }

  /** The addresses that a Service gave back and that still rest. */
  restingOf(holder: string): Iterable<IpAddress> {
    return this.#resting.ofHolder(holder);
  }

  get nextRestEndMs(): number | undefined {
    return this.#resting.nextEndMs;
  }

  /** Puts a claim on an address, or puts it in the place of the holder's earlier one. There must be no conflict. */
  occupy(address: IpAddress, claim: Claim): void {
    this.#change(address, (place) => {
      const earlier = this.#tenancies.get(address, claim.holder);
      if (earlier !== undefined) {
        unshare(place, address, { claim: earlier, last: !this.#tenancies.isShared(address) });
      }
      this.#tenancies.put(address, claim);
      share(place, address, claim);
      this.#resting.remove(address);
    });
  }

  /** Takes a holder's claim off an address, which then rests when nobody else holds it. */
  vacate(address: IpAddress, holder: string, nowMs: number): void {
    const claim = this.#tenancies.get(address, holder);
    if (claim === undefined) return;
    this.#change(address, (place) => {
      this.#tenancies.remove(address, holder);
      const last = !this.#tenancies.has(address);
      unshare(place, address, { claim, last });
      if (last && place !== undefined && this.#resting.enabled) this.#resting.add(address, holder, nowMs);
    });
  }

  /** Bars an address because it is a node's own; undefined lifts that. */
  setNode(address: IpAddress, node: string | undefined): void {
    this.#change(address, () => setOrDelete(this.#nodes, address, node));
  }

  /** Bars an address because another host answers for it; undefined lifts that. */
  setQuarantine(address: IpAddress, cause: string | undefined): void {
    this.#change(address, () => setOrDelete(this.#quarantine, address, cause));
  }

  /** Ends the cool-downs that are over. Returns the addresses. */
  endRests(nowMs: number): readonly IpAddress[] {
    const ended: IpAddress[] = [];
    for (let due = this.#resting.due(nowMs); due !== undefined; due = this.#resting.due(nowMs)) {
      const address = due;
      this.#change(address, () => this.#resting.remove(address));
      ended.push(address);
    }
    return ended;
  }

  #change(address: IpAddress, change: (place: Place | undefined) => void): void {
    const place = this.place(address);
    if (place !== undefined) this.#count(place, address, -1);
    change(place);
    if (place !== undefined) this.#count(place, address, 1);
  }

  /** Adds to the counts of a space, or takes off, what the address as it is now stands for. */
  #count(place: Place, address: IpAddress, sign: 1 | -1): void {
    const { space } = place;
    const held = this.#tenancies.has(address);
    const restsUntilMs = this.#resting.endMs(address);
    const barred = this.isBarred(address);
    const withdrawn = held || barred || restsUntilMs !== undefined;
    const skipped = space.skips(address);
    if (held) space.assigned += sign;
    if (withdrawn && !skipped) space.withdrawn += sign;
    if (restsUntilMs === undefined || barred || skipped || sign === -1) space.rests.delete(address);
    else space.rests.set(address, restsUntilMs);
    const offset = sign === 1 ? offsetAt(place, address) : undefined;
    if (offset === undefined) return;
    if (withdrawn || skipped) space.take(offset);
    else space.giveBack(offset);
  }
}

function share(place: Place | undefined, address: IpAddress, { sharing, ports }: Claim): void {
  if (place === undefined || sharing === undefined) return;
  const offset = offsetAt(place, address);
  if (offset !== undefined) place.space.addShared(offset, sharingGroup(sharing), ports);
}

function unshare(
  place: Place | undefined,
  address: IpAddress,
  { claim, last }: { readonly claim: Claim; readonly last: boolean },
): void {
  if (place === undefined || claim.sharing === undefined) return;
  const offset = offsetAt(place, address);
  if (offset === undefined) return;
  place.space.removeShared(offset, { group: sharingGroup(claim.sharing), ports: claim.ports, last });
}

function setOrDelete(map: Map<IpAddress, string>, address: IpAddress, value: string | undefined): void {
  if (value === undefined) map.delete(address);
  else map.set(address, value);
}
