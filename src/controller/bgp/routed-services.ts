import type { IpAddress } from '../../core/net/index.ts';
import type { ServiceAnnouncement } from '../announcer/service-announcement.ts';

/** The Services that have addresses, and who shares which. */
export class RoutedServices {
  /** BOUNDED: by the Services that have an address, as is the next. */
  readonly #services = new Map<string, ServiceAnnouncement>();
  readonly #sharers = new Map<IpAddress, Set<string>>();

  get(serviceKey: string): ServiceAnnouncement | undefined {
    return this.#services.get(serviceKey);
  }

  get size(): number {
    return this.#services.size;
  }

  keys(): Iterable<string> {
    return this.#services.keys();
  }

  /** Keys of the Services that have the address. */
  sharersOf(address: IpAddress): readonly string[] {
    return [...(this.#sharers.get(address) ?? [])];
  }

  /** Undefined: it has no address any more. Returns every Service that had, or has, one of its addresses too, and itself. */
  set(serviceKey: string, service: ServiceAnnouncement | undefined): ReadonlySet<string> {
    const had = this.#services.get(serviceKey)?.addresses ?? [];
    const has = service?.addresses ?? [];
    const touched = new Set([serviceKey]);
    for (const { address } of had) {
      const sharers = this.#sharers.get(address);
      for (const sharer of sharers ?? []) touched.add(sharer);
      sharers?.delete(serviceKey);
      if (sharers?.size === 0) this.#sharers.delete(address);
    }
    for (const { address } of has) {
      const sharers = this.#sharers.get(address) ?? new Set();
      this.#sharers.set(address, sharers.add(serviceKey));
      for (const sharer of sharers) touched.add(sharer);
    }
    if (service === undefined) this.#services.delete(serviceKey);
    else this.#services.set(serviceKey, service);
    return touched;
  }
}
