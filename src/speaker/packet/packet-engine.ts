import { formatIp, type IpAddress, isIpv4, type MacAddress } from '../../core/net/index.ts';
import type { Claim, ConflictSign, Epoch, Grant, InterfaceReport } from '../../ports/channel.ts';
import type { FrameSockets } from '../../ports/frames.ts';
import type { InterfaceWatch, NetworkInterface } from '../../ports/interfaces.ts';
import type { MulticastGroups } from '../../ports/multicast.ts';
import type { PacketCommand, PacketEvent, PacketPlane, PacketPlaneListener } from '../../ports/packet-plane.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { compareEpochs, ownsByGrant } from '../ownership.ts';
import type { EthernetInterface, LinkNews } from './announcing-link.ts';
import { ARP } from './arp-protocol.ts';
import { Counting } from './counting.ts';
import { announcesByDefault, canAnnounce, serves } from './eligible-interface.ts';
import { FamilyLinks, type FamilyLinksDependencies } from './family-links.ts';
import { NDP } from './ndp-protocol.ts';
import { RecentlyTold } from './recently-told.ts';
import type { Stance } from './stance.ts';

const COUNTERS_EVERY_MS = 1000;
const TELL_AGAIN_AFTER_MS = 10_000;
const TOLD_CAPACITY = 1024;
const RETRY_SOCKET_MS = 5000;

export interface PacketEngineOptions {
  readonly nodeName: string;
}

export interface PacketEngineDependencies {
  readonly sockets: FrameSockets;
  readonly groups: MulticastGroups;
  readonly interfaces: InterfaceWatch;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Answers and announces on all interfaces what the grants of this node say. */
export class PacketEngine implements PacketPlane {
  readonly #nodeName: string;
  readonly #with: PacketEngineDependencies;
  readonly #counting = new Counting();
  readonly #told = new RecentlyTold(TELL_AGAIN_AFTER_MS, TOLD_CAPACITY);
  /** BOUNDED: by what the controller grants this node; the speaker refuses more. */
  readonly #grants = new Map<IpAddress, Grant>();
  /** BOUNDED: by the grants. */
  readonly #claims = new Map<IpAddress, Epoch>();
  /** BOUNDED: one for each family. */
  readonly #families: readonly FamilyLinks[];
  #interfaces: readonly NetworkInterface[] = [];
  /** Of these, the ones that may announce something. BOUNDED: by the interfaces of the node. */
  #links: readonly EthernetInterface[] = [];
  /** BOUNDED: by the addresses of the node. */
  #heldByKernel: ReadonlySet<IpAddress> = new Set();
  #report = '';
  #listener: PacketPlaneListener | undefined;
  #countersTimer: Timer | undefined;
  #retryTimer: Timer | undefined;

