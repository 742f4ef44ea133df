import {
  type ArpFrame,
  arpAnnouncement,
  DecodeError,
  decodeArpFrame,
  directedRefresh,
  encodeArpFrame,
  gratuitousReply,
} from '../../core/codec/arp/index.ts';
import { ARP_ANNOUNCING } from '../../core/fsm/announcing/index.ts';
import { isIpv4 } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import { decideArp } from './arp-responder.ts';
import type { LinkProtocol } from './link-protocol.ts';

/** IPv4 on Ethernet. @see RFC 826 */
export const ARP: LinkProtocol = {
  family: 'IPv4',
  frames: 'arp',
  announcing: ARP_ANNOUNCING,
  judge(octets, view) {
    const frame = decoded(octets);
    if (typeof frame === 'string') return { kind: 'drop', reason: frame };
    const decision = decideArp(frame, view);
    if (decision.kind !== 'reply') return decision;
    return {
      kind: 'reply',
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
};

function decoded(octets: Uint8Array): ArpFrame | DropReason {
  try {
    return decodeArpFrame(octets);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code === 'truncated' ? 'truncated' : 'malformed';
  }
}
