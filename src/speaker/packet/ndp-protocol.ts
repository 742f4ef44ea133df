import {
  DecodeError,
  decodeNdpFrame,
  encodeNdpFrame,
  type NdpFrame,
  routerSeeding,
  routerSolicitedAs,
  surveyingSolicitation,
  tentativeSolicitation,
  unsolicitedAdvertisement,
} from '../../core/codec/ndp/index.ts';
import { NDP_ANNOUNCING } from '../../core/fsm/announcing/index.ts';
import { NDP_INQUIRY } from '../../core/fsm/inquiry/index.ts';
import { ipv6FromValue, isIpv4, isLinkLocalIpv6 } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { LinkProtocol } from './link-protocol.ts';
import { decideNdp } from './ndp-responder.ts';

/** 2001:db8::/32. @see RFC 3849 §2 */
const DOCUMENTATION_PREFIX = 0x2001_0db8n << 96n;

/** IPv6 on Ethernet. @see RFC 4861 */
export const NDP: LinkProtocol = {
  family: 'IPv6',
  frames: 'ndp',
  announcing: NDP_ANNOUNCING,
  inquiry: NDP_INQUIRY,
  judge(octets, view) {
    const frame = decoded(octets);
    if (typeof frame === 'string') return { kind: 'drop', reason: frame };
    const decision = decideNdp(frame, view);
    if (decision.kind !== 'reply') return decision;
    return {
      ...decision,
      target: frame.message.target,
      octets: encodeNdpFrame(decision.frame),
      mismatchedSource: frame.source !== decision.requester,
    };
  },
  announcement(mac, address) {
    if (isIpv4(address)) return [];
    return [unsolicitedAdvertisement(mac, address), routerSeeding(mac, address)].map(encodeNdpFrame);
  },
  gatewayRefresh(mac, address, gateway) {
    if (isIpv4(address) || isIpv4(gateway)) return [];
    return [encodeNdpFrame(routerSolicitedAs(mac, address, gateway))];
  },
  question({ mac, addresses, nonce }, address, form) {
    if (isIpv4(address)) return [];
    const from = form === 'survey' ? addresses.find(isLinkLocalIpv6) : undefined;
    const frame =
      from === undefined ? tentativeSolicitation(mac, address, nonce) : surveyingSolicitation(mac, address, from);
    return [encodeNdpFrame(frame)];
  },
  improbable(draw) {
    return ipv6FromValue(DOCUMENTATION_PREFIX + BigInt(1 + Math.floor(draw * 2 ** 48)));
  },
};

function decoded(octets: Uint8Array): NdpFrame | DropReason {
  try {
    return decodeNdpFrame(octets);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code === 'truncated' || error.code === 'bad-checksum' ? error.code : 'malformed';
  }
}
