import { type ArpFrame, ArpOperation, arpReply } from '../../core/codec/arp/index.ts';
import { type Ipv4, isStationMac } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { LinkView, Sighting } from './link-protocol.ts';

export type ArpDecision =
  | {
      readonly kind: 'reply';
      readonly frame: ArpFrame;
      /** What the request says of its sender. */
      readonly sighting?: Sighting;
    }
  | Sighting
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** What to do about an ARP frame that came in. Pure. @see RFC 826, "Packet Reception"; RFC 5227 §2.1.1, §2.4 */
export function decideArp(frame: ArpFrame, view: LinkView): ArpDecision {
  // First of all: what comes back from a switch or an access point would else look like a conflict with ourselves.
  if (view.ownMacs.has(frame.sha) || view.ownMacs.has(frame.source)) return decideOwn(frame, view);
  if (frame.op !== ArpOperation.request && frame.op !== ArpOperation.reply) return UNKNOWN_OPERATION;
  if (!isStationMac(frame.sha)) return BAD_SENDER_MAC;
  if (isUnusableSender(frame.spa)) return BAD_SENDER_ADDRESS;
  const claim: Sighting = { kind: 'claim', address: frame.spa, mac: frame.sha };
  if (view.macOf(frame.spa) !== undefined)
    return view.peerMacs.has(frame.sha) && !view.asksAbout(frame.spa) ? PEER_CLAIM : claim;
  const sighting = view.asksAbout(frame.spa) ? claim : undefined;
  if (frame.op === ArpOperation.reply) return sighting ?? NOT_A_REQUEST;
  const mac = view.macOf(frame.tpa);
  // Only the packet names another node's MAC: with it as the Ethernet source, switches would look for that node here.
  if (mac !== undefined)
    return { kind: 'reply', frame: { ...arpReply(frame, mac), source: view.mac }, ...(sighting && { sighting }) };
  if (frame.spa === UNSPECIFIED && view.asksAbout(frame.tpa))
    return { kind: 'rival', address: frame.tpa, mac: frame.sha };
  return sighting ?? NOT_OWNED;
}

/** A frame with a MAC of this node: its own that came back, unless it names an address that this node does not have. */
function decideOwn({ sha, source, spa }: ArpFrame, view: LinkView): ArpDecision {
  if (sha !== view.mac || source !== view.mac) return OWN_REFLECTION;
  if (spa === UNSPECIFIED || isUnusableSender(spa)) return OWN_REFLECTION;
  if (view.kernelAddresses.has(spa) || view.macOf(spa) !== undefined) return OWN_REFLECTION;
  return { kind: 'duplicate-mac', address: spa, mac: sha };
}

const OWN_REFLECTION: ArpDecision = { kind: 'drop', reason: 'own-reflection' };
const UNKNOWN_OPERATION: ArpDecision = { kind: 'drop', reason: 'unknown-operation' };
const BAD_SENDER_MAC: ArpDecision = { kind: 'drop', reason: 'bad-sender-mac' };
const BAD_SENDER_ADDRESS: ArpDecision = { kind: 'drop', reason: 'bad-sender-address' };
const PEER_CLAIM: ArpDecision = { kind: 'drop', reason: 'peer-claim' };
const NOT_A_REQUEST: ArpDecision = { kind: 'drop', reason: 'not-a-request' };
const NOT_OWNED: ArpDecision = { kind: 'drop', reason: 'not-owned' };

const UNSPECIFIED = 0;
const LOOPBACK_OCTET = 127;
const LIMITED_BROADCAST = 0xffff_ffff;

/** Multicast, limited broadcast and loopback are no station's address; 0.0.0.0 is a probe's. @see RFC 1122 §3.2.1.3 */
function isUnusableSender(address: Ipv4): boolean {
  const first = address >>> 24;
  return (first >= 224 && first < 240) || first === LOOPBACK_OCTET || address === LIMITED_BROADCAST;
}
