import type { Libc } from './libc.ts';
import { SOCKET_ADDRESS_BYTES } from './socket-address.ts';
import { IP_PKTINFO, IP_TTL, IPPROTO_IP, IPPROTO_IPV6 } from './socket-constants.ts';

const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;

const DATAGRAM_BYTES = 512;
const CONTROL_BYTES = 256;

/** struct msghdr and struct cmsghdr of 64-bit machines. @see recv(2), cmsg(3) */
const HEADER_BYTES = 56;
const CONTROL_HEADER_BYTES = 16;
const CONTROL_LENGTH_AT = 40;

/** Reads datagrams with what the kernel knows of their way: always into the same memory, which it owns. */
export class ReceivedMessage {
  readonly #libc: Libc;
  // On buffers of their own: the engine may move the octets of a small array that has none.
  readonly #octets = new Uint8Array(new ArrayBuffer(DATAGRAM_BYTES));
  readonly #name = new Uint8Array(new ArrayBuffer(SOCKET_ADDRESS_BYTES));
  readonly #control = new Uint8Array(new ArrayBuffer(CONTROL_BYTES));
  readonly #vector = new Uint8Array(new ArrayBuffer(16));
  readonly #header = new Uint8Array(new ArrayBuffer(HEADER_BYTES));

  constructor(libc: Libc) {
    this.#libc = libc;
    const vector = new DataView(this.#vector.buffer);
    vector.setBigUint64(0, libc.addressOf(this.#octets), true);
    vector.setBigUint64(8, BigInt(DATAGRAM_BYTES), true);
    const header = new DataView(this.#header.buffer);
    header.setBigUint64(0, libc.addressOf(this.#name), true);
    header.setBigUint64(16, libc.addressOf(this.#vector), true);
    header.setBigUint64(24, 1n, true);
    header.setBigUint64(32, libc.addressOf(this.#control), true);
  }

  /** The next datagram, valid until the next call; undefined when there is none. `from` is a socket address. */
  read(fd: number):
    | {
        readonly octets: Uint8Array;
        readonly from: Uint8Array;
        readonly hopLimit: number | undefined;
        readonly interfaceIndex: number;
      }
    | undefined {
    const header = new DataView(this.#header.buffer);
    header.setUint32(8, SOCKET_ADDRESS_BYTES, true);
    header.setBigUint64(CONTROL_LENGTH_AT, BigInt(CONTROL_BYTES), true);
    const length = this.#libc.recvmsg(fd, this.#header, 0);
    if (length < 0) return undefined;
    return { octets: this.#octets.subarray(0, length), from: this.#name, ...this.#way() };
  }

  #way(): { readonly hopLimit: number | undefined; readonly interfaceIndex: number } {
    const control = new DataView(this.#control.buffer);
    const end = Number(new DataView(this.#header.buffer).getBigUint64(CONTROL_LENGTH_AT, true));
    let hopLimit: number | undefined;
    let interfaceIndex = 0;
    for (let at = 0; at + CONTROL_HEADER_BYTES <= end; ) {
      const length = Number(control.getBigUint64(at, true));
      if (length < CONTROL_HEADER_BYTES) break;
      const kind = `${control.getInt32(at + 8, true)} ${control.getInt32(at + 12, true)}`;
      const value = at + CONTROL_HEADER_BYTES;
      if (kind === `${IPPROTO_IP} ${IP_TTL}` || kind === `${IPPROTO_IPV6} ${IPV6_HOPLIMIT}`)
        hopLimit = control.getInt32(value, true);
      if (kind === `${IPPROTO_IP} ${IP_PKTINFO}`) interfaceIndex = control.getInt32(value, true);
      if (kind === `${IPPROTO_IPV6} ${IPV6_PKTINFO}`) interfaceIndex = control.getInt32(value + 16, true);
      // CMSG_ALIGN
      at += (length + 7) & ~7;
    }
    return { hopLimit, interfaceIndex };
  }
}
