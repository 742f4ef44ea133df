import { familyOf, type IpAddress, type IpFamily, ipFromBytes, ipToBytes, isIpv4 } from '../../core/net/index.ts';
import type { EchoSockets } from '../../ports/echo.ts';
import type { Libc, ReadableWatch } from './libc.ts';
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from './socket-constants.ts';

/** What differs between ICMP and ICMPv6. @see RFC 792; RFC 4443 §4 */
interface EchoFamily {
  readonly domain: number;
  readonly protocol: number;
  readonly request: number;
  readonly reply: number;
  /** Where the message begins in what is read: raw IPv4 sockets give the header too. */
  messageAt(datagram: Uint8Array): number;
  readonly filter: { readonly level: number; readonly option: number; readonly value: Uint8Array };
}

const FAMILIES: Readonly<Record<IpFamily, EchoFamily>> = {
  IPv4: {
    domain: 2,
    protocol: 1,
    request: 8,
    reply: 0,
    messageAt: (datagram) => ((datagram[0] ?? 0) & 0x0f) * 4,
    // ICMP_FILTER: a bit for each type that is kept out.
    filter: { level: 255, option: 1, value: Uint8Array.from([0xfe, 0xff, 0xff, 0xff]) },
  },
  IPv6: {
    domain: 10,
    protocol: 58,
    request: 128,
    reply: 129,
    messageAt: () => 0,
    // ICMP6_FILTER: 256 bits, type 129 alone is let in.
    filter: { level: 58, option: 1, value: Uint8Array.from({ length: 32 }, (_, at) => (at === 16 ? 0xfd : 0xff)) },
  },
};

/** Asked about at the same time: as many as a node has neighbours, and their addresses. */
const MAX_ASKED = 64;
const DATAGRAM_BYTES = 256;
const DATAGRAMS_AT_ONCE = 64;

/** ICMP echo by raw sockets, which need the same capability as packet sockets. @see raw(7), icmp(7) */
export class IcmpEcho implements EchoSockets {
  readonly #libc: Libc;
  /** BOUNDED: one of each family. */
  readonly #sockets = new Map<IpFamily, EchoSocket>();
  /** BOUNDED: by MAX_ASKED; who was asked longest ago goes first. */
  readonly #asked = new Map<IpAddress, () => void>();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  ask(address: IpAddress, answered: () => void): void {
    this.#asked.delete(address);
    this.#asked.set(address, answered);
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MAX_ASKED && oldest !== undefined) this.#asked.delete(oldest);
    const family = familyOf(address);
    const socket = this.#sockets.get(family) ?? this.#open(family);
    socket?.send(address);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#asked.clear();
  }

  #open(family: IpFamily): EchoSocket | undefined {
    const { domain, protocol } = FAMILIES[family];
    const fd = this.#libc.socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0) return undefined;
    const socket = new EchoSocket({ fd, family }, this.#libc, (from) => this.#asked.get(from)?.());
    this.#sockets.set(family, socket);
    return socket;
  }
}

class EchoSocket {
  readonly #fd: number;
  readonly #family: EchoFamily;
  readonly #libc: Libc;
  readonly #replied: (from: IpAddress) => void;
  readonly #watch: ReadableWatch;
  readonly #buffer = new Uint8Array(DATAGRAM_BYTES);
  readonly #from = new Uint8Array(28);
  readonly #fromLength = Uint8Array.from([28, 0, 0, 0]);
  #sequence = 0;
  #closed = false;

  constructor(
    { fd, family }: { readonly fd: number; readonly family: IpFamily },
    libc: Libc,
    replied: (from: IpAddress) => void,
  ) {
    this.#fd = fd;
    this.#family = FAMILIES[family];
    this.#libc = libc;
    this.#replied = replied;
    const { level, option, value } = this.#family.filter;
    libc.setsockopt(fd, level, option, value, value.length);
    this.#watch = libc.whenReadable(fd, () => this.#readAll());
  }

  send(to: IpAddress): void {
    this.#sequence = (this.#sequence + 1) % 0x1_0000;
    const message = new Uint8Array(8);
    const view = new DataView(message.buffer);
    view.setUint8(0, this.#family.request);
    view.setUint16(4, IDENTIFIER);
    view.setUint16(6, this.#sequence);
    // For ICMPv6 the kernel fills it in. @see RFC 3542 §3.1
    if (isIpv4(to)) view.setUint16(2, checksum(message));
    const name = socketAddress(to);
    this.#libc.sendto(this.#fd, message, message.length, 0, name, name.length);
  }

  close(): void {
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }

  #readAll(): void {
    for (let count = 0; count < DATAGRAMS_AT_ONCE && !this.#closed; count += 1) {
      this.#fromLength[0] = this.#from.length;
      const length = this.#libc.recvfrom(this.#fd, this.#buffer, DATAGRAM_BYTES, 0, this.#from, this.#fromLength);
      if (length < 0) return;
      const message = this.#buffer.subarray(this.#family.messageAt(this.#buffer), length);
      if (message[0] !== this.#family.reply || message.length < 8) continue;
      if (((message[4] ?? 0) << 8) + (message[5] ?? 0) === IDENTIFIER) this.#replied(senderOf(this.#from));
    }
  }
}

/** Tells replies to us from those to a `ping` of somebody else. */
const IDENTIFIER = process.pid & 0xffff;

function socketAddress(address: IpAddress): Uint8Array {
  const name = new Uint8Array(isIpv4(address) ? 16 : 28);
  name[0] = FAMILIES[familyOf(address)].domain;
  name.set(ipToBytes(address), isIpv4(address) ? 4 : 8);
  return name;
}

function senderOf(name: Uint8Array): IpAddress {
  return ipFromBytes(name[0] === FAMILIES.IPv4.domain ? name.subarray(4, 8) : name.subarray(8, 24));
}

/** @see RFC 1071 */
function checksum(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += ((octets[at] ?? 0) << 8) + (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
