import { type ArpFrame, decodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { decodeNdpFrame, type NdpFrame } from '../../src/core/codec/ndp/index.ts';
import {
  BROADCAST_MAC,
  formatIp,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  isGroupMac,
  type MacAddress,
  parseIp,
  parseMac,
} from '../../src/core/net/index.ts';
import {
  type FrameProtocol,
  type FrameSocket,
  FrameSocketError,
  type FrameSocketOptions,
  type FrameSockets,
  type PacketType,
  type SendOutcome,
} from '../../src/ports/frames.ts';
import type {
  ArpSettings,
  InterfaceWatch,
  InterfaceWatchListener,
  NetworkInterface,
} from '../../src/ports/interfaces.ts';
import type { GroupMembership, JoinOutcome, MulticastGroups } from '../../src/ports/multicast.ts';

/** A switch without cables: what one socket sends, every other one on it receives before `send` returns. */
export class FakeLan {
  readonly #sockets = new Set<FakeSocket>();
  /** Everything that was sent, oldest first. */
  readonly sent: Uint8Array[] = [];

  /** Sends a frame as a station without a socket. */
  inject(frame: Uint8Array): void {
    this.#deliver(frame, undefined);
  }

  /** What was sent since the last call, as ARP. */
  takeSent(): ArpFrame[] {
    return this.sent.splice(0).map(decodeArpFrame);
  }

  /** What was sent since the last call, as NDP. */
  takeSentNdp(): NdpFrame[] {
    return this.sent.splice(0).map(decodeNdpFrame);
  }

  plug(socket: FakeSocket): void {
    this.#sockets.add(socket);
  }

  unplug(socket: FakeSocket): void {
    this.#sockets.delete(socket);
  }

  transmit(frame: Uint8Array, sender: FakeSocket): void {
    this.sent.push(frame);
    this.#deliver(frame, sender);
  }

  #deliver(frame: Uint8Array, sender: FakeSocket | undefined): void {
    for (const socket of [...this.#sockets]) if (socket !== sender && socket.hears(frame)) socket.receive(frame);
  }
}

/** A host on a FakeLan: its sockets and its interfaces. */
export class FakeHost implements FrameSockets, InterfaceWatch, MulticastGroups {
  readonly #lan: FakeLan;
  #listener: InterfaceWatchListener | undefined;
  #interfaces: readonly NetworkInterface[];
  /** Those for ARP, by interface. BOUNDED: by the sockets that the test opens. */
  readonly sockets = new Map<number, FakeSocket>();
  /** Those for NDP, by interface. BOUNDED: by the sockets that the test opens. */
  readonly ndpSockets = new Map<number, FakeSocket>();
  /** `<interface index> <group>`, in the order in which they were joined. BOUNDED: by the groups that the test joins. */
  readonly groups = new Set<string>();
  /** What joining a group answers. */
  joinOutcome: JoinOutcome = 'joined';
  /** What opening a socket answers instead. */
  refusal: FrameSocketError | undefined;
  /** What sending answers. */
  sendOutcome: SendOutcome = 'sent';
  settings: ArpSettings | undefined;

  constructor(lan: FakeLan, interfaces: readonly NetworkInterface[]) {
    this.#lan = lan;
    this.#interfaces = interfaces;
  }

  open(options: FrameSocketOptions): FrameSocket {
    if (this.refusal !== undefined) throw this.refusal;
    const link = this.#interfaces.find(({ index }) => index === options.interfaceIndex);
    if (link?.mac === undefined) throw new FrameSocketError('no-interface', 'the interface is gone');
    const socket = new FakeSocket(this.#lan, this, options, link.mac);
    this.socketsOf(options.protocol).set(options.interfaceIndex, socket);
    return socket;
  }

  probe(): void {
    if (this.refusal !== undefined) throw this.refusal;
  }

  socketsOf(protocol: FrameProtocol): Map<number, FakeSocket> {
    return protocol === 'arp' ? this.sockets : this.ndpSockets;
  }

  on(interfaceIndex: number): GroupMembership {
    const prefix = `${interfaceIndex} `;
    return {
      join: (group) => {
        this.groups.add(prefix + formatIp(group));
        return this.joinOutcome;
      },
      leave: (group) => void this.groups.delete(prefix + formatIp(group)),
      close: () => {
        for (const joined of this.groups) if (joined.startsWith(prefix)) this.groups.delete(joined);
      },
    };
  }

  start(listener: InterfaceWatchListener): void {
    this.#listener = listener;
    listener.changed(this.#interfaces);
  }

  arpSettings(): ArpSettings | undefined {
    return this.settings;
  }

  stop(): void {
    this.#listener = undefined;
  }

  /** The kernel tells a change. */
  change(interfaces: readonly NetworkInterface[]): void {
    this.#interfaces = interfaces;
    this.#listener?.changed(interfaces);
  }

  moved(index: number): void {
    this.#listener?.moved(index);
  }

  break(error: Error): void {
    this.#listener?.failed(error);
  }
}

export class FakeSocket implements FrameSocket {
  readonly #lan: FakeLan;
  readonly #host: FakeHost;
  readonly #options: FrameSocketOptions;
  readonly #mac: MacAddress;
  overruns = 0;
  /** Its interface is gone. */
  lost = false;
  #closed = false;

  constructor(lan: FakeLan, host: FakeHost, options: FrameSocketOptions, mac: MacAddress) {
    this.#lan = lan;
    this.#host = host;
    this.#options = options;
    this.#mac = mac;
    lan.plug(this);
  }

  send(frame: Uint8Array): SendOutcome {
    if (this.#closed) return 'gone';
    if (this.#host.sendOutcome === 'sent') this.#lan.transmit(frame, this);
    return this.#host.sendOutcome;
  }

  get bound(): boolean {
    return !this.#closed && !this.lost;
  }

  takeOverruns(): number {
    const { overruns } = this;
    this.overruns = 0;
    return overruns;
  }

  close(): void {
    this.#closed = true;
    this.#lan.unplug(this);
    this.#host.socketsOf(this.#options.protocol).delete(this.#options.interfaceIndex);
  }

  /** As the kernel sorts frames: by their EtherType. What has none, or another, is left to ARP, to try its decoder. */
  hears(frame: Uint8Array): boolean {
    const isIpv6 = frame[12] === 0x86 && frame[13] === 0xdd;
    return isIpv6 === (this.#options.protocol === 'ndp');
  }

  receive(frame: Uint8Array, packetType: PacketType = packetTypeOf(frame, this.#mac)): void {
    this.#options.received(frame, packetType);
  }
}

function packetTypeOf(frame: Uint8Array, mac: MacAddress): PacketType {
  let destination = 0;
  for (const octet of frame.subarray(0, 6)) destination = destination * 256 + octet;
  if (destination === BROADCAST_MAC) return 'broadcast';
  if (isGroupMac(destination as MacAddress)) return 'multicast';
  return destination === mac ? 'host' : 'other-host';
}

/** An interface on which everything is as it should be. */
export function ethernet(fields: Partial<NetworkInterface> & { readonly name: string }): NetworkInterface {
  return {
    index: 2,
    mac: mac('02:00:00:00:0a:01'),
    ethernet: true,
    wireless: false,
    loopback: false,
    noArp: false,
    up: true,
    running: true,
    addresses: [],
    subnets: [],
    gateways: [],
    ...fields,
  };
}

export function mac(text: string): MacAddress {
  const address = parseMac(text);
  if (address === undefined) throw new Error(`${text} is no MAC address`);
  return address;
}

export function address(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

export function v4(text: string): Ipv4 {
  return address(text) as Ipv4;
}

export function v6(text: string): Ipv6 {
  return address(text) as Ipv6;
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}

export function hex(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}
