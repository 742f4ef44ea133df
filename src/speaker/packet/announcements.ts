import type { ClaimOrder, HelloInterface } from '../../core/codec/hello/index.ts';
import { type ClaimReason, compareEpochs } from '../../core/fsm/ownership/index.ts';
import { familyOf, type IpAddress, type IpFamily, type MacAddress } from '../../core/net/index.ts';
import type { Claim, Grant, ProbeResult } from '../../ports/channel.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { Clock } from '../../ports/time.ts';
import { ARP } from './arp-protocol.ts';
import { type EthernetInterface, serves } from './eligible-interface.ts';
import { FamilyLinks, type FamilyLinksDependencies } from './family-links.ts';
import { LanSurvey } from './lan-survey.ts';
import type { LinkProtocol, NodeIdentity } from './link-protocol.ts';
import { NDP } from './ndp-protocol.ts';
import type { Stance } from './stance.ts';

/** How this node holds an address. */
export type Holding =
  | {
      readonly kind: 'claim';
      readonly order: ClaimOrder;
      readonly reason: ClaimReason;
      readonly gapMs?: number;
      readonly sinceMs: number;
      /** The LAN is asked before the address is announced for the first time. @see RFC 5227 §2.1 */
      readonly probe: boolean;
    }
  /** Answers with the MACs of the owner. */
  | { readonly kind: 'stand-in'; readonly interfaces: readonly HelloInterface[] };

export interface AnnouncementsOptions {
  /** Pause between two announcements of an address that nothing happens to, in ms; 0 = none are sent; a minute by default. */
  readonly refreshIntervalMs?: number;
}

export interface AnnouncementsDependencies extends Omit<FamilyLinksDependencies, 'announced'> {
  readonly clock: Clock;
  /** What is announced now and was not, or by another claim than before, and what is not announced any more. */
  readonly settled: (claimed: readonly Claim[], released: readonly IpAddress[]) => void;
}

/** Makes what every interface answers and announces what this node holds. */
export class Announcements {
  readonly #dependencies: AnnouncementsDependencies;
  /** BOUNDED: by what the controller grants this node; the speaker refuses more. */
  readonly #grants = new Map<IpAddress, Grant>();
  /** BOUNDED: by the grants. */
  readonly #holdings = new Map<IpAddress, Holding>();
  /** What was told last. BOUNDED: by the grants. */
  readonly #claims = new Map<IpAddress, Claim>();
  readonly #families: Readonly<Record<IpFamily, FamilyLinks>>;
  readonly #survey: LanSurvey;
  #links: readonly EthernetInterface[] = [];

