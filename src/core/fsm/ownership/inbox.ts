import { entryDigest, type Hello, type HelloEntry } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';

/** More than any node holds. What is beyond is not kept, and the digests go on to differ. */
const MAX_ENTRIES = 65_536;

/** What one neighbour holds, as far as this node was told. */
export class Inbox {
  /** BOUNDED: 65,536. */
  #entries = new Map<IpAddress, HelloEntry>();
  /** What it held by an earlier exchange, until the present one is complete. BOUNDED: as the entries. */
  #former = new Map<IpAddress, HelloEntry>();
  #digest = 0;
  #exchange = '';
  #differsSinceMs: number | undefined;

  get(address: IpAddress): HelloEntry | undefined {
    return this.#entries.get(address) ?? this.#former.get(address);
  }

  /** Since when something has been missing, in ms; undefined = nothing is. */
  get differsSinceMs(): number | undefined {
    return this.#differsSinceMs;
  }

  /** Takes a believed hello in. Returns the addresses about which it said something new. */
  receive(hello: Hello, nowMs: number): ReadonlySet<IpAddress> {
    const changed = new Set<IpAddress>();
    const exchange = `${hello.incarnation} ${hello.exchange}`;
    if (exchange !== this.#exchange) this.#begin(exchange);
    for (const entry of hello.entries) if (this.#put(entry)) changed.add(entry.address);
    const complete = this.#digest === hello.digest;
    // A node that has just started has not said yet what it goes on with.
    if (complete && !hello.starting) for (const address of this.#dropFormer()) changed.add(address);
    this.#differsSinceMs = complete ? undefined : (this.#differsSinceMs ?? nowMs);
    return changed;
  }

  #begin(exchange: string): void {
    this.#exchange = exchange;
    this.#former = new Map([...this.#former, ...this.#entries]);
    this.#entries = new Map();
    this.#digest = 0;
    this.#differsSinceMs = undefined;
  }

  #put(entry: HelloEntry): boolean {
    const before = this.#entries.get(entry.address);
    if (before !== undefined) this.#digest ^= entryDigest(before);
    else if (this.#entries.size >= MAX_ENTRIES) return false;
    // The exclusive or is signed, the field is not.
    if (entry.holding !== 'nothing') this.#digest ^= entryDigest(entry);
    this.#digest >>>= 0;
    const formerly = this.get(entry.address);
    this.#former.delete(entry.address);
    if (entry.holding === 'nothing') this.#entries.delete(entry.address);
    else this.#entries.set(entry.address, entry);
    return formerly === undefined
      ? entry.holding !== 'nothing'
      : entry.holding === 'nothing' || entryDigest(formerly) !== entryDigest(entry);
  }

  #dropFormer(): Iterable<IpAddress> {
    const dropped = this.#former.keys();
    if (this.#former.size > 0) this.#former = new Map();
    return dropped;
  }
}
