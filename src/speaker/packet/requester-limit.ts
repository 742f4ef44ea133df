import type { MacAddress } from '../../core/net/index.ts';
import { type Rate, TokenBucket } from '../token-bucket.ts';

/** A bucket for each requester. Whoever was not heard of for longest is forgotten first, and then has a full bucket again. */
export class RequesterLimit {
  readonly #rate: Rate;
  readonly #capacity: number;
  /** BOUNDED: by the capacity; least recently used goes first. */
  readonly #buckets = new Map<MacAddress, TokenBucket>();

  constructor(rate: Rate, capacity: number) {
    this.#rate = rate;
    this.#capacity = capacity;
  }

  /** How many requesters are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  take(requester: MacAddress, nowMs: number): boolean {
    const bucket = this.#buckets.get(requester) ?? new TokenBucket(this.#rate, nowMs);
    this.#buckets.delete(requester);
    this.#buckets.set(requester, bucket);
    if (this.#buckets.size > this.#capacity) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket.take(nowMs);
  }
}