  constructor(options: AnnouncementsOptions, dependencies: AnnouncementsDependencies) {
    this.#dependencies = dependencies;
    const ofLinks = { ...dependencies, announced: (address: IpAddress) => this.#settle([address]) };
    const linksOf = (protocol: LinkProtocol): FamilyLinks => new FamilyLinks(refreshing(protocol, options), ofLinks);
    this.#families = { IPv4: linksOf(ARP), IPv6: linksOf(NDP) };
    this.#survey = new LanSurvey({ ...dependencies, families: this.#each() });
  }

  get addresses(): ReadonlySet<IpAddress> {
    return new Set(this.#grants.keys());
  }

  /** The names of interfaces that grants of these addresses name. */
  named(addresses: Iterable<IpAddress> = this.#grants.keys()): Set<string> {
    const names = new Set<string>();
    for (const address of addresses) for (const name of this.#grants.get(address)?.interfaces ?? []) names.add(name);
    return names;
  }

  setGrants(granted: readonly Grant[], revoked: readonly IpAddress[]): void {
    for (const address of revoked) this.#grants.delete(address);
    for (const grant of granted) this.#grants.set(grant.address, grant);
  }

  grantOf(address: IpAddress): Grant | undefined {
    return this.#grants.get(address);
  }

  /** Claims of the last process, which others believe until it is told otherwise. */
  restore(claims: readonly Claim[]): void {
    for (const { address, epoch, term } of claims) this.#claims.set(address, { address, epoch, term });
  }

  holdingOf(address: IpAddress): Holding | undefined {
    return this.#holdings.get(address);
  }

  /** Takes effect with the next `assign`. Undefined: neither announced nor answered. */
  hold(address: IpAddress, holding: Holding | undefined): void {
    if (holding === undefined) this.#holdings.delete(address);
    else this.#holdings.set(address, holding);
  }

  /** Interfaces that may announce something: the others are not looked at for each address. */
  useLinks(links: readonly EthernetInterface[]): void {
    this.#links = links;
  }

  /** All interfaces that can announce, by index, and what this node is known by. */
  update(able: ReadonlyMap<number, EthernetInterface>, node: NodeIdentity): void {
    for (const family of this.#each()) family.update(able, node);
  }

  /** Makes what each interface does about these addresses what is held of them. */
  assign(addresses: Iterable<IpAddress>): void {
    const touched = [...addresses];
    for (const link of this.#links) {
      const stanceTo = (address: IpAddress): Stance | undefined => this.#stanceTo(address, link);
      for (const family of this.#each()) family.assign(link, touched, stanceTo);
    }
    this.#settle(touched);
  }

  /** Announces once more. */
  refresh(addresses: readonly IpAddress[]): void {
    for (const family of this.#each()) family.refresh(addresses);
  }

  /** The path behind an interface moved. */
  announceAgain(interfaceIndex: number): void {
    for (const family of this.#each()) family.announceAgain(interfaceIndex);
  }

  /** Stops, or goes on with, announcing; answers are given as before. */
  hush(hushed: boolean): void {
    for (const family of this.#each()) family.hush(hushed);
  }

  /** Asks who has these addresses, which this node need not be granted. `done` is called once, within some seconds. */
  survey(addresses: readonly IpAddress[], done: (results: readonly ProbeResult[]) => void): void {
    this.#survey.ask(addresses, this.#links, done);
  }

  isUsed({ index }: NetworkInterface): boolean {
    return this.#each().some((family) => family.uses(index));
  }

  answers(interfaceIndex: number, address: IpAddress): boolean {
    return this.#families[familyOf(address)].answers(interfaceIndex, address);
  }

  /** Counts what the kernel threw away. @returns whether a socket has lost its interface */
  check(): boolean {
    const lost = this.#each().map((family) => family.check());
    return lost.includes(true);
  }

  close(): void {
    for (const family of this.#each()) family.close();
    this.#settle([...this.#claims.keys()]);
  }

  #each(): readonly FamilyLinks[] {
    return [this.#families.IPv4, this.#families.IPv6];
  }

  #stanceTo(address: IpAddress, link: EthernetInterface): Stance | undefined {
    const grant = this.#grants.get(address);
    const holding = this.#holdings.get(address);
    if (grant === undefined || holding === undefined || !serves(link, grant)) return undefined;
    if (holding.kind === 'claim') return { kind: 'announce', probe: holding.probe };
    const mac = ownersMac(holding.interfaces, link.name);
    return mac === undefined ? undefined : { kind: 'stand-in', mac };
  }

  /** Tells which of these addresses are announced now and were not, and the reverse. */
  #settle(addresses: Iterable<IpAddress>): void {
    const claimed: Claim[] = [];
    const released: IpAddress[] = [];
    for (const address of addresses) {
      const before = this.#claims.get(address);
      const claim = this.#claimOf(address);
      if (claim === undefined) {
        if (this.#claims.delete(address)) released.push(address);
      } else if (before === undefined || !sameClaim(before, claim)) {
        this.#claims.set(address, claim);
        claimed.push(claim);
      }
    }
    if (claimed.length + released.length > 0) this.#dependencies.settled(claimed, released);
  }

  #claimOf(address: IpAddress): Claim | undefined {
    const holding = this.#holdings.get(address);
    if (holding?.kind !== 'claim' || !this.#families[familyOf(address)].isAnnounced(address)) return undefined;
    const { order, reason, gapMs, sinceMs } = holding;
    return {
      address,
      epoch: order.epoch,
      term: order.term,
      reason,
      heldForMs: Math.round(this.#dependencies.clock.nowMs() - sinceMs),
      ...(gapMs === undefined ? {} : { gapMs }),
    };
  }
}

function refreshing(protocol: LinkProtocol, { refreshIntervalMs }: AnnouncementsOptions): LinkProtocol {
  if (refreshIntervalMs === undefined) return protocol;
  return { ...protocol, announcing: { ...protocol.announcing, refreshIntervalMs } };
}

function sameClaim(a: Claim, b: Claim): boolean {
  return compareEpochs(a.epoch, b.epoch) === 0 && a.term === b.term;
}

/**
 * The MAC of the owner on the same LAN as one of our interfaces: that of its interface of the same name, else of the first one
 * that is up. Nodes of one kind name them alike; most have but one.
 */
function ownersMac(interfaces: readonly HelloInterface[], name: string): MacAddress | undefined {
  const usable = interfaces.filter(({ up }) => up);
  return (usable.find((each) => each.name === name) ?? usable[0] ?? interfaces[0])?.mac;
}
