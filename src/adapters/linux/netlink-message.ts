import {
  type IpAddress,
  ipFromBytes,
  isIpv4,
  type MacAddress,
  macFromBytes,
  type Prefix,
  prefixOf,
} from '../../core/net/index.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

/** Types of the messages that are asked for or understood. @see rtnetlink(7) */
export const NetlinkType = {
  error: 2,
  done: 3,
  newLink: 16,
  delLink: 17,
  getLink: 18,
  newAddress: 20,
  delAddress: 21,
  getAddress: 22,
  newRoute: 24,
  delRoute: 25,
  getRoute: 26,
} as const;

/** NLM_F_REQUEST | NLM_F_DUMP */
const DUMP_REQUEST = 0x0301;
const HEADER_LENGTH = 16;
const ATTRIBUTE_HEADER_LENGTH = 4;

const AF_UNSPEC = 0;

const IFINFOMSG_LENGTH = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFLA_EVENT = 44;
const ARPHRD_ETHER = 1;
const MAC_LENGTH = 6;

const IFADDRMSG_LENGTH = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;

const RTMSG_LENGTH = 12;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_MULTIPATH = 9;
const RTNEXTHOP_LENGTH = 8;
const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;

/** A link as one message describes it. @see linux/if_link.h */
export interface LinkMessage {
  readonly index: number;
  readonly name: string;
  /** IFF_ bits. */
  readonly flags: number;
  readonly ethernet: boolean;
  readonly mac?: MacAddress;
  readonly master?: number;
  /** IFLA_EVENT: why the kernel tells this. */
  readonly event?: number;
}

interface NextHop {
  readonly interfaceIndex: number;
  readonly gateway: IpAddress;
}

export type NetlinkMessage =
  | { readonly kind: 'link'; readonly link: LinkMessage }
  | { readonly kind: 'link-gone'; readonly index: number }
  | {
      readonly kind: 'address';
      readonly interfaceIndex: number;
      readonly address: IpAddress;
      /** What it says is on the link. */
      readonly subnet: Prefix;
      readonly gone: boolean;
    }
  /** Next hops of a unicast route of the main table of IPv4 or IPv6. */
  | { readonly kind: 'route'; readonly nextHops: readonly NextHop[]; readonly gone: boolean }
  | { readonly kind: 'done' }
  /** A negative errno, or 0 for an acknowledgement. */
  | { readonly kind: 'error'; readonly errno: number };

/** Asks for all objects of a kind, those of all families. */
export function dumpRequest(type: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + IFINFOMSG_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, DUMP_REQUEST, true);
  view.setUint32(8, sequence, true);
  return bytes;
}

/** The messages of one datagram that mean something here. A truncated tail is left out: the kernel sends none. */
export function decodeNetlink(datagram: Uint8Array): NetlinkMessage[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_LENGTH <= datagram.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_LENGTH || at + length > datagram.length) break;
    const body = datagram.subarray(at + HEADER_LENGTH, at + length);
    const message = decodeMessage(view.getUint16(at + 4, true), body);
    if (message !== undefined) messages.push(message);
    at += aligned(length);
  }
  return messages;
}

function decodeMessage(type: number, body: Uint8Array): NetlinkMessage | undefined {
  switch (type) {
    case NetlinkType.done:
      return { kind: 'done' };
    case NetlinkType.error:
      return body.length < 4 ? undefined : { kind: 'error', errno: viewOf(body).getInt32(0, true) };
    case NetlinkType.newLink:
    case NetlinkType.delLink:
      return body.length < IFINFOMSG_LENGTH ? undefined : decodeLink(body, type === NetlinkType.delLink);
    case NetlinkType.newAddress:
    case NetlinkType.delAddress:
      return body.length < IFADDRMSG_LENGTH ? undefined : decodeAddress(body, type === NetlinkType.delAddress);
    case NetlinkType.newRoute:
    case NetlinkType.delRoute:
      return body.length < RTMSG_LENGTH ? undefined : decodeRoute(body, type === NetlinkType.delRoute);
    default:
      return undefined;
  }
}

