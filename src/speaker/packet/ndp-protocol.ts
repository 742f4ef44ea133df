import {
  DecodeError,
  decodeNdpFrame,
  encodeNdpFrame,
  type NdpFrame,
  routerSeeding,
  routerSolicitedAs,
  unsolicitedAdvertisement,
} from '../../core/codec/ndp/index.ts';
import { NDP_ANNOUNCING } from '../../core/fsm/announcing/index.ts';
import { isIpv4 } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { LinkProtocol } from './link-protocol.ts';
import { decideNdp } from './ndp-responder.ts';

/** IPv6 on Ethernet. @see RFC 4861 */
export const NDP: LinkProtocol = {
  family: 'IPv6',
  frames: 'ndp',
  announcing: NDP_ANNOUNCING,
  judge(octets, view) {
    const frame = decoded(octets);
    if (typeof frame === 'string') return { kind: 'drop', reason: frame };
    const decision = decideNdp(frame, view);
    if (decision.kind !== 'reply') return decision;
    return {
      kind: 'reply',
      octets: encodeNdpFrame(decision.frame),
      requester: decision.requester,
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
};

function decoded(octets: Uint8Array): NdpFrame | DropReason {
  try {
    return decodeNdpFrame(octets);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code === 'truncated' || error.code === 'bad-checksum' ? error.code : 'malformed';
  }
}
