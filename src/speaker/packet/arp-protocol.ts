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
import { ARP_INQUIRY } from '../../core/fsm/conflict/index.ts';
import { ipv4FromValue, isIpv4 } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import { decideArp } from './arp-responder.ts';
import type { LinkProtocol } from './link-protocol.ts';

/** 192.0.2.0/24, "TEST-NET-1". @see RFC 5737 §3 */
const TEST_NET = 0xc000_0200;
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
  improbable(draw) {
    return ipv4FromValue(TEST_NET + 1 + Math.floor(draw * TEST_NET_HOSTS));
  },
};

function decoded(octets: Uint8Array): ArpFrame | DropReason {
  try {
    return decodeArpFrame(octets);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code === 'truncated' ? 'truncated' : 'malformed';
  }
}
