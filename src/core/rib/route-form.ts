import { ByteWriter } from '../bytes/index.ts';
import {
  type LargeCommunity,
  type MpNextHop,
  Origin,
  type PathAttribute,
  WellKnownCommunity,
  writeAttribute,
} from '../codec/bgp/index.ts';
import { type IpFamily, type Ipv4, isIpv4 } from '../net/index.ts';
import type { HeldBack, RouteAttributes, SendContext } from './types.ts';

/** How routes of one family with the same attributes are written on one session. */
export type RouteForm =
  /** In the NLRI field of the UPDATE. `attributes` are all of them. */
  | { readonly kind: 'classic'; readonly attributes: Uint8Array }
  /** In MP_REACH_NLRI. `attributes` are all the others. */
  | { readonly kind: 'multiprotocol'; readonly attributes: Uint8Array; readonly nextHop: MpNextHop }
  | { readonly kind: 'heldBack'; readonly why: HeldBack };

/** Header, the two length fields, the head of MP_REACH_NLRI with two next hops, and the longest prefix. */
const OTHER_OCTETS = 23 + 4 + 37 + 17;

const DEFAULT_LOCAL_PREF = 100;

/** With our number once more a segment is full. */
const MAX_PREPEND = 254;

/** @param draining adds GRACEFUL_SHUTDOWN: the peer is to prefer every other way. @see RFC 8326 §4 */
export function routeForm(
  attributes: RouteAttributes,
  family: IpFamily,
  context: SendContext,
  draining: boolean,
): RouteForm {
  if (!context.session.families.includes(family)) return { kind: 'heldBack', why: 'family-not-negotiated' };
  const nextHop = nextHopOf(attributes, family, context);
  if (nextHop === undefined) return { kind: 'heldBack', why: 'no-next-hop' };
  const classicNextHop = family === 'IPv4' && nextHop.kind === 'ipv4' ? nextHop.address : undefined;
  const writer = new ByteWriter();
  for (const attribute of attributesOf(attributes, { ...context, classicNextHop, draining }))
    writeAttribute(writer, attribute, context.session);
  if (writer.length + OTHER_OCTETS > context.session.maxSentLength)
    return { kind: 'heldBack', why: 'attributes-too-long' };
  const octets = writer.finish();
  return classicNextHop === undefined
    ? { kind: 'multiprotocol', attributes: octets, nextHop }
    : { kind: 'classic', attributes: octets };
}

function nextHopOf(
  { nextHop }: RouteAttributes,
  family: IpFamily,
  { session, nextHops }: SendContext,
): MpNextHop | undefined {
  const mayBeIpv6 = family === 'IPv6' || session.extendedNextHop;
  if (nextHop !== undefined && isIpv4(nextHop) && family === 'IPv4') return { kind: 'ipv4', address: nextHop };
  if (nextHop !== undefined && !isIpv4(nextHop) && mayBeIpv6) return { kind: 'ipv6', global: nextHop };
  if (mayBeIpv6 && nextHops.ipv6 !== undefined) return { kind: 'ipv6', ...nextHops.ipv6 };
  if (family === 'IPv4' && nextHops.ipv4 !== undefined) return { kind: 'ipv4', address: nextHops.ipv4 };
  return undefined;
}

/** All attributes but MP_REACH_NLRI, in the order of their types. @see RFC 4271 §5, appendix F.3 */
function attributesOf(
  attributes: RouteAttributes,
  to: SendContext & { readonly classicNextHop: Ipv4 | undefined; readonly draining: boolean },
): PathAttribute[] {
  const { internal, fourOctetAs } = to.session;
  const path = internal ? [] : Array<number>(1 + Math.min(attributes.prepend ?? 0, MAX_PREPEND)).fill(to.localAsn);
  const segments = path.length === 0 ? [] : [{ kind: 2, asns: path } as const];
  const written: PathAttribute[] = [
    { kind: 'origin', value: Origin.igp },
    { kind: 'asPath', segments },
  ];
  if (to.classicNextHop !== undefined) written.push({ kind: 'nextHop', address: to.classicNextHop });
  if (attributes.med !== undefined) written.push({ kind: 'multiExitDisc', value: attributes.med });
  if (internal) {
    const localPref = to.draining ? 0 : (attributes.localPref ?? DEFAULT_LOCAL_PREF);
    written.push({ kind: 'localPref', value: localPref });
  }
  const communities = [
    ...(attributes.communities ?? []),
    ...(to.draining ? [WellKnownCommunity.gracefulShutdown] : []),
  ];
  if (communities.length > 0) written.push({ kind: 'communities', values: sorted(communities) });
  const extended = attributes.extendedCommunities ?? [];
  if (extended.length > 0) written.push({ kind: 'extendedCommunities', values: sorted(extended) });
  // A path of 16-bit numbers cannot say ours. @see RFC 6793 §4.2.2
  if (!fourOctetAs && segments.length > 0 && to.localAsn > 0xffff) written.push({ kind: 'as4Path', segments });
  const large = attributes.largeCommunities ?? [];
  if (large.length > 0) written.push({ kind: 'largeCommunities', values: sortedLarge(large) });
  return written;
}

/** Ascending, each value once. */
function sorted<T extends number | bigint>(values: readonly T[]): T[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
}

/** @see RFC 8092 §5 */
function sortedLarge(values: readonly LargeCommunity[]): LargeCommunity[] {
  const inOrder = values.toSorted(compareLarge);
  return inOrder.filter((value, index) => {
    const before = inOrder[index - 1];
    return before === undefined || compareLarge(before, value) !== 0;
  });
}

function compareLarge(a: LargeCommunity, b: LargeCommunity): number {
  return a.globalAdministrator - b.globalAdministrator || a.localData1 - b.localData1 || a.localData2 - b.localData2;
}
