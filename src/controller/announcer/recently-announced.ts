import type { IpAddress } from '../../core/net/index.ts';
import type { Clock } from '../../ports/time.ts';

/** For so long nobody asks the LAN who has an address that we announced: a Pod that is replaced is back by then. */
const LATELY_MS = 120_000;

/** Addresses that were announced until just now. */
export class RecentlyAnnounced {
  readonly #clock: Clock;
  /** When each was announced last, in ms, oldest first. BOUNDED: by the addresses given up within two minutes. */
  readonly #untilMs = new Map<IpAddress, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(address: IpAddress): void {
    const nowMs = this.#clock.nowMs();
    for (const [oldest, untilMs] of this.#untilMs) {
      if (nowMs - untilMs < LATELY_MS) break;
      this.#untilMs.delete(oldest);
    }
    this.#untilMs.delete(address);
    this.#untilMs.set(address, nowMs);
  }

  has(address: IpAddress): boolean {
    const untilMs = this.#untilMs.get(address);
    return untilMs !== undefined && this.#clock.nowMs() - untilMs < LATELY_MS;
  }
}
