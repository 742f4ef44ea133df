/** What a speaker says in its OPEN that it can do. Whoever does not know one ignores it. @see RFC 5492 */
export type Capability =
  /** @see RFC 4760 §8 */
  | { readonly kind: 'multiprotocol'; readonly afi: number; readonly safi: number }
  /** @see RFC 2918 §2 */
  | { readonly kind: 'routeRefresh' }
  /** @see RFC 8950 §4 */
  | { readonly kind: 'extendedNextHop'; readonly entries: readonly ExtendedNextHopEntry[] }
  /** @see RFC 8654 §3 */
  | { readonly kind: 'extendedMessage' }
  | GracefulRestartCapability
  /** @see RFC 6793 §3 */
  | { readonly kind: 'fourOctetAs'; readonly asn: number }
  /** @see RFC 7313 §3.1 */
  | { readonly kind: 'enhancedRouteRefresh' }
  /** Any other code, or a known one whose length is not its own. */
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

/** Routes of `afi`/`safi` may have a next hop of `nextHopAfi`. */
export interface ExtendedNextHopEntry {
  readonly afi: number;
  readonly safi: number;
  readonly nextHopAfi: number;
}

/** @see RFC 4724 §3, RFC 8538 §2 */
export interface GracefulRestartCapability {
  readonly kind: 'gracefulRestart';
  /** R: the speaker restarted and has not finished sending its routes. */
  readonly restarting: boolean;
  /** N: a NOTIFICATION does not make the peer drop the routes, unless it is a Hard Reset. */
  readonly notification: boolean;
  /** How long the peer keeps the routes of a lost session, 0 to 4095 s. */
  readonly restartTimeSeconds: number;
  readonly families: readonly GracefulRestartFamily[];
}

export interface GracefulRestartFamily {
  readonly afi: number;
  readonly safi: number;
  /** F: packets were forwarded all the while. */
  readonly forwarding: boolean;
}
