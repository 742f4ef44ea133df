import { DecodeError, decodeArpFrame, directedRefresh, encodeArpFrame } from '../../core/codec/arp/index.ts';
import { decodeNdpFrame, encodeNdpFrame, routerSolicitedAs } from '../../core/codec/ndp/index.ts';
import {
  BROADCAST_MAC,
  familyOf,
  type IpAddress,
  isIpv4,
  type MacAddress,
  prefixContains,
} from '../../core/net/index.ts';
import type { Neighbour } from '../../ports/channel.ts';
import type { EchoSockets } from '../../ports/echo.ts';
import { type FrameProtocol, type FrameSocket, FrameSocketError, type FrameSockets } from '../../ports/frames.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { announcesByDefault, canAnnounce } from '../packet/eligible-interface.ts';

/** A socket that nobody asked through for this long is closed: it would wake the thread at each broadcast of the LAN. */
const KEEP_OPEN_MS = 2000;

export interface KernelProbeDependencies {
  readonly sockets: FrameSockets;
  readonly echoes: EchoSockets;
  readonly timers: Timers;
  /** MACs that a neighbour says are its own; empty while it has said nothing yet. */
  readonly macsOf: (nodeName: string) => ReadonlySet<MacAddress>;
  /** The kernel of a neighbour answered. */
  readonly answered: (nodeName: string) => void;
  readonly gatewayAnswered: () => void;
}

const EVERYBODY: ReadonlySet<MacAddress> = new Set();

/** An interface that can speak for this node on a link. */
type SpeakingLink = NetworkInterface & { readonly mac: MacAddress };

/**
 * Asks whether the kernel of a neighbour lives, without its speaker: by ARP or NDP where the neighbour is on a link, which no
 * firewall keeps away, else by ICMP echo through the routers between. A station that answers for everybody, as a proxy or a
 * switch does, answers for the dead too: only a MAC that the neighbour said itself proves its life, and only that one is asked.
 */
export class KernelProbe {
  readonly #dependencies: KernelProbeDependencies;
  /** Which node has an address. BOUNDED: by the neighbours, 32 with 2 addresses each. */
  #nodes = new Map<IpAddress, string>();
  /** By `<interface index> <protocol>`. BOUNDED: by the interfaces. */
  readonly #sockets = new Map<string, FrameSocket>();
  /** BOUNDED: by the interfaces of the node, 16 gateways of each family for each. */
  #gateways: ReadonlySet<IpAddress> = new Set();
  #links: readonly SpeakingLink[] = [];
  #idleTimer: Timer | undefined;

  constructor(dependencies: KernelProbeDependencies) {
    this.#dependencies = dependencies;
  }

  useNeighbours(neighbours: readonly Neighbour[]): void {
    this.#nodes = new Map(neighbours.flatMap(({ nodeName, addresses }) => addresses.map((each) => [each, nodeName])));
  }

  useInterfaces(interfaces: readonly NetworkInterface[]): void {
    this.#links = interfaces.filter((link) => isSpeaking(link));
    this.#gateways = new Set(interfaces.flatMap(({ gateways }) => gateways));
    // What was asked through an interface that is another one now would go nowhere.
    this.#closeSockets();
  }

  /** Asks once for each address of the node. */
  ask(nodeName: string): void {
    for (const [address, owner] of this.#nodes) {
      if (owner !== nodeName) continue;
      const link = this.#linkTo(address);
      if (link === undefined) this.#dependencies.echoes.ask(address, () => this.#heard(address));
      else this.#askOn(link, address, this.#macsOn(link, nodeName));
    }
  }

  askGateways(): void {
    for (const link of this.#links) for (const gateway of link.gateways) this.#askOn(link, gateway, EVERYBODY);
  }

  close(): void {
    this.#idleTimer?.cancel();
    this.#closeSockets();
    this.#dependencies.echoes.close();
  }

  /** The most specific of the links that an address is on. */
  #linkTo(address: IpAddress): SpeakingLink | undefined {
    let best: { readonly link: SpeakingLink; readonly length: number } | undefined;
    for (const link of this.#links) {
      for (const subnet of link.subnets) {
        if (prefixContains(subnet, address) && subnet.length > (best?.length ?? 0))
          best = { link, length: subnet.length };
      }
    }
    return best?.link;
  }

