import type { IpAddress } from '../../core/net/index.ts';
import type { Clock } from '../../ports/time.ts';

const MOVES_MAX = 3;
const WINDOW_MS = 600_000;

/**
 * Keeps a host that says it has every address from chasing a Service through its pool: a Service leaves three addresses in ten
 * minutes, and then stays and waits.
 */
export class MoveAllowance {
  readonly #clock: Clock;
  /** BOUNDED: by the Services that left an address in the last ten minutes. */
  readonly #left = new Map<string, { readonly sinceMs: number; readonly addresses: Set<IpAddress> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the Service may leave the address. To ask again about the same one costs nothing. */
  take(serviceKey: string, address: IpAddress): boolean {
    const nowMs = this.#clock.nowMs();
    for (const [key, { sinceMs }] of this.#left) if (nowMs - sinceMs >= WINDOW_MS) this.#left.delete(key);
    const left = this.#left.get(serviceKey) ?? { sinceMs: nowMs, addresses: new Set() };
    if (!left.addresses.has(address) && left.addresses.size >= MOVES_MAX) return false;
    left.addresses.add(address);
    this.#left.set(serviceKey, left);
    return true;
  }
}
