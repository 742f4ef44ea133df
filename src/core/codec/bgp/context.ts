import type { IpFamily } from '../../net/index.ts';
import { MAX_LENGTH } from './constants.ts';

/** What both ends agreed on in their OPENs, as far as it decides how later messages are read and written. */
export interface SessionContext {
  /** The peer is of our own AS. */
  readonly internal: boolean;
  /** AS numbers of paths have four octets. @see RFC 6793 §4.1 */
  readonly fourOctetAs: boolean;
  /** Unicast families whose routes may be sent. */
  readonly families: readonly IpFamily[];
  /** IPv4 routes may have an IPv6 next hop. @see RFC 8950 §4 */
  readonly extendedNextHop: boolean;
  /** The peer may send ROUTE-REFRESH. @see RFC 2918 §4 */
  readonly routeRefresh: boolean;
  /** Re-advertisement is marked at its begin and end. @see RFC 7313 §4 */
  readonly enhancedRouteRefresh: boolean;
  /** Longest message that we take, in octets: 4096, or 65535 when we offered extended messages. */
  readonly maxReceivedLength: number;
  /** Longest message that the peer takes, in octets: 4096, or 65535 when it offered extended messages. */
  readonly maxSentLength: number;
}

/** What holds until both OPENs are there. */
export const BEFORE_OPEN: SessionContext = {
  internal: false,
  fourOctetAs: false,
  families: [],
  extendedNextHop: false,
  routeRefresh: false,
  enhancedRouteRefresh: false,
  maxReceivedLength: MAX_LENGTH,
  maxSentLength: MAX_LENGTH,
};
