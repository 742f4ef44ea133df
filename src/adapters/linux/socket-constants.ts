/**
 * Numbers of the kernel's interface that more than one kind of socket here needs, the same on every architecture that we run on.
 * Those of one kind stand beside it.
 * @see socket(2), socket(7), ip(7), ipv6(7), packet(7)
 */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x8_0000;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_V6ONLY = 26;
export const IPV6_TCLASS = 67;
export const SOL_PACKET = 263;
export const PACKET_ADD_MEMBERSHIP = 1;

/** Traffic class of what we send, class selector 6: what keeps a network together goes before what it carries. @see RFC 4594 §3.1 */
export const NETWORK_CONTROL = 0xc0;
