import { existsSync, readFileSync } from 'node:fs';
import { familyOf, type IpAddress, type Prefix } from '../../core/net/index.ts';
import type { ArpSettings, InterfaceWatch, InterfaceWatchListener, NetworkInterface } from '../../ports/interfaces.ts';
import { Errno, type Libc, type ReadableWatch } from './libc.ts';
import { decodeNetlink, dumpRequest, type LinkMessage, type NetlinkMessage, NetlinkType } from './netlink-message.ts';
import { SO_RCVBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET } from './socket-constants.ts';

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** The kernel fills at most 32 KiB at once. */
const DATAGRAM_BYTES = 64 * 1024;

/** RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE */
const GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;
const IFF_NOARP = 0x80;

/** IFLA_EVENT_BONDING_FAILOVER and IFLA_EVENT_NOTIFY_PEERS: the kernel announces only its own addresses then. */
const MOVED_EVENTS: readonly (number | undefined)[] = [3, 4];

/** On an interface, of each family. */
const MAX_GATEWAYS = 16;
/** Routes change in flocks: wait for the last. */
const ROUTES_SETTLE_MS = 1000;

/** In the order in which they are asked for at the start. */
const DUMPS = [NetlinkType.getLink, NetlinkType.getAddress, NetlinkType.getRoute];

