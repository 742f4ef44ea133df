import { type IpAddress, isIpv4, type Prefix } from '../../core/net/index.ts';
import { StreamError, type StreamSettings } from '../../ports/stream-connector.ts';
import { Errno, type Libc } from './libc.ts';
import { addressIn, int32, socketAddress } from './socket-address.ts';
import {
  AF_INET,
  AF_INET6,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  NETWORK_CONTROL,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from './socket-constants.ts';

const SOCK_STREAM = 1;
const SO_REUSEADDR = 2;
const IP_MINTTL = 21;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MD5SIG = 14;
const TCP_USER_TIMEOUT = 18;
const TCP_MD5SIG_EXT = 32;
const IPV6_MINHOPCOUNT = 73;

const MAX_HOP_LIMIT = 255;
const IPV6_NAME_LENGTH = 28;

/** struct tcp_md5sig. @see linux/tcp.h */
const MD5SIG_LENGTH = 216;
const MD5SIG_FLAG_PREFIX = 1;
const MAX_KEY_LENGTH = 80;

/** A TCP socket of the kernel that is not connected yet, with the options that BGP wants. @see tcp(7), ip(7), ipv6(7) */
export class TcpSocket {
  readonly fd: number;
  readonly #v4: boolean;
  readonly #libc: Libc;

  private constructor(fd: number, v4: boolean, libc: Libc) {
    this.fd = fd;
    this.#v4 = v4;
    this.#libc = libc;
  }

  /** @throws StreamError */
  static open(family: 'IPv4' | 'IPv6', libc: Libc): TcpSocket {
    const v4 = family === 'IPv4';
    const fd = libc.socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) throw new StreamError(`cannot open a TCP socket: error ${libc.errno()}`);
    return new TcpSocket(fd, v4, libc);
  }

  /** One that the kernel accepted. */
  static accepted(fd: number, remote: IpAddress, libc: Libc): TcpSocket {
    return new TcpSocket(fd, isIpv4(remote), libc);
  }

  /** Its own address, once it is connected. */
  get local(): IpAddress {
    const name = new Uint8Array(new ArrayBuffer(IPV6_NAME_LENGTH));
    this.#libc.getsockname(this.fd, name, int32(name.length));
    return addressIn(name).address;
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  apply({ hops, userTimeoutMs }: StreamSettings): void {
    this.#set(IPPROTO_TCP, TCP_NODELAY, 1);
    this.#set(IPPROTO_TCP, TCP_USER_TIMEOUT, userTimeoutMs);
    this.#set(this.#ipLevel, this.#v4 ? IP_TOS : IPV6_TCLASS, NETWORK_CONTROL);
    this.#set(this.#ipLevel, this.#v4 ? IP_TTL : IPV6_UNICAST_HOPS, hops.kind === 'ttl' ? hops.ttl : MAX_HOP_LIMIT);
    // Packets with less are dropped by the kernel; 0 lets all in.
    const least = hops.kind === 'security' ? MAX_HOP_LIMIT + 1 - hops.hops : 0;
    this.#set(this.#ipLevel, this.#v4 ? IP_MINTTL : IPV6_MINHOPCOUNT, least);
  }

  bindToDevice(name: string): void {
    const device = new TextEncoder().encode(`${name}\0`);
    if (this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_BINDTODEVICE, device, device.length) < 0)
      throw new StreamError(`cannot use the interface ${name}: error ${this.#libc.errno()}`);
  }

  bind(local: IpAddress, port: number, scope = 0): void {
    this.#bind(socketAddress(local, port, scope));
  }

  listen(port: number, backlog: number): void {
    this.#set(SOL_SOCKET, SO_REUSEADDR, 1);
    if (!this.#v4) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    // The kernel answers before anybody is asked: whoever wants TTL security would not hear an answer with another TTL.
    this.#set(this.#ipLevel, this.#v4 ? IP_TTL : IPV6_UNICAST_HOPS, MAX_HOP_LIMIT);
    const any = new Uint8Array(this.#v4 ? 16 : 28);
    const view = new DataView(any.buffer);
    view.setUint16(0, this.#v4 ? AF_INET : AF_INET6, true);
    view.setUint16(2, port);
    if (this.#libc.bind(this.fd, any, any.length) < 0 || this.#libc.listen(this.fd, backlog) < 0) {
      const errno = this.#libc.errno();
      if (errno === Errno.EADDRINUSE)
        throw new StreamError(
          `TCP port ${port} is taken by another program on this node (another BGP daemon?): let the node connect instead of waiting, or stop that program`,
        );
      if (errno === Errno.EACCES)
        throw new StreamError(`may not listen on TCP port ${port}: the capability NET_BIND_SERVICE is missing`);
      throw new StreamError(`the kernel refuses TCP port ${port}: error ${errno}`);
    }
  }

  /** For all of a block where it is no single address; no password takes the key off. @see RFC 2385 */
  setKey(from: Prefix, password: string | undefined): void {
    const key = new TextEncoder().encode(password ?? '');
    if (key.length > MAX_KEY_LENGTH)
      throw new StreamError(`the password has ${key.length} octets: TCP-MD5 takes at most ${MAX_KEY_LENGTH}`);
    const single = from.length === (this.#v4 ? 32 : 128);
    const request = new Uint8Array(MD5SIG_LENGTH);
    request.set(socketAddress(from.network, 0));
    const view = new DataView(request.buffer);
    view.setUint8(128, single ? 0 : MD5SIG_FLAG_PREFIX);
    view.setUint8(129, single ? 0 : from.length);
    view.setUint16(130, key.length, true);
    request.set(key, 136);
    const option = single ? TCP_MD5SIG : TCP_MD5SIG_EXT;
    if (this.#libc.setsockopt(this.fd, IPPROTO_TCP, option, request, request.length) >= 0) return;
    const errno = this.#libc.errno();
    // A key that is to go may never have been there.
    if (password === undefined && errno === Errno.ENOENT) return;
    throw new StreamError(
      errno === Errno.ENOPROTOOPT || errno === Errno.EINVAL
        ? 'this kernel has no TCP-MD5: take the password off the peer, or use a kernel with CONFIG_TCP_MD5SIG'
        : `the kernel refuses the password: error ${errno}`,
    );
  }

  get #ipLevel(): number {
    return this.#v4 ? IPPROTO_IP : IPPROTO_IPV6;
  }

  #bind(name: Uint8Array): void {
    if (this.#libc.bind(this.fd, name, name.length) >= 0) return;
    const errno = this.#libc.errno();
    throw new StreamError(
      errno === Errno.EADDRNOTAVAIL
        ? 'the source address is not on this node: correct sourceAddress, or leave it out'
        : `the kernel refuses the source address: error ${errno}`,
    );
  }

  #set(level: number, option: number, value: number): void {
    if (this.#libc.setsockopt(this.fd, level, option, int32(value), 4) < 0)
      throw new StreamError(`the kernel refuses the socket option ${level}/${option}: error ${this.#libc.errno()}`);
  }
}
