import { ECHO_WINDOW, entryDigest, type Hello, type HelloEntry } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';

/** More than any node holds. What is beyond is not kept, and the digests go on to differ. */
const MAX_ENTRIES = 65_536;

/** What one neighbour holds, as far as this node was told. */
export class Inbox {
  /** BOUNDED: 65,536. */
  #entries = new Map<IpAddress, HelloEntry>();
  /** What it held by an earlier exchange, until the present one is complete. BOUNDED: as the entries. */
  #former = new Map<IpAddress, HelloEntry>();
  /** Which hello last said something of an address, for as long as it can be overtaken. BOUNDED: by the entries of 32 hellos. */
  readonly #saidIn = new Map<IpAddress, number>();
  /** Of the entries. */
  #digest = 0;
  /** As the neighbour said last. */
  #wanted = 0;
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
    if (exchangeOf(hello) !== this.#exchange) this.#begin(exchangeOf(hello));
    for (const entry of hello.entries) {
      this.#noteSaid(entry.address, hello.sequence);
      if (this.#put(entry)) changed.add(entry.address);
    }
    this.#wanted = hello.digest;
    this.#compare(nowMs);
    // A node that has just started has not said yet what it goes on with.
    if (this.#differsSinceMs === undefined && !hello.starting)
      for (const address of this.#dropFormer()) changed.add(address);
    return changed;
  }

  /** Takes in what a hello says that was overtaken, unless a newer one has said something else. */
  receiveOvertaken(hello: Hello, nowMs: number): ReadonlySet<IpAddress> {
    const changed = new Set<IpAddress>();
    if (exchangeOf(hello) !== this.#exchange) return changed;
    for (const entry of hello.entries) {
      if ((this.#saidIn.get(entry.address) ?? 0) > hello.sequence) continue;
      this.#noteSaid(entry.address, hello.sequence);
      if (this.#put(entry)) changed.add(entry.address);
    }
    this.#compare(nowMs);
    return changed;
  }

  #compare(nowMs: number): void {
    this.#differsSinceMs = this.#digest === this.#wanted ? undefined : (this.#differsSinceMs ?? nowMs);
  }

  #noteSaid(address: IpAddress, sequence: number): void {
    this.#saidIn.delete(address);
    this.#saidIn.set(address, sequence);
    for (const [oldest, saidIn] of this.#saidIn) {
      // An older hello is not believed any more.
      if (saidIn > sequence - ECHO_WINDOW) break;
      this.#saidIn.delete(oldest);
    }
  }

  #begin(exchange: string): void {
    this.#exchange = exchange;
    this.#former = new Map([...this.#former, ...this.#entries]);
    this.#entries = new Map();
    this.#saidIn.clear();
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

function exchangeOf({ incarnation, exchange }: Hello): string {
  return `${incarnation} ${exchange}`;
}
