import { isIpv4 } from '../../core/net/index.ts';
import {
  type BfdDatagram,
  type BfdHops,
  type BfdListener,
  type BfdPath,
  type BfdSender,
  BfdSocketError,
  type BfdSockets,
} from '../../ports/bfd.ts';
import { singleHopFilter } from './bfd-filter.ts';
import { Errno, type Libc, type ReadableWatch } from './libc.ts';
import { ReceivedMessage } from './received-message.ts';
import { addressIn, int32, socketAddress } from './socket-address.ts';
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  NETWORK_CONTROL,
  SO_ATTACH_FILTER,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from './socket-constants.ts';

const IP_RECVTTL = 12;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;

/** @see RFC 5881 §4, RFC 5883 §5 */
const PORTS: Readonly<Record<BfdHops, number>> = { 'single-hop': 3784, multihop: 4784 };
const FIRST_SOURCE_PORT = 49_152;
const SOURCE_PORTS = 16_384;
const SOURCE_PORT_TRIES = 64;

const HOP_LIMIT = 255;
const DATAGRAMS_AT_ONCE = 64;

/** UDP sockets for BFD, read on the event loop of the thread that opened them. @see udp(7) */
export class LinuxBfdSockets implements BfdSockets {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  listen(hops: BfdHops, received: (datagram: BfdDatagram) => void): BfdListener {
    const sockets: ListeningSocket[] = [];
    const close = (): void => {
      for (const socket of sockets.splice(0)) socket.close();
    };
    try {
      sockets.push(this.#listenOn('IPv4', hops, received));
      // A node without IPv6 has no such socket: that is no reason to have none of IPv4.
      if (this.#hasIpv6()) sockets.push(this.#listenOn('IPv6', hops, received));
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  open(path: BfdPath): BfdSender {
    const libc = this.#libc;
    const scope = path.interface === undefined ? 0 : libc.interfaceIndex(path.interface);
    if (path.interface !== undefined && scope === 0)
      throw new BfdSocketError(`this node has no interface ${path.interface}`);
    const v4 = isIpv4(path.remote);
    const fd = this.#socket(v4 ? AF_INET : AF_INET6);
    try {
      const level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
      this.#set(fd, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, HOP_LIMIT);
      this.#set(fd, level, v4 ? IP_TOS : IPV6_TCLASS, NETWORK_CONTROL);
      if (path.interface !== undefined) this.#bindToDevice(fd, path.interface);
      this.#bindSource(fd, path, scope);
      return new SendingSocket(fd, socketAddress(path.remote, PORTS[hopsOf(path)], scope), libc);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  #listenOn(family: 'IPv4' | 'IPv6', hops: BfdHops, received: (datagram: BfdDatagram) => void): ListeningSocket {
    const fd = this.#socket(family === 'IPv4' ? AF_INET : AF_INET6);
    try {
      if (hops === 'single-hop') this.#attachFilter(fd, singleHopFilter(family));
      if (family === 'IPv4') {
        this.#set(fd, IPPROTO_IP, IP_RECVTTL, 1);
        this.#set(fd, IPPROTO_IP, IP_PKTINFO, 1);
      } else {
        this.#set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        this.#set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
        this.#set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      }
      const any = new Uint8Array(family === 'IPv4' ? 16 : 28);
      const view = new DataView(any.buffer);
      view.setUint16(0, family === 'IPv4' ? AF_INET : AF_INET6, true);
      view.setUint16(2, PORTS[hops]);
      this.#check(this.#libc.bind(fd, any, any.length), 'bind');
      return new ListeningSocket(fd, received, this.#libc);
    } catch (error) {
      const errno = this.#libc.errno();
      this.#libc.close(fd);
      if (errno === Errno.EADDRINUSE)
        throw new BfdSocketError(
          `UDP port ${PORTS[hops]} is taken by another program: is there another BFD daemon on this node?`,
        );
      throw error;
    }
  }

  /** A port of its own in the range of the RFC; not the kernel's choice, which may lie outside. @see RFC 5881 §4 */
  #bindSource(fd: number, { local, remote }: BfdPath, scope: number): void {
    const any = isIpv4(remote) ? 16 : 28;
    for (let tries = 0; tries < SOURCE_PORT_TRIES; tries += 1) {
      const port = FIRST_SOURCE_PORT + Math.floor(Math.random() * SOURCE_PORTS);
      const name = local === undefined ? new Uint8Array(any) : socketAddress(local, port, scope);
      const view = new DataView(name.buffer);
      view.setUint16(0, isIpv4(remote) ? AF_INET : AF_INET6, true);
      view.setUint16(2, port);
      if (this.#libc.bind(fd, name, name.length) === 0) return;
      const errno = this.#libc.errno();
      if (errno === Errno.EADDRNOTAVAIL) throw new BfdSocketError('the source address is not on this node');
      if (errno !== Errno.EADDRINUSE) throw new BfdSocketError(`the kernel refuses the source address: error ${errno}`);
    }
    throw new BfdSocketError('no free UDP source port from 49152 to 65535');
  }

  #hasIpv6(): boolean {
    const fd = this.#libc.socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) this.#libc.close(fd);
    return fd >= 0;
  }

  #socket(family: number): number {
    const fd = this.#libc.socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) throw new BfdSocketError(`cannot open a UDP socket: error ${this.#libc.errno()}`);
    return fd;
  }

  #attachFilter(fd: number, program: Uint8Array): void {
    const descriptor = new Uint8Array(16);
    const view = new DataView(descriptor.buffer);
    view.setUint16(0, program.length / 8, true);
    view.setBigUint64(8, this.#libc.addressOf(program), true);
    this.#check(this.#libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, descriptor, 16), 'SO_ATTACH_FILTER');
  }

  #bindToDevice(fd: number, name: string): void {
    const device = new TextEncoder().encode(`${name}\0`);
    this.#check(this.#libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, device.length), 'SO_BINDTODEVICE');
  }

  #set(fd: number, level: number, option: number, value: number): void {
    this.#check(this.#libc.setsockopt(fd, level, option, int32(value), 4), `socket option ${option}`);
  }

  #check(result: number, what: string): void {
    if (result < 0) throw new BfdSocketError(`the kernel refused a UDP socket (${what}: error ${this.#libc.errno()})`);
  }
}

class ListeningSocket {
  readonly #fd: number;
  readonly #libc: Libc;
  readonly #received: (datagram: BfdDatagram) => void;
  readonly #watch: ReadableWatch;
  readonly #message: ReceivedMessage;
  #closed = false;

