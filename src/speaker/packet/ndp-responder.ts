import {
  isMulticast,
  type NdpFrame,
  sameOctets,
  solicitedAdvertisement,
  solicitedNodeGroup,
  UNSPECIFIED_ADDRESS,
  unsolicitedAdvertisement,
} from '../../core/codec/ndp/index.ts';
import { isStationMac, type MacAddress } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { LinkView, Sighting } from './link-protocol.ts';

export type NdpDecision =
  | {
      readonly kind: 'reply';
      readonly frame: NdpFrame;
      /** MAC of who asked: a probe is answered to everybody, but it is one station that caused it. */
      readonly requester: MacAddress;
      /** What the solicitation says of its sender. */
      readonly sighting?: Sighting;
    }
  | Sighting
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** What to do about a valid NDP message that came in. Pure. @see RFC 4861 §7.2.3, §7.2.4; RFC 4862 §5.4 */
export function decideNdp(frame: NdpFrame, view: LinkView): NdpDecision {
  const { message, source, sourceAddress } = frame;
  const sender = senderMac(frame) ?? source;
  // First of all: what comes back from a switch or an access point would else look like a conflict with ourselves.
  if (view.ownMacs.has(sender) || view.ownMacs.has(source)) return decideOwn(frame, sender, view);
  if (bears(frame, view.nonce)) return OWN_REFLECTION;
  if (!isStationMac(sender)) return BAD_SENDER_MAC;
  if (isMulticast(sourceAddress) || sourceAddress === LOOPBACK_ADDRESS) return BAD_SENDER_ADDRESS;
  const claimed = message.kind === 'advertisement' ? message.target : sourceAddress;
  const claim: Sighting = { kind: 'claim', address: claimed, mac: sender };
  if (view.macOf(claimed) !== undefined)
    return view.peerMacs.has(sender) && !view.asksAbout(claimed) ? PEER_CLAIM : claim;
  const sighting = view.asksAbout(claimed) ? claim : undefined;
  if (message.kind === 'advertisement') return sighting ?? NOT_A_REQUEST;
  const decision = decideSolicitation(frame, sender, view);
  if (sighting === undefined) return decision;
  return decision.kind === 'reply' ? { ...decision, sighting } : sighting;
}

function decideSolicitation(frame: NdpFrame, sender: MacAddress, view: LinkView): NdpDecision {
  const { sourceAddress } = frame;
  const { target } = frame.message;
  const isTentative = sourceAddress === UNSPECIFIED_ADDRESS;
  const mac = view.macOf(target);
  if (mac === undefined)
    return isTentative && view.asksAbout(target) ? { kind: 'rival', address: target, mac: sender } : NOT_OWNED;
  if (!isForTarget(frame)) return BAD_DESTINATION;
  const answer = isTentative
    ? unsolicitedAdvertisement(mac, target)
    : solicitedAdvertisement(mac, target, sender, sourceAddress);
  // Only the message names another node's MAC: with it as the Ethernet source, switches would look for that node here.
  return { kind: 'reply', frame: { ...answer, source: view.mac }, requester: sender };
}

/** A frame with a MAC of this node: its own that came back, unless it names an address that this node does not have. */
function decideOwn({ message, source, sourceAddress }: NdpFrame, sender: MacAddress, view: LinkView): NdpDecision {
  if (sender !== view.mac || source !== view.mac) return OWN_REFLECTION;
  const address = message.kind === 'advertisement' ? message.target : sourceAddress;
  if (address === UNSPECIFIED_ADDRESS || isMulticast(address)) return OWN_REFLECTION;
  if (view.kernelAddresses.has(address) || view.macOf(address) !== undefined) return OWN_REFLECTION;
  return { kind: 'duplicate-mac', address, mac: sender };
}

const OWN_REFLECTION: NdpDecision = { kind: 'drop', reason: 'own-reflection' };
const BAD_SENDER_MAC: NdpDecision = { kind: 'drop', reason: 'bad-sender-mac' };
const BAD_SENDER_ADDRESS: NdpDecision = { kind: 'drop', reason: 'bad-sender-address' };
const PEER_CLAIM: NdpDecision = { kind: 'drop', reason: 'peer-claim' };
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

/** The question came back by a bridge that gave it a MAC of its own. @see RFC 7527 §4.2 */
function bears({ message }: NdpFrame, nonce: Uint8Array): boolean {
  if (message.kind !== 'solicitation') return false;
  return message.options.some((option) => option.kind === 'nonce' && sameOctets(option.octets, nonce));
}

function isForTarget({ destinationAddress, message }: NdpFrame): boolean {
  return destinationAddress === message.target || destinationAddress === solicitedNodeGroup(message.target);
}
