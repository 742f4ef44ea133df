import type { IpAddress } from '../../core/net/index.ts';
import type { SendOutcome } from '../../ports/frames.ts';
import type { AddressCounters, DropReason, PacketCounters } from '../../ports/packet-plane.ts';

/** Lateness of the thread that is worth a notice when there is nothing else to tell. */
const WORTH_TELLING_MS = 10;

/** Counts what happens to packets until somebody takes the counts away. */
export class Counting {
  #received = 0;
  #replies = 0;
  #mismatchedSource = 0;
  #announcements = 0;
  #lateMs = 0;
  /** BOUNDED: by the members of DropReason. */
  #drops: Partial<Record<DropReason, number>> = {};
  /** BOUNDED: by the members of SendOutcome. */
  #sendFailures: Partial<Record<Exclude<SendOutcome, 'sent'>, number>> = {};
  /** BOUNDED: by the grants of this node. */
  #addresses = new Map<IpAddress, Mutable<AddressCounters>>();
  #empty = true;

  get empty(): boolean {
    return this.#empty;
  }

  received(): void {
    this.#received += 1;
    this.#empty = false;
  }

  /** Somebody asked for an address that this node answers for. */
  asked(address: IpAddress): void {
    this.#of(address).requests += 1;
    this.#empty = false;
  }

  replied(address: IpAddress, mismatchedSource: boolean): void {
    this.#replies += 1;
    this.#of(address).replies += 1;
    if (mismatchedSource) this.#mismatchedSource += 1;
    this.#empty = false;
  }

  announced(address: IpAddress): void {
    this.#announcements += 1;
    this.#of(address).announcements += 1;
    this.#empty = false;
  }

  /** A timer of the thread fired so much after it was due. */
  late(ms: number): void {
    this.#lateMs = Math.max(this.#lateMs, ms);
    if (ms >= WORTH_TELLING_MS) this.#empty = false;
  }

  dropped(reason: DropReason, count = 1): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + count;
    this.#empty = false;
  }

  sendFailed(outcome: Exclude<SendOutcome, 'sent'>): void {
    this.#sendFailures[outcome] = (this.#sendFailures[outcome] ?? 0) + 1;
    this.#empty = false;
  }

  /** The counts so far; counting starts again from zero. */
  take(): Omit<PacketCounters, 'hellos'> {
    const counters = {
      received: this.#received,
      replies: this.#replies,
      mismatchedSource: this.#mismatchedSource,
      announcements: this.#announcements,
      drops: this.#drops,
      sendFailures: this.#sendFailures,
      addresses: this.#addresses,
      lateMs: this.#lateMs,
    };
    this.#lateMs = this.#received = this.#replies = this.#mismatchedSource = this.#announcements = 0;
    this.#drops = {};
    this.#sendFailures = {};
    this.#addresses = new Map();
    this.#empty = true;
    return counters;
  }

  #of(address: IpAddress): Mutable<AddressCounters> {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const fresh = { requests: 0, replies: 0, announcements: 0 };
    this.#addresses.set(address, fresh);
    return fresh;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