/** The interfaces of this network namespace, live from rtnetlink, read on the event loop of the thread that started it. */
export class NetlinkInterfaces implements InterfaceWatch {
  readonly #libc: Libc;
  /** By index. BOUNDED: by the interfaces of the node. */
  readonly #links = new Map<number, LinkMessage>();
  /** By index. BOUNDED: by the interfaces of the node. */
  readonly #wireless = new Map<number, boolean>();
  /** By index: each address with what it says is on the link. BOUNDED: by the addresses of the node. */
  readonly #addresses = new Map<number, Map<IpAddress, Prefix>>();
  /** By index. BOUNDED: MAX_GATEWAYS for each interface and family. */
  #gateways = new Map<number, Set<IpAddress>>();
  #nextGateways = new Map<number, Set<IpAddress>>();
  /** Dumps still to be asked for; the first is under way. BOUNDED: by DUMPS and one more. */
  #dumps: number[] = [];
  #sequence = 0;
  #told = '';
  #fd = -1;
  #watch: ReadableWatch | undefined;
  #routesTimer: NodeJS.Timeout | undefined;
  #listener: InterfaceWatchListener | undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  start(listener: InterfaceWatchListener): void {
    this.#listener = listener;
    this.#fd = this.#libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (this.#fd < 0) throw new Error(`cannot ask the kernel for its interfaces: error ${this.#libc.errno()}`);
    const value = new Uint8Array(4);
    new DataView(value.buffer).setInt32(0, RECEIVE_BUFFER_BYTES, true);
    this.#libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, value, 4);
    const address = new Uint8Array(12);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(8, GROUPS, true);
    if (this.#libc.bind(this.#fd, address, address.length) < 0) {
      const errno = this.#libc.errno();
      this.stop();
      throw new Error(`cannot listen to interface changes: error ${errno}`);
    }
    const buffer = new Uint8Array(DATAGRAM_BYTES);
    this.#watch = this.#libc.whenReadable(this.#fd, () => this.#readAll(buffer));
    this.#askForAll();
  }

  arpSettings(interfaceName: string): ArpSettings | undefined {
    try {
      const stricter = (setting: string): number =>
        Math.max(
          ...['all', interfaceName].map((scope) =>
            Number(readFileSync(`/proc/sys/net/ipv4/conf/${scope}/${setting}`, 'utf8')),
          ),
        );
      return { arpIgnore: stricter('arp_ignore'), arpAnnounce: stricter('arp_announce') };
    } catch {
      return undefined;
    }
  }

  stop(): void {
    clearTimeout(this.#routesTimer);
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  #readAll(buffer: Uint8Array): void {
    while (this.#fd >= 0) {
      const length = this.#libc.recvfrom(this.#fd, buffer, buffer.length, 0, null, null);
      if (length < 0) {
        if (!this.#survives(this.#libc.errno())) return;
        continue;
      }
      for (const message of decodeNetlink(buffer.subarray(0, length))) this.#apply(message);
    }
    this.#tell();
  }

  /** @returns whether there may be more to read */
  #survives(errno: number): boolean {
    // Changes were lost because they came faster than they were read: begin anew.
    if (errno === Errno.ENOBUFS) {
      this.#askForAll();
      return true;
    }
    if (errno === Errno.EAGAIN) this.#tell();
    else this.#fail(`cannot read interface changes: error ${errno}`);
    return false;
  }

  #apply(message: NetlinkMessage): void {
    switch (message.kind) {
      case 'link':
        this.#links.set(message.link.index, message.link);
        if (MOVED_EVENTS.includes(message.link.event)) {
          this.#tell();
          this.#listener?.moved(message.link.index);
        }
        return;
      case 'link-gone':
        this.#links.delete(message.index);
        this.#wireless.delete(message.index);
        this.#addresses.delete(message.index);
        // Told at once: an interface that comes back under the same number is another one.
        this.#tell();
        return;
      case 'address':
        this.#applyAddress(message);
        return;
      case 'route':
        if (this.#dumps[0] === NetlinkType.getRoute && !message.gone) this.#collectGateways(message.nextHops);
        else this.#askForRoutesLater();
        return;
      case 'done':
        this.#dumped();
        return;
      case 'error':
        if (message.errno !== 0) this.#fail(`the kernel refused to list its interfaces: error ${-message.errno}`);
        return;
      default:
        message satisfies never;
    }
  }

  #applyAddress(message: Extract<NetlinkMessage, { kind: 'address' }>): void {
    const addresses = this.#addresses.get(message.interfaceIndex) ?? new Map<IpAddress, Prefix>();
    if (message.gone) addresses.delete(message.address);
    else addresses.set(message.address, message.subnet);
    this.#addresses.set(message.interfaceIndex, addresses);
  }

  #collectGateways(nextHops: readonly { readonly interfaceIndex: number; readonly gateway: IpAddress }[]): void {
    for (const { interfaceIndex, gateway } of nextHops) {
      const gateways = this.#nextGateways.get(interfaceIndex) ?? new Set();
      const alike = [...gateways].filter((other) => familyOf(other) === familyOf(gateway));
      if (alike.length < MAX_GATEWAYS) gateways.add(gateway);
      this.#nextGateways.set(interfaceIndex, gateways);
    }
  }

  #dumped(): void {
    if (this.#dumps.shift() === NetlinkType.getRoute) this.#gateways = this.#nextGateways;
    this.#askNext();
  }

  #askForAll(): void {
    const [underWay] = this.#dumps;
    this.#dumps = [...DUMPS];
    // While the kernel works at one dump for a socket it refuses another.
    if (underWay === undefined) this.#askNext();
    else this.#dumps.unshift(underWay);
  }

  #askForRoutesLater(): void {
    this.#routesTimer ??= setTimeout(() => {
      this.#routesTimer = undefined;
      // The dump under way may have passed the change; one that is waiting will not have.
      if (this.#dumps.lastIndexOf(NetlinkType.getRoute) > 0) return;
      if (this.#dumps.push(NetlinkType.getRoute) === 1) this.#askNext();
    }, ROUTES_SETTLE_MS);
  }

  #askNext(): void {
    const [type] = this.#dumps;
    if (type === undefined) return;
    if (type === NetlinkType.getLink) {
      this.#links.clear();
      this.#addresses.clear();
    }
    if (type === NetlinkType.getRoute) this.#nextGateways = new Map();
    this.#sequence += 1;
    const request = dumpRequest(type, this.#sequence);
    if (this.#libc.send(this.#fd, request, request.length, 0) < 0)
      this.#fail(`cannot ask the kernel for its interfaces: error ${this.#libc.errno()}`);
  }

  /** Tells all interfaces, unless nothing changed or not all are known yet. */
  #tell(): void {
    if (this.#dumps.some((type) => type !== NetlinkType.getRoute) || (this.#dumps.length > 0 && this.#told === ''))
      return;
    const interfaces = [...this.#links.values()].map((link) => this.#describe(link));
    const told = JSON.stringify(interfaces, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    if (told === this.#told) return;
    this.#told = told;
    this.#listener?.changed(interfaces);
  }

  #describe(link: LinkMessage): NetworkInterface {
    return {
      index: link.index,
      name: link.name,
      ethernet: link.ethernet,
      wireless: this.#isWireless(link),
      loopback: (link.flags & IFF_LOOPBACK) !== 0,
      noArp: (link.flags & IFF_NOARP) !== 0,
      up: (link.flags & IFF_UP) !== 0,
      running: (link.flags & IFF_RUNNING) !== 0,
      addresses: [...(this.#addresses.get(link.index)?.keys() ?? [])],
      subnets: [...(this.#addresses.get(link.index)?.values() ?? [])],
      gateways: [...(this.#gateways.get(link.index) ?? [])],
      ...(link.mac === undefined ? {} : { mac: link.mac }),
      ...(link.master === undefined ? {} : { master: link.master }),
    };
  }

  /** Asked once: a card does not change its kind. */
  #isWireless({ index, name }: LinkMessage): boolean {
    const wireless = this.#wireless.get(index) ?? existsSync(`/sys/class/net/${name}/phy80211`);
    this.#wireless.set(index, wireless);
    return wireless;
  }

  #fail(reason: string): void {
    this.stop();
    this.#listener?.failed(new Error(reason));
  }
}
