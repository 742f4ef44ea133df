import type { Asn, IpAddress, IpFamily, Prefix, RouterId } from '../core/net/index.ts';

/**
 * A router that the node is to hold a session with. References are resolved and defaults filled in; what does not concern the
 * speaker is left out. Its name is unique, and stays the same when its settings change.
 */
export interface BgpPeerSettings {
  readonly name: string;
  /** Our AS, and what is expected of the peer's; `internal` and `external` compare with `localAsn`, else with `myAsn`. */
  readonly myAsn: Asn;
  readonly peerAsn: { readonly kind: 'number'; readonly asn: Asn } | { readonly kind: 'internal' | 'external' };
  /** Shown to this peer in place of `myAsn`, which is not in the AS_PATH then. @see RFC 7705 §3.1 */
  readonly localAsn?: Asn;
  readonly endpoint:
    | { readonly kind: 'address'; readonly address: IpAddress }
    /** Whoever is at the other end of the interface, by its link-local address. */
    | { readonly kind: 'interface'; readonly name: string };
  /** TCP port, 1 to 65535. */
  readonly peerPort: number;
  readonly sourceAddress?: IpAddress;
  /** Waits for the peer to connect, and never does so itself. */
  readonly passive: boolean;
  /** What to propose: 0 (no timer), or 3 to 65535. */
  readonly holdTimeSeconds: number;
  /** Absent: a third of the hold time that was agreed on. */
  readonly keepaliveTimeSeconds?: number;
  /** ConnectRetryTime, 1 to 65535. Absent: the speaker's own. @see RFC 4271 §8.2.1.3 */
  readonly connectTimeSeconds?: number;
  /** Absent: the node's. */
  readonly routerId?: RouterId;
  /** The peer may be several hops away. */
  readonly ebgpMultiHop: boolean;
  /** GTSM: packets that came over more hops than this are none of the peer's, 1 to 254. Absent: not looked at. @see RFC 5082 */
  readonly ttlSecurityHops?: number;
  /** Routes of these go to the peer, and the capability for these is offered; never empty. @see RFC 4760 §8 */
  readonly families: readonly IpFamily[];
  /** The peer is to keep the routes while the speaker restarts. @see RFC 4724 */
  readonly gracefulRestart: boolean;
  /** For TCP-MD5, 1 to 80 octets of UTF-8. Never in a log, a metric or a report, and on disk only encrypted. @see RFC 2385 */
  readonly password?: string;
  /** There is a password, but its Secret cannot be read: a session goes on with the one that it has, and none begins without. */
  readonly passwordUnknown?: true;
  readonly bfd?: BfdSettings;
}

/** How a session notices that its peer is dead. Asynchronous mode, without echo. @see RFC 5880 §6.8 */
export interface BfdSettings {
  /** Required Min RX Interval, milliseconds, 10 to 60000. */
  readonly receiveIntervalMs: number;
  /** Desired Min TX Interval, milliseconds, 10 to 60000. */
  readonly transmitIntervalMs: number;
  /** 2 to 255. */
  readonly detectMultiplier: number;
  readonly passive: boolean;
  /** Least TTL of a packet that counts, where the peer may be several hops away; 1 to 254. @see RFC 5883 */
  readonly minimumTtl: number;
  /** The BGP session waits for BFD to be up. @see draft-ietf-idr-bgp-bfd-strict-mode */
  readonly strict: boolean;
}

/** What is said of all sessions of a node. */
export interface BgpSettings {
  /** The whole list, by name: a session with a peer that is not in it ends. */
  readonly peers: readonly BgpPeerSettings[];
  /** Every route gets the community GRACEFUL_SHUTDOWN, and LOCAL_PREF 0 where that goes. @see RFC 8326 §4 */
  readonly draining: boolean;
}

/** What the node tells of one prefix. */
export interface BgpRoute {
  readonly prefix: Prefix;
  /**
   * Never empty. A peer gets the path that names it, else the one that names nobody, else nothing; at most one path names a
   * peer, and at most one nobody.
   */
  readonly paths: readonly BgpPath[];
}

export interface BgpPath {
  /** Names, sorted. Empty: every peer that no other path of the route names. */
  readonly peers: readonly string[];
  /** LOCAL_PREF on internal sessions, 32 bits. Absent: 100. */
  readonly localPref?: number;
  /** MULTI_EXIT_DISC, 32 bits. Absent: none. */
  readonly med?: number;
  /** How many times our AS is in front of the AS_PATH beyond the first, 0 to 10. On external sessions. */
  readonly prepend: number;
  /** 32-bit values, sorted, without doubles. @see RFC 1997 */
  readonly communities: readonly number[];
  /** Sorted, without doubles. @see RFC 8092 */
  readonly largeCommunities: readonly LargeCommunity[];
}

/** 32 bits each. */
export interface LargeCommunity {
  readonly globalAdministrator: number;
  readonly localData1: number;
  readonly localData2: number;
}

/** Sent only to a speaker that named the feature `bgp` in its hello. Revisions are counted apart from those of grants. */
export type BgpControllerMessage =
  /** Everything that the node is to do: a session or a route that is not in it ends. */
  | {
      readonly kind: 'bgp-snapshot';
      readonly revision: number;
      readonly settings: BgpSettings;
      readonly routes: readonly BgpRoute[];
    }
  | {
      readonly kind: 'bgp-delta';
      readonly revision: number;
      /** Absent: as they were. */
      readonly settings?: BgpSettings;
      /** New, or changed: a route replaces the one of its prefix. */
      readonly routes: readonly BgpRoute[];
      readonly withdrawn: readonly Prefix[];
    };

/** Sent only after a `bgp-snapshot`. */
export type BgpSpeakerMessage =
  /** The revision is taken over, not yet told to any router. The next delta waits for it. */
  | { readonly kind: 'bgp-ack'; readonly revision: number }
  /**
   * Sessions that are not what was reported of them last; all of them after each snapshot. A state is reported at once,
   * numbers that change within 10 s together.
   */
  | { readonly kind: 'bgp-report'; readonly sessions: readonly BgpSessionReport[] };

export interface BgpSessionReport {
  /** Name of the peer. */
  readonly peer: string;
  readonly state: BgpSessionState;
  /** When the session came up, or went down, or was first tried: milliseconds since 1970, by the node's clock. */
  readonly sinceUnixMs: number;
  /** Why it is down, or why it was when it was last; for people, at most 256 characters, nothing secret. Empty: never was. */
  readonly lastError: string;
  /** Prefixes that the peer holds of us, by what was sent; 0 unless established. */
  readonly prefixesSent: number;
  /** Absent: no BFD. */
  readonly bfd?: 'admin-down' | 'down' | 'init' | 'up';
}

/** @see RFC 4271 §8.2.2 */
export type BgpSessionState = 'idle' | 'connect' | 'active' | 'open-sent' | 'open-confirm' | 'established';
