import {
  type FrameProtocol,
  type FrameSocket,
  FrameSocketError,
  type FrameSocketOptions,
  type FrameSockets,
  type PacketType,
  type SendOutcome,
} from '../../ports/frames.ts';
import { arpFilter } from './arp-filter.ts';
import { Errno, type Libc, type ReadableWatch } from './libc.ts';
import { ndpFilter } from './ndp-filter.ts';
import {
  AF_PACKET,
  PACKET_ADD_MEMBERSHIP,
  SO_ATTACH_FILTER,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
} from './socket-constants.ts';

const SO_LOCK_FILTER = 44;
const PACKET_STATISTICS = 6;
const PACKET_MR_PROMISC = 1;
/** What the kernel hands to a socket of each protocol (ETH_P_ARP, ETH_P_IPV6), and what of that passes. */
const PROTOCOLS: Readonly<Record<FrameProtocol, { readonly etherType: number; readonly filter: () => Uint8Array }>> = {
  arp: { etherType: 0x0806, filter: arpFilter },
  ndp: { etherType: 0x86dd, filter: ndpFilter },
};

const RECEIVE_BUFFER_BYTES = 256 * 1024;
/** As long as the longest that a filter lets through of a frame. */
const FRAME_BYTES = 512;
/** Frames read before the thread looks at its timers and messages again. */
const FRAMES_AT_ONCE = 64;

/** struct sockaddr_ll. @see packet(7) */
const SOCKADDR_LL_LENGTH = 20;
const SLL_IFINDEX = 4;
const SLL_PKTTYPE = 10;
const PACKET_TYPES: readonly PacketType[] = ['host', 'broadcast', 'multicast', 'other-host', 'outgoing'];

const NO_PERMISSION =
  'may not open a packet socket: the capability NET_RAW is missing ' +
  '(in a pod: securityContext.capabilities.add: ["NET_RAW"]; by hand: run it as root)';

/** AF_PACKET sockets, read on the event loop of the thread that opened them. @see packet(7) */
export class PacketSockets implements FrameSockets {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  open(options: FrameSocketOptions): FrameSocket {
    const fd = openSocket(this.#libc);
    try {
      const { etherType, filter } = PROTOCOLS[options.protocol];
      attachFilter(this.#libc, fd, filter());
      this.#set(fd, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
      bindTo(this.#libc, fd, { etherType, interfaceIndex: options.interfaceIndex });
      if (options.promiscuous) hearEverything(this.#libc, fd, options.interfaceIndex);
      return new PacketSocket(fd, options, this.#libc);
    } catch (error) {
      this.#libc.close(fd);
      throw error;
    }
  }

  probe(): void {
    this.#libc.close(openSocket(this.#libc));
  }

  #set(fd: number, option: number, value: number): void {
    check(this.#libc, this.#libc.setsockopt(fd, SOL_SOCKET, option, int32(value), 4), 'setsockopt');
  }
}

class PacketSocket implements FrameSocket {
  readonly #fd: number;
  readonly #libc: Libc;
  readonly #received: FrameSocketOptions['received'];
  readonly #watch: ReadableWatch;
  readonly #buffer = new Uint8Array(FRAME_BYTES);
  readonly #from = new Uint8Array(SOCKADDR_LL_LENGTH);
  readonly #fromLength = int32(SOCKADDR_LL_LENGTH);
  readonly #statistics = new Uint8Array(8);
  readonly #interfaceIndex: number;
  readonly #name = new Uint8Array(SOCKADDR_LL_LENGTH);
  #closed = false;

  constructor(fd: number, options: FrameSocketOptions, libc: Libc) {
    this.#fd = fd;
    this.#libc = libc;
    this.#received = options.received;
    this.#interfaceIndex = options.interfaceIndex;
    this.#watch = libc.whenReadable(fd, () => this.#readAll());
  }

  send(frame: Uint8Array): SendOutcome {
    if (this.#closed) return 'gone';
    return this.#libc.send(this.#fd, frame, frame.length, 0) < 0 ? outcomeOf(this.#libc.errno()) : 'sent';
  }

  get bound(): boolean {
    if (this.#closed) return false;
    const named = this.#libc.getsockname(this.#fd, this.#name, int32(SOCKADDR_LL_LENGTH)) === 0;
    return !named || new DataView(this.#name.buffer).getInt32(SLL_IFINDEX, true) === this.#interfaceIndex;
  }

  takeOverruns(): number {
    if (this.#closed) return 0;
    const failed = this.#libc.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, this.#statistics, int32(8)) < 0;
    return failed ? 0 : new DataView(this.#statistics.buffer).getUint32(4, true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }

  #readAll(): void {
    for (let count = 0; count < FRAMES_AT_ONCE && !this.#closed; count += 1) {
      const length = this.#libc.recvfrom(this.#fd, this.#buffer, FRAME_BYTES, 0, this.#from, this.#fromLength);
      // Nothing left, or the interface went down: netlink tells, and reading has cleared the state.
      if (length < 0) return;
      const packetType = PACKET_TYPES[this.#from[SLL_PKTTYPE] ?? 0] ?? 'outgoing';
      this.#received(this.#buffer.subarray(0, length), packetType);
    }
  }
}

/** Protocol 0: nothing is queued before filter and interface are set; else frames of every interface would leak in. */
function openSocket(libc: Libc): number {
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0) return fd;
  const errno = libc.errno();
  if (errno === Errno.EPERM || errno === Errno.EACCES) throw new FrameSocketError('no-permission', NO_PERMISSION);
  throw new FrameSocketError('refused', `cannot open a packet socket: error ${errno}`);
}

/** Attached and locked, so that no later mistake can widen what the socket hears. */
function attachFilter(libc: Libc, fd: number, program: Uint8Array): void {
  const descriptor = new Uint8Array(16);
  const view = new DataView(descriptor.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, libc.addressOf(program), true);
  check(libc, libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, descriptor, 16), 'SO_ATTACH_FILTER');
  check(libc, libc.setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, int32(1), 4), 'SO_LOCK_FILTER');
}

function bindTo(libc: Libc, fd: number, to: { readonly etherType: number; readonly interfaceIndex: number }): void {
  const address = new Uint8Array(SOCKADDR_LL_LENGTH);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, to.etherType);
  view.setInt32(4, to.interfaceIndex, true);
  check(libc, libc.bind(fd, address, SOCKADDR_LL_LENGTH), 'bind');
}

/** struct packet_mreq; it ends with the socket. @see packet(7), PACKET_MR_PROMISC */
function hearEverything(libc: Libc, fd: number, interfaceIndex: number): void {
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, interfaceIndex, true);
  view.setUint16(4, PACKET_MR_PROMISC, true);
  check(libc, libc.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, request.length), 'PACKET_MR_PROMISC');
}

function check(libc: Libc, result: number, what: string): void {
  if (result >= 0) return;
  const errno = libc.errno();
  if (errno === Errno.ENODEV || errno === Errno.ENXIO)
    throw new FrameSocketError('no-interface', 'the interface is gone');
  throw new FrameSocketError('refused', `the kernel refused a packet socket (${what}: error ${errno})`);
}

function outcomeOf(errno: number): SendOutcome {
  switch (errno) {
    case Errno.ENOBUFS:
    case Errno.EAGAIN:
      return 'queue-full';
    case Errno.ENETDOWN:
      return 'link-down';
    case Errno.ENODEV:
    case Errno.ENXIO:
      return 'gone';
    default:
      return 'refused';
  }
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
