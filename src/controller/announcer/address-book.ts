import type { IpAddress } from '../../core/net/index.ts';
import type { AnnouncedAddress, Obstacle, ServiceAnnouncement } from './service-announcement.ts';

/** One Service's use of an address. */
export interface BookedUse {
  readonly serviceKey: string;
  readonly service: ServiceAnnouncement;
  readonly announced: AnnouncedAddress;
}

interface Page {
  /** By Service. */
  readonly uses: Map<string, BookedUse>;
  /** By node, with its reason. BOUNDED: by the candidates that were asked. */
  readonly refusals: Map<string, string>;
  obstacle: Obstacle | undefined;
}

const NO_REFUSALS: ReadonlyMap<string, string> = new Map();

/** Which Services use which addresses, and what is remembered of each address. */
export class AddressBook {
  /** BOUNDED: by the Services that were set, as are the next three. */
  readonly #services = new Map<string, ServiceAnnouncement>();
  readonly #pages = new Map<IpAddress, Page>();
  readonly #refused = new Set<IpAddress>();
  readonly #obstructed = new Set<IpAddress>();

  get size(): number {
    return this.#pages.size;
  }

  addresses(): readonly IpAddress[] {
    return [...this.#pages.keys()];
  }

  addressesOf(serviceKey: string): readonly IpAddress[] {
    return (this.#services.get(serviceKey)?.addresses ?? []).map(({ address }) => address);
  }

  /** How a Service uses its addresses. */
  usesBy(serviceKey: string): readonly BookedUse[] {
    return this.addressesOf(serviceKey).flatMap((address) => this.#pages.get(address)?.uses.get(serviceKey) ?? []);
  }

  usesOf(address: IpAddress): readonly BookedUse[] {
    return [...(this.#pages.get(address)?.uses.values() ?? [])];
  }

  /** Returns the addresses that it has, and those that it had. */
  set(serviceKey: string, service: ServiceAnnouncement): readonly IpAddress[] {
    const had = this.addressesOf(serviceKey);
    const has = service.addresses.map(({ address }) => address);
    this.#services.set(serviceKey, service);
    for (const address of had) if (!has.includes(address)) this.#erase(serviceKey, address);
    for (const announced of service.addresses) {
      const page = this.#pages.get(announced.address) ?? { uses: new Map(), refusals: new Map(), obstacle: undefined };
      page.uses.set(serviceKey, { serviceKey, service, announced });
      this.#pages.set(announced.address, page);
    }
    return [...new Set([...had, ...has])];
  }

  /** Returns the addresses that it had. */
  delete(serviceKey: string): readonly IpAddress[] {
    const had = this.addressesOf(serviceKey);
    this.#services.delete(serviceKey);
    for (const address of had) this.#erase(serviceKey, address);
    return had;
  }

  obstacleOf(address: IpAddress): Obstacle | undefined {
    return this.#pages.get(address)?.obstacle;
  }

  /** False when it was so already. */
  setObstacle(address: IpAddress, obstacle: Obstacle | undefined): boolean {
    const page = this.#pages.get(address);
    if (page === undefined || page.obstacle?.message === obstacle?.message) return false;
    page.obstacle = obstacle;
    if (obstacle === undefined) this.#obstructed.delete(address);
    else this.#obstructed.add(address);
    return true;
  }

  /** The addresses that have an obstacle. */
  obstructed(): readonly IpAddress[] {
    return [...this.#obstructed];
  }

  refusalsOf(address: IpAddress): ReadonlyMap<string, string> {
    return this.#pages.get(address)?.refusals ?? NO_REFUSALS;
  }

  /** False for an address that nobody uses. */
  refuse(address: IpAddress, nodeName: string, reason: string): boolean {
    const page = this.#pages.get(address);
    if (page === undefined) return false;
    page.refusals.set(nodeName, reason);
    this.#refused.add(address);
    return true;
  }

  /** What the node refused may go better now. Returns those addresses. */
  forgive(nodeName: string): readonly IpAddress[] {
    const addresses = [...this.#refused].filter((address) => this.#pages.get(address)?.refusals.delete(nodeName));
    for (const address of addresses) if (this.refusalsOf(address).size === 0) this.#refused.delete(address);
    return addresses;
  }

  #erase(serviceKey: string, address: IpAddress): void {
    const page = this.#pages.get(address);
    page?.uses.delete(serviceKey);
    if (page?.uses.size !== 0) return;
    this.#pages.delete(address);
    this.#refused.delete(address);
    this.#obstructed.delete(address);
  }
}