  constructor(options: PacketEngineOptions, dependencies: PacketEngineDependencies) {
    this.#nodeName = options.nodeName;
    this.#with = dependencies;
    this.#families = [ARP, NDP].map((protocol) => new FamilyLinks(protocol, this.#linkDependencies()));
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
        moved: (index) => {
          for (const family of this.#families) family.announceAgain(index);
        },
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
    for (const family of this.#families) family.close();
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
    const macs = new Set(interfaces.flatMap(({ mac }) => (mac === undefined ? [] : [mac])));
    this.#heldByKernel = new Set(interfaces.flatMap(({ addresses }) => addresses));
    const able = new Map(interfaces.filter(isEthernet).map((link) => [link.index, link]));
    const node = { macs, peerMacs: NO_MACS, kernelAddresses: this.#heldByKernel };
    for (const family of this.#families) family.update(able, node);
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
    const inUse = this.#interfaces.filter(isEthernet).filter((link) => this.#isUsed(link));
    this.#links = [...new Set([...reported, ...inUse])];
    this.#tellInterfaces(reported.map(({ name, mac, running }) => ({ name, mac, up: running })));
  }

  /** Makes what each interface announces of these addresses what the grants say. */
  #assign(addresses: ReadonlySet<IpAddress>): void {
    for (const link of this.#links) {
      const stanceTo = (address: IpAddress): Stance | undefined => this.#stanceTo(address, link);
      for (const family of this.#families) family.assign(link, addresses, stanceTo);
    }
    this.#settle(addresses);
    this.#checkKernel(addresses);
  }

  #stanceTo(address: IpAddress, link: NetworkInterface): Stance | undefined {
    const grant = this.#grants.get(address);
    if (grant === undefined || !ownsByGrant(grant, this.#nodeName) || !serves(link, grant)) return undefined;
    return { kind: 'announce', probe: grant.probed !== true };
  }

  #isUsed({ index }: NetworkInterface): boolean {
    return this.#families.some((family) => family.uses(index));
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
        claimed.push({ address, epoch, term: 0 });
      }
    }
    if (claimed.length + released.length > 0) this.#listener?.notice({ kind: 'claims', claimed, released });
  }

  #isAnnounced(address: IpAddress): boolean {
    return this.#families.some((family) => family.isAnnounced(address));
  }

  /**
   * An IPv4 address that the kernel holds as well is answered by every node's kernel, unless arp_ignore keeps them quiet. For
   * IPv6 it answers only on the interface that has the address.
   */
  #checkKernel(addresses: ReadonlySet<IpAddress>): void {
    const held = [...addresses].filter((address) => isIpv4(address) && this.#heldByKernel.has(address));
    if (held.length === 0) return;
    for (const { index, name } of this.#interfaces) {
      const both = held.filter((address) => this.#families.some((family) => family.answers(index, address)));
      if (both.length === 0) continue;
      const settings = this.#with.interfaces.arpSettings(name);
      if (settings === undefined || (settings.arpIgnore >= 1 && settings.arpAnnounce >= 2)) continue;
      for (const address of both) this.#tell({ kind: 'kernel-answers', address, interface: name }, formatIp(address));
    }
  }

  #linkDependencies(): FamilyLinksDependencies {
    return {
      ...this.#with,
      counting: this.#counting,
      announced: (address) => this.#settle([address]),
      conflict: (news, name) => this.#conflict(news, name),
      groupsRefused: (name) => this.#tell({ kind: 'groups-refused', interface: name }, name),
      refused: (name, reason) => {
        this.#tell({ kind: 'interface-refused', interface: name, reason }, name);
        this.#retryTimer?.cancel();
        this.#retryTimer = this.#with.timers.start(RETRY_SOCKET_MS, () => this.#assign(new Set(this.#grants.keys())));
      },
    };
  }

  #conflict(news: LinkNews, name: string): void {
    const { address } = news;
    if (news.kind === 'over') {
      this.#listener?.notice({ kind: 'event', event: { kind: 'conflict-over', address, interface: name } });
      return;
    }
    const seen = CONFLICT_SIGNS[news.kind];
    const event: PacketEvent = { kind: 'conflict', address, mac: news.mac, interface: name, seen };
    // Conflicts over an address are told when they begin and end; these two go on and on.
    if (seen === 'own-mac' || seen === 'every-address') this.#tell(event, `${seen} ${news.mac}`);
    else this.#listener?.notice({ kind: 'event', event });
  }

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
    for (const family of this.#families) family.countOverruns();
    if (!this.#counting.empty) this.#listener?.notice({ kind: 'counters', counters: this.#counting.take() });
  }
}

const NO_MACS: ReadonlySet<MacAddress> = new Set();

const CONFLICT_SIGNS: Readonly<Record<Exclude<LinkNews['kind'], 'over'>, ConflictSign>> = {
  'in-use': 'answer',
  claimed: 'announcement',
  'duplicate-mac': 'own-mac',
  'answers-everything': 'every-address',
};

function isEthernet(link: NetworkInterface): link is EthernetInterface {
  return canAnnounce(link);
}
