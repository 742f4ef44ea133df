import type { IpAddress } from '../net/index.ts';

interface Rest {
  readonly holder: string;
  readonly untilMs: number;
}

/**
 * Addresses that were given back lately: neighbours may still take them for the Service that had them. All rest for the same
 * time, so the order of arrival is the order of departure.
 */
export class RestingAddresses {
  readonly #coolDownMs: number;
  /** BOUNDED: by the addresses of the pools; each leaves after the cool-down. */
  readonly #rests = new Map<IpAddress, Rest>();
  /** BOUNDED: by #rests. */
  readonly #byHolder = new Map<string, Set<IpAddress>>();

  constructor(coolDownMs: number) {
    this.#coolDownMs = coolDownMs;
  }

  /** When the first of them ends its cool-down. */
  get nextEndMs(): number | undefined {
    const [first] = this.#rests.values();
    return first?.untilMs;
  }

  /** False: there is no cool-down. */
  get enabled(): boolean {
    return this.#coolDownMs > 0;
  }

  /** When the cool-down of an address ends; undefined when it is in none. */
  endMs(address: IpAddress): number | undefined {
    return this.#rests.get(address)?.untilMs;
  }

  addresses(): IterableIterator<IpAddress> {
    return this.#rests.keys();
  }

  /** What a Service gave back and may have again at once. */
  ofHolder(holder: string): Iterable<IpAddress> {
    return this.#byHolder.get(holder) ?? [];
  }

  add(address: IpAddress, holder: string, nowMs: number): void {
    this.remove(address);
    this.#rests.set(address, { holder, untilMs: nowMs + this.#coolDownMs });
    const own = this.#byHolder.get(holder);
    if (own === undefined) this.#byHolder.set(holder, new Set([address]));
    else own.add(address);
  }

  remove(address: IpAddress): void {
    const rest = this.#rests.get(address);
    if (rest === undefined) return;
    this.#rests.delete(address);
    const own = this.#byHolder.get(rest.holder);
    own?.delete(address);
    if (own?.size === 0) this.#byHolder.delete(rest.holder);
  }

  /** An address whose cool-down is over. */
  due(nowMs: number): IpAddress | undefined {
    const [first] = this.#rests;
    return first !== undefined && first[1].untilMs <= nowMs ? first[0] : undefined;
  }
}
