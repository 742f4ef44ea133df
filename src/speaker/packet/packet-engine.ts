import type { RestoredClaim } from '../../core/fsm/ownership/index.ts';
import { formatIp, type IpAddress, isIpv4, isStationMac } from '../../core/net/index.ts';
import type { ConflictSign, Grant, InterfaceReport } from '../../ports/channel.ts';
import type { DatagramSockets } from '../../ports/datagrams.ts';
import type { EchoSockets } from '../../ports/echo.ts';
import type { FrameSockets } from '../../ports/frames.ts';
import type { InterfaceWatch, NetworkInterface } from '../../ports/interfaces.ts';
import type { MulticastGroups } from '../../ports/multicast.ts';
import type { PacketCommand, PacketEvent, PacketPlane, PacketPlaneListener } from '../../ports/packet-plane.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { HelloCounting } from '../neighbours/hello-counting.ts';
import { Neighbourhood } from '../neighbours/neighbourhood.ts';
import { Announcements, type AnnouncementsOptions } from './announcements.ts';
import type { LinkNews } from './announcing-link.ts';
import { Counting } from './counting.ts';
import { announcesByDefault, canAnnounce, type EthernetInterface, isReported } from './eligible-interface.ts';
import { Holder } from './holder.ts';
import { RecentlyTold } from './recently-told.ts';
import { saidInterfaces } from './said-interfaces.ts';

const COUNTERS_EVERY_MS = 1000;
const TELL_AGAIN_AFTER_MS = 10_000;
const TOLD_CAPACITY = 1024;
const RETRY_SOCKET_MS = 5000;

export interface PacketEngineOptions extends AnnouncementsOptions {
  readonly nodeName: string;
  /** False where switches inspect ARP: an address is taken over from a neighbour whose speaker is silent; true by default. */
  readonly standIn?: boolean;
}

export interface PacketEngineDependencies {
  readonly sockets: FrameSockets;
  readonly datagrams: DatagramSockets;
  readonly echoes: EchoSockets;
  readonly groups: MulticastGroups;
  readonly interfaces: InterfaceWatch;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Holds, answers and announces on all interfaces what the grants of this node and its neighbours leave to it. */
export class PacketEngine implements PacketPlane {
  readonly #dependencies: PacketEngineDependencies;
  readonly #counting = new Counting();
  readonly #helloCounting = new HelloCounting();
  readonly #told = new RecentlyTold(TELL_AGAIN_AFTER_MS, TOLD_CAPACITY);
  readonly #announcements: Announcements;
  readonly #neighbourhood: Neighbourhood;
  #interfaces: readonly NetworkInterface[] = [];
  /** BOUNDED: by the addresses of the node. */
  #heldByKernel: ReadonlySet<IpAddress> = new Set();
  /** What the interfaces were at the last assignment. */
  #shape = '';
  #report = '';
  #listener: PacketPlaneListener | undefined;
  #countersTimer: Timer | undefined;
  #retryTimer: Timer | undefined;