  constructor(fd: number, received: (datagram: BfdDatagram) => void, libc: Libc) {
    this.#fd = fd;
    this.#libc = libc;
    this.#received = received;
    this.#message = new ReceivedMessage(libc);
    this.#watch = libc.whenReadable(fd, () => this.#readAll());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }

  #readAll(): void {
    for (let count = 0; count < DATAGRAMS_AT_ONCE && !this.#closed; count += 1) {
      const read = this.#message.read(this.#fd);
      if (read === undefined) return;
      const name = this.#libc.interfaceName(read.interfaceIndex);
      if (name === undefined || read.hopLimit === undefined) continue;
      const { address } = addressIn(read.from);
      this.#received({ octets: read.octets, from: address, interface: name, hopLimit: read.hopLimit });
    }
  }
}

class SendingSocket implements BfdSender {
  readonly #fd: number;
  readonly #to: Uint8Array;
  readonly #libc: Libc;
  #closed = false;

  constructor(fd: number, to: Uint8Array, libc: Libc) {
    this.#fd = fd;
    this.#to = to;
    this.#libc = libc;
  }

  send(octets: Uint8Array): boolean {
    if (this.#closed) return false;
    return this.#libc.sendto(this.#fd, octets, octets.length, 0, this.#to, this.#to.length) >= 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close(this.#fd);
  }
}

function hopsOf(path: BfdPath): BfdHops {
  return path.multihop === undefined ? 'single-hop' : 'multihop';
}
