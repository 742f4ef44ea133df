import { familyOf, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import { FrameSocketError } from '../../ports/frames.ts';
import { AnnouncingLink, type AnnouncingLinkDependencies, type EthernetInterface } from './announcing-link.ts';
import type { LinkProtocol } from './link-protocol.ts';

export interface FamilyLinksDependencies extends AnnouncingLinkDependencies {
  /** No socket could be had on an interface. */
  readonly refused: (interfaceName: string, reason: string) => void;
}

/**
 * Where the addresses of one family are announced. A socket exists only where something is: on the other interfaces every
 * broadcast would wake us for nothing.
 */
export class FamilyLinks {
  readonly #protocol: LinkProtocol;
  readonly #with: FamilyLinksDependencies;
  /** By interface index. BOUNDED: by the interfaces of the node. */
  readonly #links = new Map<number, AnnouncingLink>();
  #ownMacs: ReadonlySet<MacAddress> = new Set();

  constructor(protocol: LinkProtocol, dependencies: FamilyLinksDependencies) {
    this.#protocol = protocol;
    this.#with = dependencies;
  }

  /** Whether anything is announced on an interface. */
  uses(interfaceIndex: number): boolean {
    return this.#links.has(interfaceIndex);
  }

  /** Whether an address is announced on an interface, should there be a carrier. */
  owns(interfaceIndex: number, address: IpAddress): boolean {
    return this.#links.get(interfaceIndex)?.owns(address) ?? false;
  }

  /** Whether an address is announced anywhere. */
  isAnnounced(address: IpAddress): boolean {
    for (const link of this.#links.values()) if (link.running && link.owns(address)) return true;
    return false;
  }

  /** The interfaces of now that can announce, by index. */
  update(interfaces: ReadonlyMap<number, EthernetInterface>, ownMacs: ReadonlySet<MacAddress>): void {
    this.#ownMacs = ownMacs;
    for (const [index, announcing] of this.#links) {
      const link = interfaces.get(index);
      if (link === undefined) this.#close(index, announcing);
      else announcing.update(link, ownMacs);
    }
  }

  /** Makes what an interface announces of these addresses just the wanted ones; those of the other family are left out. */
  assign(link: EthernetInterface, addresses: Iterable<IpAddress>, isWanted: (address: IpAddress) => boolean): void {
    const announcing = this.#links.get(link.index);
    const take: IpAddress[] = [];
    const lose: IpAddress[] = [];
    for (const address of addresses) {
      if (familyOf(address) !== this.#protocol.family) continue;
      const wanted = isWanted(address);
      if (wanted === (announcing?.owns(address) ?? false)) continue;
      (wanted ? take : lose).push(address);
    }
    if (lose.length > 0) announcing?.lose(lose);
    if (take.length > 0) (announcing ?? this.#open(link))?.take(take);
    if (announcing?.ownsNothing) this.#close(link.index, announcing);
  }

  announceAgain(interfaceIndex: number): void {
    this.#links.get(interfaceIndex)?.announceAgain();
  }

  countOverruns(): void {
    for (const announcing of this.#links.values()) announcing.countOverruns();
  }

  close(): void {
    for (const [index, announcing] of this.#links) this.#close(index, announcing);
  }

  #open(link: EthernetInterface): AnnouncingLink | undefined {
    try {
      const announcing = new AnnouncingLink({ link, ownMacs: this.#ownMacs, protocol: this.#protocol }, this.#with);
      this.#links.set(link.index, announcing);
      return announcing;
    } catch (error) {
      if (!(error instanceof FrameSocketError)) throw error;
      this.#with.refused(link.name, error.message);
      return undefined;
    }
  }

  #close(index: number, announcing: AnnouncingLink): void {
    announcing.close();
    this.#links.delete(index);
  }
}
