import { type ArpFrame, ArpOperation, arpReply } from '../../core/codec/arp/index.ts';
import { type Ipv4, isGroupMac, type MacAddress, ZERO_MAC } from '../../core/net/index.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { LinkView } from './link-protocol.ts';

export type ArpDecision =
  | { readonly kind: 'reply'; readonly frame: ArpFrame }
  /** A foreign station claims an announced address. @see RFC 5227 §2.4 */
  | { readonly kind: 'conflict'; readonly address: Ipv4; readonly mac: MacAddress }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** What to do about an ARP frame that came in. Pure. @see RFC 826, "Packet Reception"; RFC 5227 §2.4 */
export function decideArp(frame: ArpFrame, view: LinkView): ArpDecision {
  // First of all: what comes back from a switch or an access point would else look like a conflict with ourselves.
  if (view.ownMacs.has(frame.sha) || view.ownMacs.has(frame.source)) return OWN_REFLECTION;
  if (frame.op !== ArpOperation.request && frame.op !== ArpOperation.reply) return UNKNOWN_OPERATION;
  if (frame.sha === ZERO_MAC || isGroupMac(frame.sha)) return BAD_SENDER_MAC;
  if (isUnusableSender(frame.spa)) return BAD_SENDER_ADDRESS;
  if (view.owned.has(frame.spa)) return { kind: 'conflict', address: frame.spa, mac: frame.sha };
  if (frame.op === ArpOperation.reply) return NOT_A_REQUEST;
  if (!view.owned.has(frame.tpa)) return NOT_OWNED;
  return { kind: 'reply', frame: arpReply(frame, view.mac) };
}

const OWN_REFLECTION: ArpDecision = { kind: 'drop', reason: 'own-reflection' };
const UNKNOWN_OPERATION: ArpDecision = { kind: 'drop', reason: 'unknown-operation' };
const BAD_SENDER_MAC: ArpDecision = { kind: 'drop', reason: 'bad-sender-mac' };
const BAD_SENDER_ADDRESS: ArpDecision = { kind: 'drop', reason: 'bad-sender-address' };
const NOT_A_REQUEST: ArpDecision = { kind: 'drop', reason: 'not-a-request' };
const NOT_OWNED: ArpDecision = { kind: 'drop', reason: 'not-owned' };

const LOOPBACK_OCTET = 127;
const LIMITED_BROADCAST = 0xffff_ffff;

/** Multicast, limited broadcast and loopback are no station's address; 0.0.0.0 is a probe's. @see RFC 1122 §3.2.1.3 */
function isUnusableSender(address: Ipv4): boolean {
  const first = address >>> 24;
  return (first >= 224 && first < 240) || first === LOOPBACK_OCTET || address === LIMITED_BROADCAST;
}