/** A port that leaves a bridge is told as the deletion of a link of family AF_BRIDGE: the interface itself is still there. */
function decodeLink(body: Uint8Array, gone: boolean): NetlinkMessage | undefined {
  const view = viewOf(body);
  if (view.getUint8(0) !== AF_UNSPEC) return undefined;
  const index = view.getInt32(4, true);
  if (gone) return { kind: 'link-gone', index };
  const attributes = attributesOf(body.subarray(IFINFOMSG_LENGTH));
  const name = attributes.get(IFLA_IFNAME);
  if (name === undefined) return undefined;
  const mac = attributes.get(IFLA_ADDRESS);
  const master = u32Of(attributes.get(IFLA_MASTER));
  const event = u32Of(attributes.get(IFLA_EVENT));
  return {
    kind: 'link',
    link: {
      index,
      name: new TextDecoder().decode(name).replace(/\0.*$/, ''),
      flags: view.getUint32(8, true),
      ethernet: view.getUint16(2, true) === ARPHRD_ETHER,
      ...(mac?.length === MAC_LENGTH ? { mac: macFromBytes(mac) } : {}),
      ...(master === undefined || master === 0 ? {} : { master }),
      ...(event === undefined ? {} : { event }),
    },
  };
}

/** On a point-to-point link IFA_ADDRESS is the far end; IFA_LOCAL is ours wherever there is one. */
function decodeAddress(body: Uint8Array, gone: boolean): NetlinkMessage | undefined {
  const attributes = attributesOf(body.subarray(IFADDRMSG_LENGTH));
  const octets = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  const farEnd = attributes.get(IFA_ADDRESS) ?? octets;
  if (octets?.length !== 4 && octets?.length !== 16) return undefined;
  const interfaceIndex = viewOf(body).getUint32(4, true);
  const address = ipFromBytes(octets);
  const length = Math.min(viewOf(body).getUint8(1), isIpv4(address) ? 32 : 128);
  const base = farEnd?.length === octets.length ? ipFromBytes(farEnd) : address;
  return { kind: 'address', interfaceIndex, address, subnet: prefixOf(base, length), gone };
}

function decodeRoute(body: Uint8Array, gone: boolean): NetlinkMessage | undefined {
  const [family, table, type] = [body[0], body[4], body[7]];
  if ((family !== AF_INET && family !== AF_INET6) || table !== RT_TABLE_MAIN || type !== RTN_UNICAST) return undefined;
  const attributes = attributesOf(body.subarray(RTMSG_LENGTH));
  const single = nextHop(u32Of(attributes.get(RTA_OIF)), attributes.get(RTA_GATEWAY));
  const nextHops = [...single, ...multipathOf(attributes.get(RTA_MULTIPATH) ?? new Uint8Array())];
  return nextHops.length === 0 ? undefined : { kind: 'route', nextHops, gone };
}

/** A list of struct rtnexthop, each with attributes of its own. */
function multipathOf(bytes: Uint8Array): NextHop[] {
  const nextHops: NextHop[] = [];
  const view = viewOf(bytes);
  for (let at = 0; at + RTNEXTHOP_LENGTH <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < RTNEXTHOP_LENGTH || at + length > bytes.length) break;
    const attributes = attributesOf(bytes.subarray(at + RTNEXTHOP_LENGTH, at + length));
    nextHops.push(...nextHop(view.getInt32(at + 4, true), attributes.get(RTA_GATEWAY)));
    at += aligned(length);
  }
  return nextHops;
}

function nextHop(interfaceIndex: number | undefined, gateway: Uint8Array | undefined): NextHop[] {
  if (interfaceIndex === undefined || (gateway?.length !== 4 && gateway?.length !== 16)) return [];
  return [{ interfaceIndex, gateway: ipFromBytes(gateway) }];
}

function attributesOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = 0; at + ATTRIBUTE_HEADER_LENGTH <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_LENGTH || at + length > bytes.length) break;
    // The two high bits say how the value is encoded.
    attributes.set(view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + ATTRIBUTE_HEADER_LENGTH, at + length));
    at += aligned(length);
  }
  return attributes;
}

function u32Of(bytes: Uint8Array | undefined): number | undefined {
  return bytes?.length === 4 ? viewOf(bytes).getUint32(0, true) : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Messages and attributes begin at multiples of four octets. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
