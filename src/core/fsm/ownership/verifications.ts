import type { IpAddress } from '../../net/index.ts';
import { VERIFY_AFTER_MS, VERIFY_AT_ONCE } from './timing.ts';

/** Takeovers of others that this node is to look at once caches have settled. */
export class Verifications {
  /** When each is due, in ms, earliest first. BOUNDED: by the grants of the node. */
  readonly #dueMs = new Map<IpAddress, number>();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  readonly #pauseMs: number;

  /** @param pauseMs between two batches */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  note(address: IpAddress, nowMs: number): void {
    this.#dueMs.delete(address);
    this.#dueMs.set(address, nowMs + VERIFY_AFTER_MS);
  }

  forget(address: IpAddress): void {
    this.#dueMs.delete(address);
  }

  /** Takes what is due, a batch at a time. */
  take(nowMs: number): IpAddress[] {
    const due: IpAddress[] = [];
    if (nowMs < this.#pausedUntilMs) return due;
    for (const [address, dueMs] of this.#dueMs) {
      if (dueMs > nowMs || due.length === VERIFY_AT_ONCE) break;
      due.push(address);
    }
    for (const address of due) this.#dueMs.delete(address);
    if (due.length > 0) this.#pausedUntilMs = nowMs + this.#pauseMs;
    return due;
  }

  nextMs(): number {
    for (const dueMs of this.#dueMs.values()) return Math.max(dueMs, this.#pausedUntilMs);
    return Number.POSITIVE_INFINITY;
  }
}
