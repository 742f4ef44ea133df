import type { IpAddress } from '../../core/net/index.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { RIVALRY_AFTER_MS } from './grant-ledger.ts';

/** Looks a while after a takeover whether two nodes announce the address for good. */
export class RivalryWatch {
  readonly #timers: Timers;
  readonly #look: (address: IpAddress) => void;
  /** BOUNDED: by the addresses that were taken over lately. */
  readonly #suspected = new Map<IpAddress, Timer>();

  constructor(dependencies: { readonly timers: Timers; readonly look: (address: IpAddress) => void }) {
    this.#timers = dependencies.timers;
    this.#look = dependencies.look;
  }

  suspect(address: IpAddress): void {
    if (this.#suspected.has(address)) return;
    const timer = this.#timers.start(RIVALRY_AFTER_MS, () => {
      this.#suspected.delete(address);
      this.#look(address);
    });
    this.#suspected.set(address, timer);
  }

  stop(): void {
    for (const timer of this.#suspected.values()) timer.cancel();
  }
}
