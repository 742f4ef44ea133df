import {
  Afi,
  afiOf,
  type Capability,
  ErrorCode,
  encodeCapabilities,
  MAX_EXTENDED_LENGTH,
  MAX_LENGTH,
  type Notification,
  notification,
  type OpenMessage,
  OpenSubcode,
  Safi,
  type SessionContext,
  unicastFamily,
} from '../../codec/bgp/index.ts';
import type { IpFamily } from '../../net/index.ts';
import type { PeerConfig, Session } from './types.ts';
import { badIdentifierWords, holdTimeWords, noCommonFamilyWords, wrongAsWords } from './words.ts';

export type Negotiation =
  | { readonly kind: 'agreed'; readonly session: Session }
  | { readonly kind: 'refused'; readonly notification: Notification; readonly words: string };

type Capabilities = readonly Capability[];

const SHORTEST_HOLD_SECONDS = 3;
const SHORTEST_KEEPALIVE_SECONDS = 1;

/**
 * What the peer's OPEN and ours make together, or the NOTIFICATION that refuses it.
 * @param offered the capabilities of our OPEN
 * @see RFC 4271 §6.2, RFC 6286 §2.2, RFC 6793 §4.1, RFC 7607 §2
 */
export function negotiate(open: OpenMessage, config: PeerConfig, offered: Capabilities): Negotiation {
  const { capabilities, identifier, holdTimeSeconds: proposed } = open;
  if (proposed > 0 && proposed < SHORTEST_HOLD_SECONDS)
    return refuse(OpenSubcode.unacceptableHoldTime, holdTimeWords(proposed), Uint8Array.of(0, proposed));
  const peerAsn = last(capabilities, 'fourOctetAs')?.asn ?? open.myAs;
  const internal = peerAsn === config.localAsn;
  if (peerAsn === 0 || open.myAs === 0 || !isExpectedAsn(peerAsn, config))
    return refuse(OpenSubcode.badPeerAs, wrongAsWords(peerAsn, config));
  if (identifier === 0 || (internal && identifier === config.routerId))
    return refuse(OpenSubcode.badIdentifier, badIdentifierWords(identifier));
  const families = unicastFamilies(offered).filter((family) => unicastFamilies(capabilities).includes(family));
  if (families.length === 0)
    return refuse(
      OpenSubcode.unsupportedCapability,
      noCommonFamilyWords(config),
      encodeCapabilities(multiprotocol(config)),
    );
  const holdTimeSeconds = Math.min(config.holdTimeSeconds, proposed);
  const session: Session = {
    context: contextOf(capabilities, offered, { families, internal }),
    localAsn: config.localAsn,
    peerAsn,
    peerIdentifier: identifier,
    holdTimeSeconds,
    keepaliveSeconds: keepaliveSeconds(holdTimeSeconds, config),
    peerRestarts: (last(capabilities, 'gracefulRestart')?.families.length ?? 0) > 0,
    hardReset: [capabilities, offered].every((each) => last(each, 'gracefulRestart')?.notification === true),
  };
  return { kind: 'agreed', session };
}

function refuse(subcode: number, words: string, data?: Uint8Array): Negotiation {
  return { kind: 'refused', notification: notification(ErrorCode.open, subcode, data), words };
}

function isExpectedAsn(asn: number, { peerAsn, localAsn }: PeerConfig): boolean {
  switch (peerAsn.kind) {
    case 'number':
      return asn === peerAsn.asn;
    case 'internal':
      return asn === localAsn;
    case 'external':
      return asn !== localAsn;
    default:
      return peerAsn satisfies never;
  }
}

function contextOf(
  theirs: Capabilities,
  ours: Capabilities,
  { families, internal }: { readonly families: readonly IpFamily[]; readonly internal: boolean },
): SessionContext {
  const bothOffer = (kind: Capability['kind']): boolean =>
    [theirs, ours].every((capabilities) => last(capabilities, kind) !== undefined);
  const offersLong = last(ours, 'extendedMessage') !== undefined;
  return {
    internal,
    families,
    fourOctetAs: bothOffer('fourOctetAs'),
    extendedNextHop: families.includes('IPv4') && offersIpv6NextHop(theirs) && offersIpv6NextHop(ours),
    routeRefresh: last(ours, 'routeRefresh') !== undefined,
    enhancedRouteRefresh: bothOffer('enhancedRouteRefresh'),
    maxReceivedLength: offersLong ? MAX_EXTENDED_LENGTH : MAX_LENGTH,
    maxSentLength: bothOffer('extendedMessage') ? MAX_EXTENDED_LENGTH : MAX_LENGTH,
  };
}

/** Without any multiprotocol capability a speaker means IPv4. @see RFC 4760 §8 */
function unicastFamilies(capabilities: Capabilities): readonly IpFamily[] {
  const offers = capabilities.filter((capability) => capability.kind === 'multiprotocol');
  if (offers.length === 0) return ['IPv4'];
  return offers.map(({ afi, safi }) => unicastFamily(afi, safi)).filter((family) => family !== undefined);
}

/** @see RFC 8950 §4 */
function offersIpv6NextHop(capabilities: Capabilities): boolean {
  return capabilities.some(
    (capability) =>
      capability.kind === 'extendedNextHop' &&
      capability.entries.some(
        ({ afi, safi, nextHopAfi }) => afi === Afi.ipv4 && safi === Safi.unicast && nextHopAfi === Afi.ipv6,
      ),
  );
}

function multiprotocol({ families }: PeerConfig): Capabilities {
  return families.map((family) => ({ kind: 'multiprotocol', afi: afiOf(family), safi: Safi.unicast }));
}

/** A third of the hold time, or less where the user wants. @see RFC 4271 §4.4, §10 */
function keepaliveSeconds(holdTimeSeconds: number, { keepaliveTimeSeconds }: PeerConfig): number {
  const third = holdTimeSeconds / 3;
  return Math.max(SHORTEST_KEEPALIVE_SECONDS, Math.min(third, keepaliveTimeSeconds ?? third));
}

/** Of a capability that is there more than once the last counts. */
function last<K extends Capability['kind']>(
  capabilities: Capabilities,
  kind: K,
): Extract<Capability, { readonly kind: K }> | undefined {
  return capabilities.findLast(
    (capability): capability is Extract<Capability, { readonly kind: K }> => capability.kind === kind,
  );
}
