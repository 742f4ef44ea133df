import type { Prefix } from '../../net/index.ts';
import type { PathAttribute } from './attributes/types.ts';
import type { Capability } from './capabilities.ts';
import type { Notification } from './notification.ts';

/**
 * The first message on a connection.
 *
 *      19        20      22     24           28    29
 *      | version | my AS | hold | identifier | len | optional parameters |
 *
 * @see RFC 4271 §4.2, RFC 5492 §4
 */
export interface OpenMessage {
  readonly kind: 'open';
  /** 16 bits: `AS_TRANS` when the number needs more; the capability `fourOctetAs` has it whole. */
  readonly myAs: number;
  /** 0 to 65535; 0 switches keepalives off. */
  readonly holdTimeSeconds: number;
  /** 32 bits. */
  readonly identifier: number;
  readonly capabilities: readonly Capability[];
}

/**
 * Routes that come and go. Without any of the three it is the End-of-RIB of IPv4 unicast.
 *
 *      19                 21          +2                +4
 *      | withdrawn length | withdrawn | attributes length | attributes | NLRI |
 *
 * @see RFC 4271 §4.3, RFC 4724 §2
 */
export interface UpdateMessage {
  readonly kind: 'update';
  readonly withdrawn: readonly Prefix[];
  readonly attributes: readonly PathAttribute[];
  readonly nlri: readonly Prefix[];
}

/** What a received UPDATE held, without its routes: we keep none. @see RFC 7606 §2 */
export interface UpdateSummary {
  readonly kind: 'update';
  /** Prefixes that the UPDATE announces, of all families. */
  readonly announced: number;
  /** Prefixes that it withdraws. */
  readonly withdrawn: number;
  /** Attributes with routes of families that were not agreed on. */
  readonly ignored: number;
  /** Why the announced prefixes count as withdrawn: the first fault that asks for it. */
  readonly treatAsWithdraw: string | undefined;
  /** Why attributes were passed over. */
  readonly discarded: readonly string[];
  readonly endOfRib: boolean;
}

export interface NotificationMessage extends Notification {
  readonly kind: 'notification';
}

export interface KeepaliveMessage {
  readonly kind: 'keepalive';
}

/**
 * Asks for all routes of a family again, or marks begin and end of the answer.
 *
 *      19    21        22     23
 *      | AFI | subtype | SAFI |
 *
 * @see RFC 2918 §3, RFC 7313 §3.2
 */
export interface RouteRefreshMessage {
  readonly kind: 'routeRefresh';
  readonly afi: number;
  readonly safi: number;
  /** `RefreshSubtype`, or any other octet. */
  readonly subtype: number;
}

export const RefreshSubtype = { request: 0, begin: 1, end: 2 } as const;

/** A message that can be written. */
export type BgpMessage = OpenMessage | UpdateMessage | NotificationMessage | KeepaliveMessage | RouteRefreshMessage;

/** A message as the session machine wants it. */
export type ReceivedMessage =
  | OpenMessage
  | UpdateSummary
  | NotificationMessage
  | KeepaliveMessage
  | RouteRefreshMessage;
