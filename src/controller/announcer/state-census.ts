import type { IpAddress } from '../../core/net/index.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import { ADDRESSES } from './metrics.ts';

export type AddressState = 'claimed' | 'granted' | 'obstructed';

/** Counts the addresses in each state, for the metric. */
export class StateCensus {
  readonly #gauge: Gauge<'state'>;
  /** BOUNDED: by the addresses that are to be announced. */
  readonly #states = new Map<IpAddress, AddressState>();
  readonly #counts: Record<AddressState, number> = { claimed: 0, granted: 0, obstructed: 0 };

  constructor(metrics: Metrics) {
    this.#gauge = metrics.gauge(ADDRESSES);
  }

  /** Undefined: nobody wants it announced any more. False when it was so already. */
  note(address: IpAddress, state: AddressState | undefined): boolean {
    const before = this.#states.get(address);
    if (before === state) return false;
    if (state === undefined) this.#states.delete(address);
    else this.#states.set(address, state);
    this.#count(before, -1);
    this.#count(state, 1);
    return true;
  }

  #count(state: AddressState | undefined, by: 1 | -1): void {
    if (state === undefined) return;
    this.#counts[state] += by;
    this.#gauge.set({ state }, this.#counts[state]);
  }
}