  constructor({ nodeName, standIn = true, ...options }: PacketEngineOptions, dependencies: PacketEngineDependencies) {
    this.#dependencies = dependencies;
    this.#announcements = new Announcements(options, {
      ...dependencies,
      counting: this.#counting,
      settled: (claimed, released) => this.#listener?.notice({ kind: 'claims', claimed, released }),
      conflict: (news, name) => this.#conflict(news, name),
      groupsRefused: (name) => this.#tell({ kind: 'groups-refused', interface: name }, name),
      refused: (name, reason) => {
        this.#tell({ kind: 'interface-refused', interface: name, reason }, name);
        this.#assignLater();
      },
    });
    const holder = new Holder({
      ...dependencies,
      announcements: this.#announcements,
      assigned: (addresses) => this.#checkKernel(addresses),
      notice: (notice) => this.#listener?.notice(notice),
    });
    this.#neighbourhood = new Neighbourhood(
      { nodeName, standIn, incarnation: 1 + Math.floor(dependencies.random.next() * (2 ** 48 - 1)) },
      {
        ...dependencies,
        counting: this.#helloCounting,
        perform: (actions) => holder.perform(actions),
        seen: (neighbours) => this.#listener?.notice({ kind: 'neighbourhood', neighbours }),
        refused: (reason) => this.#tell({ kind: 'hellos-refused', reason }, reason),
      },
    );
  }

  async start(listener: PacketPlaneListener): Promise<void> {
    this.#dependencies.sockets.probe();
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      this.#dependencies.interfaces.start({
        changed: (interfaces) => {
          this.#interfacesChanged(interfaces);
          resolve();
        },
        moved: (index) => this.#announcements.announceAgain(index),
        failed: (error) => {
          reject(error);
          listener.failed(error);
        },
      });
    });
    this.#countLater();
  }

  command(command: PacketCommand): void {
    switch (command.kind) {
      case 'restore':
        this.#restore(command);
        break;
      case 'change':
        this.#grant(command.grants, command.revoked);
        break;
      case 'neighbours':
        this.#neighbourhood.useNeighbours(command.neighbours, command.ownAddresses);
        break;
      case 'hello-keys':
        this.#neighbourhood.useKeys(command.keys);
        return;
      case 'reclaim':
        this.#neighbourhood.reclaim(command.addresses);
        break;
      case 'probe':
        this.#announcements.survey(command.addresses, (results) =>
          this.#listener?.notice({ kind: 'probed', requestId: command.requestId, results }),
        );
        break;
      case 'leaving':
        this.#neighbourhood.leave();
        break;
      default:
        command satisfies never;
    }
    this.#neighbourhood.begin();
  }

  async stop(): Promise<void> {
    this.#dependencies.interfaces.stop();
    this.#countersTimer?.cancel();
    this.#retryTimer?.cancel();
    this.#neighbourhood.close();
    this.#announcements.close();
    this.#tellCounters();
    this.#listener = undefined;
  }

  #restore({ neighbours, ownAddresses, grants, claims }: Extract<PacketCommand, { kind: 'restore' }>): void {
    this.#neighbourhood.useNeighbours(neighbours, ownAddresses);
    this.#announcements.setGrants(grants, []);
    this.#announcements.restore(claims);
    this.#chooseLinks();
    const restored = claims.map(
      ({ address, epoch, term, rank }): RestoredClaim => ({ address, order: { epoch, term, rank } }),
    );
    this.#neighbourhood.restore(grants, restored);
  }

  #grant(granted: readonly Grant[], revoked: readonly IpAddress[]): void {
    // What is revoked is needed until the machine has let go of it.
    this.#setGrants(granted, []);
    this.#neighbourhood.grant(granted, revoked);
    this.#setGrants([], revoked);
  }

  /** Where an address is announced may change without a change of who owns it. */
  #setGrants(granted: readonly Grant[], revoked: readonly IpAddress[]): void {
    const touched = new Set([...revoked, ...granted.map(({ address }) => address)]);
    const namedBefore = this.#announcements.named(touched).size > 0;
    this.#announcements.setGrants(granted, revoked);
    if (namedBefore || this.#announcements.named(touched).size > 0) this.#chooseLinks();
    this.#announcements.assign(touched);
    this.#checkKernel(touched);
  }

  #interfacesChanged(interfaces: readonly NetworkInterface[]): void {
    this.#interfaces = interfaces;
    this.#heldByKernel = new Set(interfaces.flatMap(({ addresses }) => addresses));
    const macs = new Set(interfaces.flatMap(({ mac }) => (mac !== undefined && isStationMac(mac) ? [mac] : [])));
    const able = new Map(interfaces.filter(isEthernet).map((link) => [link.index, link]));
    const node = { ownMacs: macs, peerMacs: this.#neighbourhood.macs, kernelAddresses: this.#heldByKernel };
    this.#announcements.update(able, node);
    this.#chooseLinks();
  }

  /** A node may have hundreds of interfaces that lead to pods: only the others are looked at for each address. */
  #chooseLinks(): void {
    const named = this.#announcements.named();
    const able = this.#interfaces.filter(isEthernet);
    const announcing = able.filter((link) => announcesByDefault(link) || named.has(link.name));
    const links = [...new Set([...announcing, ...able.filter((link) => this.#announcements.isUsed(link))])];
    this.#announcements.useLinks(links);
    const granted = this.#announcements.addresses;
    const shape = links.map(({ index, name, running }) => `${index} ${name} ${running}`).join('\n');
    this.#tellInterfaces(able.filter((link) => isReported(link) || named.has(link.name)));
    if (shape !== this.#shape) this.#announcements.assign(granted);
    this.#shape = shape;
    this.#checkKernel(granted);
    this.#neighbourhood.useInterfaces(this.#interfaces, saidInterfaces(this.#interfaces, announcing, named));
  }

  /**
   * An IPv4 address that the kernel holds as well is answered by every node's kernel, unless arp_ignore keeps them quiet. For
   * IPv6 it answers only on the interface that has the address.
   */
  #checkKernel(addresses: Iterable<IpAddress>): void {
    const held = [...addresses].filter((address) => isIpv4(address) && this.#heldByKernel.has(address));
    if (held.length === 0) return;
    for (const { index, name } of this.#interfaces) {
      const both = held.filter((address) => this.#announcements.answers(index, address));
      if (both.length === 0) continue;
      const settings = this.#dependencies.interfaces.arpSettings(name);
      if (settings === undefined || (settings.arpIgnore >= 1 && settings.arpAnnounce >= 2)) continue;
      for (const address of both) this.#tell({ kind: 'kernel-answers', address, interface: name }, formatIp(address));
    }
  }

  #assignLater(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#dependencies.timers.start(RETRY_SOCKET_MS, () =>
      this.#announcements.assign(this.#announcements.addresses),
    );
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
    if (this.#told.tell(`${event.kind} ${subject}`, this.#dependencies.clock.nowMs()))
      this.#listener?.notice({ kind: 'event', event });
  }

  #tellInterfaces(links: readonly EthernetInterface[]): void {
    const interfaces = links.map(({ name, mac, running }): InterfaceReport => ({ name, mac, up: running }));
    const report = JSON.stringify(interfaces);
    if (report === this.#report) return;
    this.#report = report;
    this.#listener?.notice({ kind: 'interfaces', interfaces });
  }

  #countLater(): void {
    const dueMs = this.#dependencies.clock.nowMs() + COUNTERS_EVERY_MS;
    this.#countersTimer = this.#dependencies.timers.start(COUNTERS_EVERY_MS, () => {
      this.#counting.late(this.#dependencies.clock.nowMs() - dueMs);
      this.#tellCounters();
      this.#countLater();
    });
  }

  #tellCounters(): void {
    if (this.#announcements.check()) this.#announcements.assign(this.#announcements.addresses);
    if (this.#counting.empty && this.#helloCounting.empty) return;
    const counters = { ...this.#counting.take(), hellos: this.#helloCounting.take() };
    this.#listener?.notice({ kind: 'counters', counters });
  }
}

const CONFLICT_SIGNS: Readonly<Record<Exclude<LinkNews['kind'], 'over'>, ConflictSign>> = {
  'in-use': 'answer',
  claimed: 'announcement',
  'duplicate-mac': 'own-mac',
  'answers-everything': 'every-address',
};

function isEthernet(link: NetworkInterface): link is EthernetInterface {
  return canAnnounce(link);
}
