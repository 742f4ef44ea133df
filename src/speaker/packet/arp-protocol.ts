import {
  type ArpFrame,
  arpAnnouncement,
  arpProbe,
  DecodeError,
  decodeArpFrame,
  directedRefresh,
  encodeArpFrame,
  gratuitousReply,
} from '../../core/codec/arp/index.ts';
import { ARP_ANNOUNCING } from '../../core/fsm/announcing/index.ts';
import { ARP_INQUIRY } from '../../core/fsm/inquiry/index.ts';
import { type AddressRange, ipv4FromValue, isIpv4, rangeOf, rangesOverlap } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import { decideArp } from './arp-responder.ts';
import type { LinkProtocol } from './link-protocol.ts';

/** 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24. @see RFC 5737 §3 */
const TEST_NET_1 = 0xc000_0200;
const TEST_NETS = [TEST_NET_1, 0xc633_6400, 0xcb00_7100];
const TEST_NET_HOSTS = 254;

/** IPv4 on Ethernet. @see RFC 826 */
export const ARP: LinkProtocol = {
  family: 'IPv4',
  frames: 'arp',
  announcing: ARP_ANNOUNCING,
  inquiry: ARP_INQUIRY,
  judge(octets, view) {
    const frame = decoded(octets);
    if (typeof frame === 'string') return { kind: 'drop', reason: frame };
    const decision = decideArp(frame, view);
    if (decision.kind !== 'reply') return decision;
    return {
      ...decision,
      target: frame.tpa,
      octets: encodeArpFrame(decision.frame),
      requester: frame.sha,
      mismatchedSource: frame.source !== frame.sha,
    };
  },
  announcement(mac, address) {
    if (!isIpv4(address)) return [];
    return [arpAnnouncement(mac, address), gratuitousReply(mac, address)].map(encodeArpFrame);
  },
  gatewayRefresh(mac, address, gateway) {
    if (!isIpv4(address) || !isIpv4(gateway)) return [];
    return [encodeArpFrame(directedRefresh(mac, address, gateway))];
  },
  // Both forms are one: to ask from an address of its own would make routers answer for others ("proxy ARP").
  question({ mac }, address) {
    return isIpv4(address) ? [encodeArpFrame(arpProbe(mac, address))] : [];
  },
  improbable(draw, subnets) {
    const ranges = subnets.map(rangeOf);
    const network =
      TEST_NETS.find((each) => !ranges.some((range) => rangesOverlap(range, testNet(each)))) ?? TEST_NET_1;
    return ipv4FromValue(network + 1 + Math.floor(draw * TEST_NET_HOSTS));
  },
};

function testNet(network: number): AddressRange {
  return { first: ipv4FromValue(network), last: ipv4FromValue(network + 255) };
}

function decoded(octets: Uint8Array): ArpFrame | DropReason {
  try {
    return decodeArpFrame(octets);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code === 'truncated' ? 'truncated' : 'malformed';
  }
}
