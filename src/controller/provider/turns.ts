import { type Ipam, type Refusal, type Sharing, sharingGroup, type Vacancy } from '../../core/ipam/index.ts';
import { familyOf, type IpAddress, type IpFamily } from '../../core/net/index.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { WaitingRoom, type Want } from './waiting-room.ts';

export interface TurnsDependencies {
  readonly ipam: Ipam;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told whose turn it is, in order. */
  readonly call: (serviceKeys: readonly string[]) => void;
}

/** Sees to it that a Service that waits is called as soon as there may be something for it, and before those that came later. */
export class Turns {
  readonly #dependencies: TurnsDependencies;
  readonly #room = new WaitingRoom();
  #restTimer: Timer | undefined;

  constructor(dependencies: TurnsDependencies) {
    this.#dependencies = dependencies;
  }

  /** How many addresses of a pool this Service must leave to those that have been waiting for longer. */
  promised(key: string, pool: string, family: IpFamily): number {
    return this.#room.promised(key, pool, family);
  }

  /** The Service was refused: it waits for what stood in the way. */
  wait(key: string, refusals: readonly Refusal[], sharing: Sharing | undefined): void {
    const called = this.#room.wait(key, wantsOf(refusals, sharing));
    for (const want of called) {
      if (want.kind === 'pool') this.#callForPool(want.pool, want.family);
      else this.#call(this.#room.callFor(want, key));
    }
    this.#armRestTimer();
  }

  /** The Service has what it wants (`took` shareable addresses, or others), or wants nothing any more. */
  leave(key: string, took: 'shareable' | 'exclusive' | 'nothing'): void {
    for (const want of this.#room.leave(key)) {
      if (want.kind === 'pool') this.#callForPool(want.pool, want.family);
      else if (took !== 'exclusive') this.#call(this.#room.callFor(want));
    }
  }

  /** Addresses were given up, or are held on other terms. */
  vacated(vacancies: readonly Vacancy[]): void {
    const { ipam } = this.#dependencies;
    for (const { address, sharing } of vacancies) {
      this.addressChanged(address);
      if (sharing === undefined || ipam.holdersOf(address).length === 0) continue;
      this.shared(sharing);
    }
    this.#armRestTimer();
  }

  /** Something about the address is different: whoever waits for it, or for its pool, may try. */
  addressChanged(address: IpAddress): void {
    this.#call(this.#room.callFor({ kind: 'address', address }));
    this.#callWhomItIsReservedFor(address);
    const pool = this.#dependencies.ipam.poolOf(address)?.name;
    if (pool !== undefined) this.#callForPool(pool, familyOf(address));
  }

  /** The address has another holder: whoever waits for it in vain is told of that one. */
  taken(address: IpAddress): void {
    this.#call(this.#room.callEach({ kind: 'address', address }));
  }

  /** An address is shared on these terms from now on: whoever waits to share one may try. */
  shared(sharing: Sharing): void {
    this.#call(this.#room.callFor({ kind: 'group', group: sharingGroup(sharing) }));
  }

  /** Everything may be different. Returns who waits, in the order in which they came. */
  everything(): readonly string[] {
    return this.#room.callAll();
  }

  /** Ends the cool-downs that are over, and calls those who have waited for that. */
  endRests(): void {
    const { ipam, clock } = this.#dependencies;
    const nowMs = clock.nowMs();
    if (ipam.nextRestEndMs === undefined || ipam.nextRestEndMs > nowMs) return;
    for (const address of ipam.endRests(nowMs)) this.#callWhomItIsReservedFor(address);
    for (const { pool, family } of [...this.#room.poolsWaitedFor()]) this.#callForPool(pool, family);
  }

  stop(): void {
    this.#restTimer?.cancel();
    this.#restTimer = undefined;
  }

  /** Such an address is not among those that the pool has for anybody, so whoever waits for the pool is not called for it. */
  #callWhomItIsReservedFor(address: IpAddress): void {
    const key = this.#dependencies.ipam.reservedFor(address);
    if (key !== undefined && this.#room.has(key)) this.#call([key]);
  }

  #callForPool(pool: string, family: IpFamily): void {
    this.#call(this.#room.callForPool(pool, family, this.#dependencies.ipam.free(pool, family)));
  }

  #call(keys: readonly string[]): void {
    if (keys.length > 0) this.#dependencies.call(keys);
  }

  /** Only while somebody waits: otherwise cool-downs end when somebody asks. */
  #armRestTimer(): void {
    const { ipam, clock, timers } = this.#dependencies;
    const endMs = ipam.nextRestEndMs;
    if (this.#restTimer !== undefined || endMs === undefined || this.#room.poolsWaitedFor().next().done === true)
      return;
    this.#restTimer = timers.start(Math.max(0, endMs - clock.nowMs()), () => {
      this.#restTimer = undefined;
      this.endRests();
      this.#armRestTimer();
    });
  }
}

function wantsOf(refusals: readonly Refusal[], sharing: Sharing | undefined): Want[] {
  const wants = refusals.flatMap((refusal): Want[] => {
    switch (refusal.kind) {
      case 'exhausted':
        return [{ kind: 'pool', pool: refusal.pool, family: refusal.family }];
      case 'held':
      case 'quarantined':
      case 'node-address':
        return [{ kind: 'address', address: refusal.address }];
      default:
        return [];
    }
  });
  const joins = sharing !== undefined && wants.some(({ kind }) => kind === 'pool');
  return joins ? [...wants, { kind: 'group', group: sharingGroup(sharing) }] : wants;
}
