import { type AnnouncingConfig, ARP_ANNOUNCING } from '../../core/fsm/announcing/index.ts';
import { formatIp, type IpAddress, type Ipv4, isIpv4, type MacAddress } from '../../core/net/index.ts';
import type { Claim, Epoch, Grant, InterfaceReport } from '../../ports/channel.ts';
import { FrameSocketError, type FrameSockets } from '../../ports/frames.ts';
import type { InterfaceWatch, NetworkInterface } from '../../ports/interfaces.ts';
import type { PacketCommand, PacketEvent, PacketPlane, PacketPlaneListener } from '../../ports/packet-plane.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { compareEpochs, ownsByGrant } from '../ownership.ts';
import { ArpLink, type ArpLinkDependencies, type EthernetInterface } from './arp-link.ts';
import { Counting } from './counting.ts';
import { announcesByDefault, canAnnounce, serves } from './eligible-interface.ts';
import { RecentlyTold } from './recently-told.ts';

const COUNTERS_EVERY_MS = 1000;
const TELL_AGAIN_AFTER_MS = 10_000;
const TOLD_CAPACITY = 1024;
const RETRY_SOCKET_MS = 5000;

export interface PacketEngineOptions {
  readonly nodeName: string;
  /** Schedule of the announcements; by default that of ARP_ANNOUNCING. */
  readonly announcing?: AnnouncingConfig;
}

export interface PacketEngineDependencies {
  readonly sockets: FrameSockets;
  readonly interfaces: InterfaceWatch;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Answers and announces on all interfaces what the grants of this node say. */
export class PacketEngine implements PacketPlane {
  readonly #nodeName: string;
  readonly #announcing: AnnouncingConfig;
  readonly #with: PacketEngineDependencies;
  readonly #counting = new Counting();
  readonly #told = new RecentlyTold(TELL_AGAIN_AFTER_MS, TOLD_CAPACITY);
  /** BOUNDED: by what the controller grants this node; the speaker refuses more. */
  readonly #grants = new Map<IpAddress, Grant>();
  /** BOUNDED: by the grants. */
  readonly #claims = new Map<IpAddress, Epoch>();
  /** By interface index. BOUNDED: by the interfaces of the node. */
  readonly #arpLinks = new Map<number, ArpLink>();
  #interfaces: readonly NetworkInterface[] = [];
  /** Of these, the ones that may announce something. BOUNDED: by the interfaces of the node. */
  #links: readonly EthernetInterface[] = [];
  #ownMacs: ReadonlySet<MacAddress> = new Set();
  /** BOUNDED: by the addresses of the node. */
  #heldByKernel: ReadonlySet<IpAddress> = new Set();
  #report = '';
  #listener: PacketPlaneListener | undefined;
  #countersTimer: Timer | undefined;
  #retryTimer: Timer | undefined;

  constructor(options: PacketEngineOptions, dependencies: PacketEngineDependencies) {
    this.#nodeName = options.nodeName;
    this.#announcing = options.announcing ?? ARP_ANNOUNCING;
    this.#with = dependencies;
  }

