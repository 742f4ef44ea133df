import { familyOf, type IpAddress, type IpFamily } from '../../core/net/index.ts';
import { FrameSocketError } from '../../ports/frames.ts';
import { AnnouncingLink, type AnnouncingLinkDependencies } from './announcing-link.ts';
import type { EthernetInterface } from './eligible-interface.ts';
import type { Findings } from './link-inquiry.ts';
import type { LinkProtocol, NodeIdentity } from './link-protocol.ts';
import { type Stance, sameStance } from './stance.ts';

type SurveyTold = (address: IpAddress, findings: Findings) => void;

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
  readonly #dependencies: FamilyLinksDependencies;
  /** By interface index. BOUNDED: by the interfaces of the node. */
  readonly #links = new Map<number, AnnouncingLink>();
  #hushed = false;
  #node: NodeIdentity = { ownMacs: new Set(), peerMacs: new Set(), kernelAddresses: new Set() };

  constructor(protocol: LinkProtocol, dependencies: FamilyLinksDependencies) {
    this.#protocol = protocol;
    this.#dependencies = dependencies;
  }

  get family(): IpFamily {
    return this.#protocol.family;
  }

  /** Whether there is anything to do on an interface. */
  uses(interfaceIndex: number): boolean {
    return this.#links.has(interfaceIndex);
  }

  /** Whether an address is answered on an interface, should there be a carrier. */
  answers(interfaceIndex: number, address: IpAddress): boolean {
    return this.#links.get(interfaceIndex)?.answers(address) ?? false;
  }

  /** Whether an address is announced anywhere as this node's own. */
  isAnnounced(address: IpAddress): boolean {
    for (const link of this.#links.values()) if (link.running && link.announces(address)) return true;
    return false;
  }

  /** The interfaces of now that can announce, by index, and what this node is known by. */
  update(interfaces: ReadonlyMap<number, EthernetInterface>, node: NodeIdentity): void {
    this.#node = node;
    for (const [index, announcing] of this.#links) {
      const link = interfaces.get(index);
      if (link === undefined) this.#close(index, announcing);
      else announcing.update(link, node);
    }
  }

  /** Makes the stances on an interface to these addresses the wanted ones; those of the other family are left out. */
  assign(
    link: EthernetInterface,
    addresses: Iterable<IpAddress>,
    stanceTo: (address: IpAddress) => Stance | undefined,
  ): void {
    const announcing = this.#links.get(link.index);
    const changes: (readonly [IpAddress, Stance | undefined])[] = [];
    let wanted = false;
    for (const address of addresses) {
      if (familyOf(address) !== this.#protocol.family) continue;
      const stance = stanceTo(address);
      if (sameStance(stance, announcing?.stanceTo(address))) continue;
      changes.push([address, stance]);
      wanted ||= stance !== undefined;
    }
    if (changes.length > 0) (wanted ? (announcing ?? this.#open(link)) : announcing)?.set(changes);
    if (announcing?.idle) this.#close(link.index, announcing);
  }

  /**
   * Asks who else has these addresses, of this family only, on the LAN of an interface with a carrier. `told` is called once
   * for each. @returns false when nobody can be asked
   */
  survey(link: EthernetInterface, addresses: readonly IpAddress[], told: SurveyTold): boolean {
    const announcing = this.#links.get(link.index) ?? this.#open(link);
    if (announcing === undefined) return false;
    announcing.survey(addresses, (address, findings) => {
      told(address, findings);
      if (announcing.idle && this.#links.get(link.index) === announcing) this.#close(link.index, announcing);
    });
    return true;
  }

  announceAgain(interfaceIndex: number): void {
    this.#links.get(interfaceIndex)?.announceAgain();
  }

  /** Announces these once more, wherever they are announced. */
  refresh(addresses: readonly IpAddress[]): void {
    for (const announcing of this.#links.values()) announcing.announceAgain(addresses);
  }

  /** Stops, or goes on with, announcing. */
  hush(hushed: boolean): void {
    this.#hushed = hushed;
    for (const announcing of this.#links.values()) announcing.hush(hushed);
  }

  /** Counts what the kernel threw away, and closes what has lost its interface. @returns whether there was such a one */
  check(): boolean {
    const lost = [...this.#links].filter(([, announcing]) => !announcing.bound);
    for (const [index, announcing] of lost) this.#close(index, announcing);
    for (const announcing of this.#links.values()) announcing.countOverruns();
    return lost.length > 0;
  }

  close(): void {
    for (const [index, announcing] of this.#links) this.#close(index, announcing);
  }

  #open(link: EthernetInterface): AnnouncingLink | undefined {
    try {
      const announcing = new AnnouncingLink({ link, node: this.#node, protocol: this.#protocol }, this.#dependencies);
      this.#links.set(link.index, announcing);
      if (this.#hushed) announcing.hush(true);
      return announcing;
    } catch (error) {
      if (!(error instanceof FrameSocketError)) throw error;
      this.#dependencies.refused(link.name, error.message);
      return undefined;
    }
  }

  #close(index: number, announcing: AnnouncingLink): void {
    announcing.close();
    this.#links.delete(index);
  }
}
