import type { IpAddress } from '../../core/net/index.ts';
import type { Clock } from '../../ports/time.ts';

/** For so long nobody asks the LAN who has an address that we announced: a Pod that is replaced is back by then. */
const LATELY_MS = 120_000;

/** Addresses that were announced until just now. */
export class RecentlyAnnounced {
  readonly #clock: Clock;
  /** When each was announced last, in ms, oldest first. BOUNDED: by the addresses given up within two minutes. */
  readonly #lastMs = new Map<IpAddress, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(address: IpAddress): void {
    const nowMs = this.#clock.nowMs();
    for (const [oldest, lastMs] of this.#lastMs) {
      if (nowMs - lastMs < LATELY_MS) break;
      this.#lastMs.delete(oldest);
    }
    this.#lastMs.delete(address);
    this.#lastMs.set(address, nowMs);
  }

  has(address: IpAddress): boolean {
    const lastMs = this.#lastMs.get(address);
    return lastMs !== undefined && this.#clock.nowMs() - lastMs < LATELY_MS;
  }
}
