import type { IpAddress } from '../../core/net/index.ts';
import type { Timer, Timers } from '../../ports/time.ts';

/** For so long a claim is waited for: it takes a probe of a second, and a speaker that starts another. */
export const UNCLAIMED_AFTER_MS = 10_000;

interface Waiting {
  readonly timer: Timer;
  isLate: boolean;
}

/** Addresses that were granted, and that nobody claims. */
export class UnclaimedAddresses {
  readonly #timers: Timers;
  readonly #late: (serviceKey: string) => void;
  /** By Service. BOUNDED: by the addresses that are granted and not claimed. */
  readonly #services = new Map<string, Map<IpAddress, Waiting>>();

  /** @param late told when an address of a Service was not claimed for `UNCLAIMED_AFTER_MS` */
  constructor(timers: Timers, late: (serviceKey: string) => void) {
    this.#timers = timers;
    this.#late = late;
  }

  /** These are the addresses of a Service that wait for a claim now. @returns those that waited for too long */
  lateAmong(serviceKey: string, waiting: readonly IpAddress[]): ReadonlySet<IpAddress> {
    const before = this.#services.get(serviceKey);
    for (const [address, { timer }] of before ?? []) if (!waiting.includes(address)) timer.cancel();
    const now = new Map(waiting.map((address) => [address, before?.get(address) ?? this.#wait(serviceKey)]));
    if (now.size > 0) this.#services.set(serviceKey, now);
    else this.#services.delete(serviceKey);
    return new Set(waiting.filter((address) => now.get(address)?.isLate));
  }

  stop(): void {
    for (const addresses of this.#services.values()) for (const { timer } of addresses.values()) timer.cancel();
    this.#services.clear();
  }

  #wait(serviceKey: string): Waiting {
    const waiting: Waiting = {
      isLate: false,
      timer: this.#timers.start(UNCLAIMED_AFTER_MS, () => {
        waiting.isLate = true;
        this.#late(serviceKey);
      }),
    };
    return waiting;
  }
}
