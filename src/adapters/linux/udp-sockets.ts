import { formatIp, type IpAddress, ipFromBytes, ipToBytes, ipv4FromValue, isIpv4 } from '../../core/net/index.ts';
import {
  type DatagramSocket,
  DatagramSocketError,
  type DatagramSocketOptions,
  type DatagramSockets,
} from '../../ports/datagrams.ts';
import type { SendOutcome } from '../../ports/frames.ts';
import { Errno, type Libc, type ReadableWatch } from './libc.ts';
import {
  AF_INET,
  AF_INET6,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_TCLASS,
  IPV6_V6ONLY,
  NETWORK_CONTROL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from './socket-constants.ts';

const IP_FREEBIND = 15;
const IPV6_FREEBIND = 78;

/** Longer than any datagram that is not fragmented on Ethernet: what is cut fails its authentication. */
const DATAGRAM_BYTES = 2048;
const REMEMBERED_NAMES = 64;
/** Datagrams read before the thread looks at its timers and messages again. */
const DATAGRAMS_AT_ONCE = 64;
/**
 * Between two reads of a socket that hears much. A thread that wakes for each datagram spends far more on waking than on reading:
 * with the hellos of 16 neighbours, two thirds of its time.
 */
const REST_MS = 20;
/** Two reads within so long are much. */
const BUSY_MS = 10;

/** UDP sockets, read on the event loop of the thread that opened them. @see udp(7) */
export class UdpSockets implements DatagramSockets {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  open(options: DatagramSocketOptions): DatagramSocket {
    const libc = this.#libc;
    const family = isIpv4(options.address) ? AF_INET : AF_INET6;
    const fd = libc.socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) throw new DatagramSocketError(`cannot open a UDP socket: error ${libc.errno()}`);
    const settings =
      family === AF_INET
        ? [[IPPROTO_IP, IP_FREEBIND, 1] as const, [IPPROTO_IP, IP_TOS, NETWORK_CONTROL] as const]
        : [
            [IPPROTO_IPV6, IPV6_V6ONLY, 1] as const,
            [IPPROTO_IPV6, IPV6_FREEBIND, 1] as const,
            [IPPROTO_IPV6, IPV6_TCLASS, NETWORK_CONTROL] as const,
          ];
    // A kernel that knows one of them not still sends.
    for (const [level, option, value] of settings) libc.setsockopt(fd, level, option, int32(value), 4);
    const name = socketAddress(options.address, options.port);
    if (libc.bind(fd, name, name.length) < 0) {
      const errno = libc.errno();
      libc.close(fd);
      throw new DatagramSocketError(refusalOf(errno, options));
    }
    return new UdpSocket(fd, options, libc);
  }
}

class UdpSocket implements DatagramSocket {
  readonly #fd: number;
  readonly #libc: Libc;
  readonly #port: number;
  readonly #received: DatagramSocketOptions['received'];
  readonly #watch: ReadableWatch;
  readonly #buffer = new Uint8Array(DATAGRAM_BYTES);
  readonly #from: Uint8Array;
  readonly #fromLength: Uint8Array;
  /** The same few neighbours are spoken to all the time. BOUNDED: REMEMBERED_NAMES. */
  readonly #names = new Map<IpAddress, Uint8Array>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(fd: number, options: DatagramSocketOptions, libc: Libc) {
    this.#fd = fd;
    this.#libc = libc;
    this.#port = options.port;
    this.#received = options.received;
    this.#from = new Uint8Array(socketAddress(options.address, 0).length);
    this.#fromLength = int32(this.#from.length);
    this.#watch = libc.whenReadable(fd, () => this.#readAndRest());
  }

  send(octets: Uint8Array, to: IpAddress): SendOutcome {
    if (this.#closed) return 'gone';
    const name = this.#nameOf(to);
    const sent = this.#libc.sendto(this.#fd, octets, octets.length, 0, name, name.length);
    return sent < 0 ? outcomeOf(this.#libc.errno()) : 'sent';
  }

  receive(): void {
    this.#readAll();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }

  #nameOf(to: IpAddress): Uint8Array {
    let name = this.#names.get(to);
    if (name !== undefined) return name;
    if (this.#names.size >= REMEMBERED_NAMES) this.#names.clear();
    name = socketAddress(to, this.#port);
    this.#names.set(to, name);
    return name;
  }

  #readAndRest(): void {
    const nowMs = performance.now();
    const read = this.#readAll();
    // A flood must not fill the socket's buffer: what is not read then may be a neighbour.
    if (read < DATAGRAMS_AT_ONCE && (read > 1 || nowMs - this.#readAtMs < BUSY_MS)) this.#watch.rest(REST_MS);
    this.#readAtMs = nowMs;
  }

  /** @returns how many */
  #readAll(): number {
    let count = 0;
    for (; count < DATAGRAMS_AT_ONCE && !this.#closed; count += 1) {
      const length = this.#libc.recvfrom(this.#fd, this.#buffer, DATAGRAM_BYTES, 0, this.#from, this.#fromLength);
      if (length < 0) return count;
      this.#received(this.#buffer.subarray(0, length), senderOf(this.#from));
    }
    return count;
  }
}

/** struct sockaddr_in or sockaddr_in6. @see ip(7), ipv6(7) */
function socketAddress(address: IpAddress, port: number): Uint8Array {
  const name = new Uint8Array(isIpv4(address) ? 16 : 28);
  const view = new DataView(name.buffer);
  view.setUint16(0, isIpv4(address) ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  if (isIpv4(address)) view.setUint32(4, address);
  else name.set(ipToBytes(address), 8);
  return name;
}

function senderOf(name: Uint8Array): IpAddress {
  if (name.length === 16) return ipv4FromValue(new DataView(name.buffer).getUint32(4));
  return ipFromBytes(name.subarray(8, 24));
}

function outcomeOf(errno: number): SendOutcome {
  switch (errno) {
    case Errno.EAGAIN:
    case Errno.ENOBUFS:
      return 'queue-full';
    case Errno.ENETDOWN:
    case Errno.ENETUNREACH:
    case Errno.EHOSTUNREACH:
      return 'link-down';
    default:
      return 'refused';
  }
}

function refusalOf(errno: number, { address, port }: DatagramSocketOptions): string {
  const where = `UDP port ${port} of ${formatIp(address)}`;
  if (errno === Errno.EADDRINUSE) return `${where} is taken by another program`;
  return `the kernel refuses ${where}: error ${errno}`;
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
