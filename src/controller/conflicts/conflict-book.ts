import type { IpAddress } from '../../core/net/index.ts';
import type { Conflict, Sighting } from './conflict.ts';

/** More are not remembered: a LAN where so many addresses are in use by others is told of enough. */
const ADDRESSES_MAX = 4096;
const SURVEY = 'survey';

interface Page {
  /** By node and interface, the latest last. BOUNDED: by the candidates of an address and their interfaces. */
  readonly sightings: Map<string, Sighting>;
  /** Since when surveys find nobody. */
  freeSinceMs: number | undefined;
}

/** Which addresses foreign stations have, by whose word. */
export class ConflictBook {
  /** BOUNDED: by ADDRESSES_MAX. */
  readonly #pages = new Map<IpAddress, Page>();

  has(address: IpAddress): boolean {
    return this.#pages.has(address);
  }

  addresses(): IterableIterator<IpAddress> {
    return this.#pages.keys();
  }

  /** The sighting that matters most: one of somebody who wants to announce the address, and of these the latest. */
  of(address: IpAddress): Conflict | undefined {
    const sightings = [...(this.#pages.get(address)?.sightings.values() ?? [])].reverse();
    const chosen = sightings.find(({ seen }) => seen !== 'survey') ?? sightings[0];
    return chosen === undefined ? undefined : { ...chosen, address };
  }

  /** @returns whether this is news: another station, or seen in another way than before */
  note(address: IpAddress, sighting: Sighting): boolean {
    const before = this.of(address);
    const page = this.#pages.get(address) ?? { sightings: new Map(), freeSinceMs: undefined };
    if (before === undefined && this.#pages.size >= ADDRESSES_MAX) return false;
    this.#pages.set(address, page);
    page.freeSinceMs = undefined;
    const key = sighting.seen === 'survey' ? SURVEY : witness(sighting);
    page.sightings.delete(key);
    page.sightings.set(key, sighting);
    const after = this.of(address);
    return before?.mac !== after?.mac || before?.seen !== after?.seen;
  }

  /** A node does not see it any more on an interface. @returns whether nobody does */
  withdraw(address: IpAddress, at: Pick<Sighting, 'node' | 'interface'>): boolean {
    const page = this.#pages.get(address);
    return page?.sightings.delete(witness(at)) === true && page.sightings.size === 0;
  }

  /**
   * What announcers did not repeat since then does not count any more: they are gone, or have no more to do with the address.
   * @returns the addresses that nobody sees with another now
   */
  expire(beforeMs: number): readonly IpAddress[] {
    const ended: IpAddress[] = [];
    for (const [address, { sightings }] of this.#pages) {
      const before = sightings.size;
      for (const [key, { atMs, seen }] of sightings) if (seen !== 'survey' && atMs < beforeMs) sightings.delete(key);
      if (sightings.size === 0 && before > 0) ended.push(address);
    }
    return ended;
  }

  /** A survey found nobody. @returns since when none has */
  foundFree(address: IpAddress, nowMs: number): number {
    const page = this.#pages.get(address);
    if (page === undefined) return nowMs;
    page.freeSinceMs ??= nowMs;
    return page.freeSinceMs;
  }

  forget(address: IpAddress): void {
    this.#pages.delete(address);
  }
}

function witness(at: Pick<Sighting, 'node' | 'interface'>): string {
  return `${at.node}/${at.interface}`;
}
