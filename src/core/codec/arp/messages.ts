import { BROADCAST_MAC, type Ipv4, ipv4FromValue, type MacAddress, ZERO_MAC } from '../../net/index.ts';
import { ArpOperation } from './constants.ts';
import type { ArpFrame } from './frame.ts';

/**
 * The answer to a request for an address that `mac` announces: unicast, even when the request was broadcast. It goes to the
 * sender that the packet names, which behind a wifi bridge is not the one of the Ethernet header.
 * @see RFC 826, "Packet Reception"
 */
export function arpReply(request: ArpFrame, mac: MacAddress): ArpFrame {
  return {
    destination: request.sha,
    source: mac,
    op: ArpOperation.reply,
    sha: mac,
    spa: request.tpa,
    tha: request.sha,
    tpa: request.spa,
  };
}

/** The request form of an announcement: hosts that know the address take the new MAC over at once. @see RFC 5227 §2.3 */
export function arpAnnouncement(mac: MacAddress, address: Ipv4): ArpFrame {
  return {
    destination: BROADCAST_MAC,
    source: mac,
    op: ArpOperation.request,
    sha: mac,
    spa: address,
    tha: ZERO_MAC,
    tpa: address,
  };
}

/**
 * The reply form, for stacks that learn from replies only. Its target MAC is the sender's: with any other, Linux takes it for
 * an ordinary reply and ignores it while its entry is younger than `locktime`.
 */
export function gratuitousReply(mac: MacAddress, address: Ipv4): ArpFrame {
  return {
    destination: BROADCAST_MAC,
    source: mac,
    op: ArpOperation.reply,
    sha: mac,
    spa: address,
    tha: mac,
    tpa: address,
  };
}

/**
 * Asks a router for its own address in the name of the announced one. Whoever is asked must merge the sender's pair into its
 * table, so routers that refuse unsolicited ARP learn from this too. @see RFC 826, "Packet Reception"
 */
export function directedRefresh(mac: MacAddress, address: Ipv4, gateway: Ipv4): ArpFrame {
  return {
    destination: BROADCAST_MAC,
    source: mac,
    op: ArpOperation.request,
    sha: mac,
    spa: address,
    tha: ZERO_MAC,
    tpa: gateway,
  };
}

/**
 * Asks whether anybody has the address, without saying from which: nobody's table changes, and routers that answer for others
 * keep quiet.
 * @see RFC 5227 §2.1.1
 */
export function arpProbe(mac: MacAddress, address: Ipv4): ArpFrame {
  return {
    destination: BROADCAST_MAC,
    source: mac,
    op: ArpOperation.request,
    sha: mac,
    spa: NO_ADDRESS,
    tha: ZERO_MAC,
    tpa: address,
  };
}

const NO_ADDRESS = ipv4FromValue(0);