  async start(listener: PacketPlaneListener): Promise<void> {
    this.#with.sockets.probe();
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      this.#with.interfaces.start({
        changed: (interfaces) => {
          this.#interfacesChanged(interfaces);
          resolve();
        },
        moved: (index) => this.#arpLinks.get(index)?.announceAgain(),
        failed: (error) => {
          reject(error);
          listener.failed(error);
        },
      });
    });
    this.#countLater();
  }

  command(command: PacketCommand): void {
    const revoked = command.kind === 'change' ? command.revoked : this.#missingFrom(command.grants);
    const touched = new Set([...revoked, ...command.grants.map(({ address }) => address)]);
    const namedBefore = this.#namesInterfaces(touched);
    for (const address of revoked) this.#grants.delete(address);
    for (const grant of command.grants) this.#grants.set(grant.address, grant);
    if (namedBefore || this.#namesInterfaces(touched)) this.#chooseLinks();
    this.#assign(touched);
  }

  async stop(): Promise<void> {
    this.#with.interfaces.stop();
    this.#countersTimer?.cancel();
    this.#retryTimer?.cancel();
    for (const [index, arpLink] of this.#arpLinks) this.#close(index, arpLink);
    this.#settle([...this.#claims.keys()]);
    this.#tellCounters();
    this.#listener = undefined;
  }

  #missingFrom(grants: readonly Grant[]): IpAddress[] {
    const granted = new Set(grants.map(({ address }) => address));
    return [...this.#grants.keys()].filter((address) => !granted.has(address));
  }

  #namesInterfaces(addresses: Iterable<IpAddress>): boolean {
    for (const address of addresses) if (this.#grants.get(address)?.interfaces !== undefined) return true;
    return false;
  }

  #interfacesChanged(interfaces: readonly NetworkInterface[]): void {
    this.#interfaces = interfaces;
    this.#ownMacs = new Set(interfaces.flatMap(({ mac }) => (mac === undefined ? [] : [mac])));
    this.#heldByKernel = new Set(interfaces.flatMap(({ addresses }) => addresses));
    const able = new Map(interfaces.filter(isEthernet).map((link) => [link.index, link]));
    for (const [index, arpLink] of this.#arpLinks) {
      const link = able.get(index);
      if (link === undefined) this.#close(index, arpLink);
      else arpLink.update(link, this.#ownMacs);
    }
    const before = this.#shape();
    this.#chooseLinks();
    const granted = new Set(this.#grants.keys());
    if (this.#shape() === before) this.#checkKernel(granted);
    else this.#assign(granted);
  }

  /** What decides where an address is announced. */
  #shape(): string {
    return this.#links.map(({ index, name, running }) => `${index} ${name} ${running}`).join('\n');
  }

  /** A node may have hundreds of interfaces that lead to pods: only the others are looked at for each address. */
  #chooseLinks(): void {
    const named = new Set([...this.#grants.values()].flatMap(({ interfaces }) => interfaces ?? []));
    const reported = this.#interfaces
      .filter(isEthernet)
      .filter((link) => announcesByDefault(link) || named.has(link.name));
    const inUse = this.#interfaces.filter(isEthernet).filter(({ index }) => this.#arpLinks.has(index));
    this.#links = [...new Set([...reported, ...inUse])];
    this.#tellInterfaces(reported.map(({ name, mac, running }) => ({ name, mac, up: running })));
  }

  /** Makes what each interface announces of these addresses what the grants say. */
  #assign(addresses: ReadonlySet<IpAddress>): void {
    for (const link of this.#links) {
      const arpLink = this.#arpLinks.get(link.index);
      const take: Ipv4[] = [];
      const lose: Ipv4[] = [];
      for (const address of addresses) {
        if (!isIpv4(address)) continue;
        const wanted = this.#isWanted(address, link);
        if (wanted === (arpLink?.owns(address) ?? false)) continue;
        (wanted ? take : lose).push(address);
      }
      if (lose.length > 0) arpLink?.lose(lose);
      if (take.length > 0) (arpLink ?? this.#open(link))?.take(take);
      if (arpLink?.ownsNothing) this.#close(link.index, arpLink);
    }
    this.#settle(addresses);
    this.#checkKernel(addresses);
  }

  #isWanted(address: IpAddress, link: NetworkInterface): boolean {
    const grant = this.#grants.get(address);
    return grant !== undefined && ownsByGrant(grant, this.#nodeName) && serves(link, grant);
  }

  /** A socket exists only where something is announced: on the other interfaces every broadcast would wake us for nothing. */
  #open(link: EthernetInterface): ArpLink | undefined {
    try {
      const arpLink = new ArpLink({ link, ownMacs: this.#ownMacs, announcing: this.#announcing }, {
        ...this.#with,
        counting: this.#counting,
        conflict: this.#conflict,
      } satisfies ArpLinkDependencies);
      this.#arpLinks.set(link.index, arpLink);
      return arpLink;
    } catch (error) {
      if (!(error instanceof FrameSocketError)) throw error;
      this.#tell({ kind: 'interface-refused', interface: link.name, reason: error.message }, link.name);
      this.#retryTimer?.cancel();
      this.#retryTimer = this.#with.timers.start(RETRY_SOCKET_MS, () => this.#assign(new Set(this.#grants.keys())));
      return undefined;
    }
  }

  #close(index: number, arpLink: ArpLink): void {
    arpLink.close();
    this.#arpLinks.delete(index);
  }

  /** Tells which of these addresses are announced now and were not, and the reverse. */
  #settle(addresses: Iterable<IpAddress>): void {
    const claimed: Claim[] = [];
    const released: IpAddress[] = [];
    for (const address of addresses) {
      const before = this.#claims.get(address);
      const epoch = this.#isAnnounced(address) ? this.#grants.get(address)?.epoch : undefined;
      if (epoch === undefined) {
        if (this.#claims.delete(address)) released.push(address);
      } else if (before === undefined || compareEpochs(before, epoch) !== 0) {
        this.#claims.set(address, epoch);
        claimed.push({ address, epoch });
      }
    }
    if (claimed.length + released.length > 0) this.#listener?.notice({ kind: 'claims', claimed, released });
  }

  #isAnnounced(address: IpAddress): boolean {
    if (!isIpv4(address)) return false;
    for (const arpLink of this.#arpLinks.values()) if (arpLink.running && arpLink.owns(address)) return true;
    return false;
  }

  /** An address that the kernel holds as well is answered by every node's kernel, unless arp_ignore keeps them quiet. */
  #checkKernel(addresses: ReadonlySet<IpAddress>): void {
    const held = [...addresses].filter((address) => isIpv4(address) && this.#heldByKernel.has(address)) as Ipv4[];
    if (held.length === 0) return;
    for (const { index, name } of this.#interfaces) {
      const both = held.filter((address) => this.#arpLinks.get(index)?.owns(address));
      if (both.length === 0) continue;
      const settings = this.#with.interfaces.arpSettings(name);
      if (settings === undefined || (settings.arpIgnore >= 1 && settings.arpAnnounce >= 2)) continue;
      for (const address of both) this.#tell({ kind: 'kernel-answers', address, interface: name }, formatIp(address));
    }
  }

  readonly #conflict = (address: Ipv4, mac: MacAddress, interfaceName: string): void => {
    this.#tell({ kind: 'conflict', address, mac, interface: interfaceName }, formatIp(address));
  };

  #tell(event: PacketEvent, subject: string): void {
    if (this.#told.tell(`${event.kind} ${subject}`, this.#with.clock.nowMs()))
      this.#listener?.notice({ kind: 'event', event });
  }

  #tellInterfaces(interfaces: readonly InterfaceReport[]): void {
    const report = JSON.stringify(interfaces);
    if (report === this.#report) return;
    this.#report = report;
    this.#listener?.notice({ kind: 'interfaces', interfaces });
  }

  #countLater(): void {
    this.#countersTimer = this.#with.timers.start(COUNTERS_EVERY_MS, () => {
      this.#tellCounters();
      this.#countLater();
    });
  }

  #tellCounters(): void {
    for (const link of this.#arpLinks.values()) link.countOverruns();
    if (!this.#counting.empty) this.#listener?.notice({ kind: 'counters', counters: this.#counting.take() });
  }
}

function isEthernet(link: NetworkInterface): link is EthernetInterface {
  return canAnnounce(link);
}