  /** Who can answer for a neighbour; empty = whoever does: hellos tell nothing of links on which nobody announces. */
  #macsOn(link: SpeakingLink, nodeName: string): ReadonlySet<MacAddress> {
    return announcesByDefault(link) ? this.#dependencies.macsOf(nodeName) : EVERYBODY;
  }

  /** @param macs who is asked; empty = everybody */
  #askOn(link: SpeakingLink, address: IpAddress, macs: ReadonlySet<MacAddress>): void {
    const socket = this.#socketOn(link, isIpv4(address) ? 'arp' : 'ndp');
    if (socket === undefined) return;
    for (const destination of macs.size === 0 ? [undefined] : macs) {
      const question = questionOf(link, address, destination);
      if (question !== undefined) socket.send(question);
    }
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#dependencies.timers.start(KEEP_OPEN_MS, () => this.#closeSockets());
  }

  #socketOn(link: SpeakingLink, protocol: FrameProtocol): FrameSocket | undefined {
    const key = `${link.index} ${protocol}`;
    const open = this.#sockets.get(key);
    if (open !== undefined) return open;
    try {
      const received = (frame: Uint8Array): void => this.#received(frame, link, protocol);
      const socket = this.#dependencies.sockets.open({ interfaceIndex: link.index, protocol, received });
      this.#sockets.set(key, socket);
      return socket;
    } catch (error) {
      if (!(error instanceof FrameSocketError)) throw error;
      return undefined;
    }
  }

  /** Whoever speaks as the address is alive, be it an answer or not. */
  #received(frame: Uint8Array, link: SpeakingLink, protocol: FrameProtocol): void {
    const sender = protocol === 'arp' ? arpSender(frame) : ndpSender(frame);
    if (sender === undefined || this.#links.some(({ mac }) => mac === sender.mac)) return;
    const nodeName = this.#nodes.get(sender.address);
    if (nodeName === undefined) {
      if (this.#gateways.has(sender.address)) this.#dependencies.gatewayAnswered();
      return;
    }
    const macs = this.#macsOn(link, nodeName);
    if (macs.size === 0 || macs.has(sender.mac)) this.#dependencies.answered(nodeName);
  }

  #heard(address: IpAddress): void {
    const nodeName = this.#nodes.get(address);
    if (nodeName !== undefined) this.#dependencies.answered(nodeName);
  }

  #closeSockets(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}

function isSpeaking(link: NetworkInterface): link is SpeakingLink {
  return canAnnounce(link) && link.running;
}

function questionOf(link: SpeakingLink, address: IpAddress, to: MacAddress | undefined): Uint8Array | undefined {
  const own = ownAddress(link, address);
  if (own === undefined) return undefined;
  if (isIpv4(address)) {
    if (!isIpv4(own)) return undefined;
    const request = directedRefresh(link.mac, own, address);
    return encodeArpFrame({ ...request, destination: to ?? BROADCAST_MAC });
  }
  if (isIpv4(own)) return undefined;
  const solicitation = routerSolicitedAs(link.mac, own, address);
  return encodeNdpFrame(
    to === undefined ? solicitation : { ...solicitation, destination: to, destinationAddress: address },
  );
}

/** Best one of the same subnet: a host with arp_ignore=2 answers nobody else. */
function ownAddress(link: SpeakingLink, address: IpAddress): IpAddress | undefined {
  const subnet = link.subnets.find((each) => prefixContains(each, address));
  const alike = link.addresses.filter((each) => familyOf(each) === familyOf(address));
  return alike.find((each) => subnet !== undefined && prefixContains(subnet, each)) ?? alike[0];
}

interface Sender {
  readonly address: IpAddress;
  readonly mac: MacAddress;
}

function arpSender(octets: Uint8Array): Sender | undefined {
  return decoded(() => {
    const { spa, sha } = decodeArpFrame(octets);
    return { address: spa, mac: sha };
  });
}

function ndpSender(octets: Uint8Array): Sender | undefined {
  return decoded(() => {
    const { sourceAddress, source, message } = decodeNdpFrame(octets);
    return { address: message.kind === 'advertisement' ? message.target : sourceAddress, mac: source };
  });
}

/** Malformed frames are counted where the same frames are judged as requests. */
function decoded(read: () => Sender): Sender | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}
