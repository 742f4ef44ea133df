import { type Ipv6, ipToBytes } from '../../core/net/index.ts';
import type { GroupMembership, JoinOutcome, MulticastGroups } from '../../ports/multicast.ts';
import type { Libc } from './libc.ts';
import {
  AF_INET6,
  AF_PACKET,
  IPPROTO_IPV6,
  PACKET_ADD_MEMBERSHIP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_PACKET,
} from './socket-constants.ts';

const IPV6_JOIN_GROUP = 20;
const IPV6_LEAVE_GROUP = 21;
const PACKET_DROP_MEMBERSHIP = 2;
const PACKET_MR_MULTICAST = 0;
const MAC_LENGTH = 6;

/** The kernel gives one socket memory for about 2,300 (net.core.optmem_max). */
const GROUPS_PER_SOCKET = 2000;

/** Joins groups through sockets that receive nothing: the kernel does the MLD. @see ipv6(7), packet(7) */
export class KernelGroups implements MulticastGroups {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  on(interfaceIndex: number): GroupMembership {
    return new KernelMembership(interfaceIndex, this.#libc);
  }
}

/** A socket that is in groups. */
interface Holder {
  readonly fd: number;
  /** BOUNDED: GROUPS_PER_SOCKET, or by the caller's groups for the packet socket. */
  readonly groups: Set<Ipv6>;
}

class KernelMembership implements GroupMembership {
  readonly #interfaceIndex: number;
  readonly #libc: Libc;
  /** BOUNDED: by the groups joined, one for each 2,000. */
  readonly #holders: Holder[] = [];
  /** For the groups that the IPv6 of the interface does not take: it lets their frames in, at least. */
  #interfaceOnly: Holder | undefined;

  constructor(interfaceIndex: number, libc: Libc) {
    this.#interfaceIndex = interfaceIndex;
    this.#libc = libc;
  }

  join(group: Ipv6): JoinOutcome {
    const holder = this.#holderWithRoom();
    if (holder !== undefined && this.#setGroup(holder.fd, IPV6_JOIN_GROUP, group)) {
      holder.groups.add(group);
      return 'joined';
    }
    this.#interfaceOnly ??= this.#open(AF_PACKET, SOCK_RAW);
    if (this.#interfaceOnly === undefined) return 'refused';
    if (!this.#setFilter(this.#interfaceOnly.fd, PACKET_ADD_MEMBERSHIP, group)) return 'refused';
    this.#interfaceOnly.groups.add(group);
    return 'interface-only';
  }

  leave(group: Ipv6): void {
    if (this.#interfaceOnly?.groups.delete(group))
      this.#setFilter(this.#interfaceOnly.fd, PACKET_DROP_MEMBERSHIP, group);
    for (const { fd, groups } of this.#holders) if (groups.delete(group)) this.#setGroup(fd, IPV6_LEAVE_GROUP, group);
  }

  close(): void {
    for (const { fd } of this.#holders.splice(0)) this.#libc.close(fd);
    if (this.#interfaceOnly !== undefined) this.#libc.close(this.#interfaceOnly.fd);
    this.#interfaceOnly = undefined;
  }

  #holderWithRoom(): Holder | undefined {
    const roomy = this.#holders.find(({ groups }) => groups.size < GROUPS_PER_SOCKET);
    if (roomy !== undefined) return roomy;
    const opened = this.#open(AF_INET6, SOCK_DGRAM);
    if (opened !== undefined) this.#holders.push(opened);
    return opened;
  }

  /** Neither is bound, the packet socket is of no protocol: nothing arrives at them. */
  #open(family: number, type: number): Holder | undefined {
    const fd = this.#libc.socket(family, type | SOCK_CLOEXEC, 0);
    return fd < 0 ? undefined : { fd, groups: new Set() };
  }

  /** struct ipv6_mreq. @see RFC 3493 §5.2 */
  #setGroup(fd: number, option: number, group: Ipv6): boolean {
    const request = new Uint8Array(20);
    request.set(ipToBytes(group));
    new DataView(request.buffer).setInt32(16, this.#interfaceIndex, true);
    return this.#libc.setsockopt(fd, IPPROTO_IPV6, option, request, request.length) === 0;
  }

  /** struct packet_mreq with the MAC of the group, 33:33 and its last four octets. @see RFC 2464 §7 */
  #setFilter(fd: number, option: number, group: Ipv6): boolean {
    const request = new Uint8Array(16);
    const view = new DataView(request.buffer);
    view.setInt32(0, this.#interfaceIndex, true);
    view.setUint16(4, PACKET_MR_MULTICAST, true);
    view.setUint16(6, MAC_LENGTH, true);
    request.set([0x33, 0x33, ...ipToBytes(group).subarray(12)], 8);
    return this.#libc.setsockopt(fd, SOL_PACKET, option, request, request.length) === 0;
  }
}
