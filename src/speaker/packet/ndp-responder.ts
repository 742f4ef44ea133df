import {
  isMulticast,
  type NdpFrame,
  solicitedAdvertisement,
  solicitedNodeGroup,
  UNSPECIFIED_ADDRESS,
  unsolicitedAdvertisement,
} from '../../core/codec/ndp/index.ts';
import { type Ipv6, isGroupMac, type MacAddress, ZERO_MAC } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { LinkView } from './link-protocol.ts';

export type NdpDecision =
  | {
      readonly kind: 'reply';
      readonly frame: NdpFrame;
      /** MAC of who asked: a probe is answered to everybody, but it is one station that caused it. */
      readonly requester: MacAddress;
    }
  /** A foreign station claims an announced address. @see RFC 4862 §5.4.4 */
  | { readonly kind: 'conflict'; readonly address: Ipv6; readonly mac: MacAddress }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** What to do about a valid NDP message that came in. Pure. @see RFC 4861 §7.2.3, §7.2.4; RFC 4862 §5.4 */
export function decideNdp(frame: NdpFrame, view: LinkView): NdpDecision {
  const { message, source, sourceAddress } = frame;
  const sender = senderMac(frame) ?? source;
  // First of all: what comes back from a switch or an access point would else look like a conflict with ourselves.
  if (view.ownMacs.has(sender) || view.ownMacs.has(source)) return OWN_REFLECTION;
  if (sender === ZERO_MAC || isGroupMac(sender)) return BAD_SENDER_MAC;
  if (isMulticast(sourceAddress) || sourceAddress === LOOPBACK_ADDRESS) return BAD_SENDER_ADDRESS;
  if (message.kind === 'advertisement') {
    return view.owned.has(message.target) ? { kind: 'conflict', address: message.target, mac: sender } : NOT_A_REQUEST;
  }
  if (view.owned.has(sourceAddress)) return { kind: 'conflict', address: sourceAddress, mac: sender };
  if (!view.owned.has(message.target)) return NOT_OWNED;
  if (!isForTarget(frame)) return BAD_DESTINATION;
  const answer =
    sourceAddress === UNSPECIFIED_ADDRESS
      ? unsolicitedAdvertisement(view.mac, message.target)
      : solicitedAdvertisement(view.mac, message.target, sender, sourceAddress);
  return { kind: 'reply', frame: answer, requester: sender };
}

const OWN_REFLECTION: NdpDecision = { kind: 'drop', reason: 'own-reflection' };
const BAD_SENDER_MAC: NdpDecision = { kind: 'drop', reason: 'bad-sender-mac' };
const BAD_SENDER_ADDRESS: NdpDecision = { kind: 'drop', reason: 'bad-sender-address' };
const NOT_A_REQUEST: NdpDecision = { kind: 'drop', reason: 'not-a-request' };
const NOT_OWNED: NdpDecision = { kind: 'drop', reason: 'not-owned' };
const BAD_DESTINATION: NdpDecision = { kind: 'drop', reason: 'bad-destination' };

/** ::1. @see RFC 4291 §2.5.3 */
const LOOPBACK_ADDRESS = 1n;

/** The MAC that a message gives as that of its sender: unicast solicitations may leave it out. @see RFC 4861 §4.3, §4.4 */
function senderMac({ message }: NdpFrame): MacAddress | undefined {
  const kind = message.kind === 'solicitation' ? 'source-link-layer-address' : 'target-link-layer-address';
  for (const option of message.options) if (option.kind === kind) return option.mac;
  return undefined;
}

function isForTarget({ destinationAddress, message }: NdpFrame): boolean {
  return destinationAddress === message.target || destinationAddress === solicitedNodeGroup(message.target);
}
