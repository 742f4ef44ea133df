import type {
  BgpMessage,
  Capability,
  Notification,
  OpenMessage,
  ReceivedMessage,
  SessionContext,
} from '../../codec/bgp/index.ts';
import type { Asn, IpFamily, RouterId } from '../../net/index.ts';

/** One neighbour, and how to talk to it. A change of it is a `stop` with `configurationChange` and a new machine. */
export interface PeerConfig {
  /** Our number towards this peer. */
  readonly localAsn: Asn;
  /** `internal`: the peer must have our number. `external`: any other. */
  readonly peerAsn: { readonly kind: 'number'; readonly asn: Asn } | { readonly kind: 'internal' | 'external' };
  readonly routerId: RouterId;
  /** What we propose: 0 (off), or 3 to 65535 s. The smaller proposal counts. */
  readonly holdTimeSeconds: number;
  /** Pause between KEEPALIVEs; a third of the negotiated hold time when absent, and never more. */
  readonly keepaliveTimeSeconds?: number;
  /** How long an attempt to connect may take, and the longest pause after one that failed, 1 to 65535 s. */
  readonly connectRetrySeconds: number;
  /** How long to wait for the peer's OPEN before ours is sent; 0 = not at all. @see RFC 4271 §8.1.1 */
  readonly delayOpenSeconds: number;
  /** Never dials, only waits for the peer. */
  readonly passive: boolean;
  /** Unicast families to exchange. */
  readonly families: readonly IpFamily[];
  /** False sends no multiprotocol capability: IPv4 only. */
  readonly multiprotocol: boolean;
  /** Offers IPv4 routes with an IPv6 next hop. @see RFC 8950 */
  readonly extendedNextHop: boolean;
  /** Offers to receive messages up to 65535 octets. @see RFC 8654 */
  readonly extendedMessages: boolean;
  /** Absent: the capability is sent with time 0 and no families, which asks for End-of-RIB and keeps no routes. @see RFC 4724 */
  readonly gracefulRestart?: GracefulRestartConfig;
  /** BFD must be up before an OPEN is sent. Without it BFD can only end a session. */
  readonly strictBfd: boolean;
}

export interface GracefulRestartConfig {
  /** How long the peer is to keep our routes after a loss, 1 to 4095 s. */
  readonly restartTimeSeconds: number;
  /** Packets were forwarded while this program was away: same boot of the node. */
  readonly forwardingPreserved: boolean;
  /** A NOTIFICATION keeps the routes too, unless it is a Hard Reset. @see RFC 8538 */
  readonly notification: boolean;
}

/** The states of RFC 4271 §8.2.2, as they are shown to people. */
export type SessionState = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

/** Names a TCP connection. Numbered by the driver, never used twice for one peer. */
export type ConnectionId = number;

/** Everything known of a peer. Made by `initialPeer`. */
export interface PeerState {
  readonly phase: PeerPhase;
  /** An attempt to connect is under way; the ConnectRetryTimer bounds it. */
  readonly dialling: boolean;
  /** The elder first. BOUNDED: two, the second only until the collision is decided. @see RFC 4271 §6.8 */
  readonly connections: readonly Connection[];
  /** Failures since a session last was up for a minute. @see RFC 4271 §8 */
  readonly connectRetryCounter: number;
  /** What the peer refused of our OPEN. */
  readonly openForm: OpenForm;
  readonly bfd: BfdStatus;
  /** No End-of-RIB has been sent to this peer since the program started. @see RFC 4724 §4.1 */
  readonly restarting: boolean;
  /** How the last session or attempt ended. */
  readonly lastEnd: SessionEnd | undefined;
}

export type PeerPhase =
  /** Idle, until `start`. Connections are refused. */
  | 'stopped'
  /** Idle, until the IdleHoldTimer expires: the back-off. Connections are refused. */
  | 'holding'
  /** Connections tell the state; without one it is Connect while dialling, else Active. */
  | 'running';

export type BfdStatus = 'unknown' | 'up' | 'down';

/** Which capabilities are left out, because the peer ended a session for them. @see RFC 5492 §3 */
export type OpenForm =
  | { readonly kind: 'full' }
  | { readonly kind: 'without'; readonly codes: readonly number[] }
  /** No optional parameter at all. */
  | { readonly kind: 'bare' };

/** One TCP connection. */
export type Connection =
  /** TCP is up, our OPEN not sent: DelayOpenTimer, or strict BFD. Shown as Connect or Active, as it was made. */
  | (ConnectionBase & {
      readonly kind: 'waiting';
      readonly delayed: boolean;
      /** The peer's, when it came before ours might go. */
      readonly received?: OpenMessage;
    })
  | (ConnectionBase & {
      readonly kind: 'openSent';
      /** The capabilities of our OPEN. */
      readonly offered: readonly Capability[];
    })
  | (ConnectionBase & { readonly kind: 'openConfirm'; readonly session: Session })
  | (ConnectionBase & { readonly kind: 'established'; readonly session: Session });

export type ConnectionOf<K extends Connection['kind']> = Extract<Connection, { readonly kind: K }>;

export interface ConnectionBase {
  readonly id: ConnectionId;
  readonly initiator: 'local' | 'peer';
}

/** What both OPENs made of the connection. */
export interface Session {
  readonly context: SessionContext;
  readonly localAsn: Asn;
  readonly peerAsn: number;
  readonly peerIdentifier: number;
  /** 0 = no hold timer and no keepalives. */
  readonly holdTimeSeconds: number;
  readonly keepaliveSeconds: number;
  /** The peer keeps routes of a lost session, so a new connection of it may replace the established one. @see RFC 4724 §5 */
  readonly peerRestarts: boolean;
  /** Both sent the N bit: a NOTIFICATION that means it is wrapped in a Hard Reset. @see RFC 8538 §3 */
  readonly hardReset: boolean;
}

/** Why the driver stops a peer. `communication` is shown by the router, at most 255 octets of UTF-8. @see RFC 9003 */
export type StopReason =
  | { readonly kind: 'administrativeShutdown'; readonly communication?: string }
  | { readonly kind: 'administrativeReset'; readonly communication?: string }
  | { readonly kind: 'peerDeconfigured' }
  | { readonly kind: 'configurationChange' }
  | { readonly kind: 'outOfResources' }
  /** This program restarts: the connection is dropped without NOTIFICATION where the peer then keeps the routes. */
  | { readonly kind: 'gracefulRestart' };

/** Timers of the peer itself. */
export type PeerTimer = 'idleHold' | 'connectRetry' | 'stable';

/** Timers of one connection. */
export type ConnectionTimer = 'delayOpen' | 'hold' | 'keepalive' | 'sendHold';

/** The numbers in comments are the events of RFC 4271 §8.1. */
export type PeerEvent =
  /** 1, 3: hold a session. Not before the routes to announce are known. */
  | { readonly kind: 'start' }
  /** 2, 8. */
  | { readonly kind: 'stop'; readonly reason: StopReason }
  /** 16: the attempt that `connect` asked for. */
  | { readonly kind: 'connected'; readonly connection: ConnectionId }
  /** 18: the attempt that `connect` asked for. `why` is for people. */
  | { readonly kind: 'connectFailed'; readonly why: string }
  /** 17: the peer connected. From its address only; others are none of the machine's business. */
  | { readonly kind: 'accepted'; readonly connection: ConnectionId }
  /** 18: FIN or RST. */
  | { readonly kind: 'closed'; readonly connection: ConnectionId; readonly why: string }
  /** 19, 24 to 27. */
  | { readonly kind: 'received'; readonly connection: ConnectionId; readonly message: ReceivedMessage }
  /** 21, 22, 28: the codec refused what came. */
  | {
      readonly kind: 'malformed';
      readonly connection: ConnectionId;
      readonly notification: Notification;
      readonly detail: string;
    }
  /** Octets left for the kernel: the peer still reads. @see RFC 9687 §3.2 */
  | { readonly kind: 'sent'; readonly connection: ConnectionId }
  /** 9, 13, and our own. */
  | { readonly kind: 'expired'; readonly timer: PeerTimer }
  /** 10, 11, 12, and RFC 9687. */
  | { readonly kind: 'expired'; readonly timer: ConnectionTimer; readonly connection: ConnectionId }
  /** `down` is a failure that BFD saw; `unknown` is a BFD session that was taken down by plan, at either end. */
  | { readonly kind: 'bfd'; readonly status: BfdStatus }
  /** The routes of every family and their End-of-RIB have been written. */
  | { readonly kind: 'endOfRibSent'; readonly connection: ConnectionId };

export type PeerAction =
  /** Dial; answered by `connected` or `connectFailed`. */
  | { readonly kind: 'connect' }
  /** Forget the attempt; no event of it may follow. */
  | { readonly kind: 'abortConnect' }
  | { readonly kind: 'send'; readonly connection: ConnectionId; readonly message: BgpMessage }
  /** Close when what was sent is gone, after a second at the latest; no event of the connection may follow. */
  | { readonly kind: 'close'; readonly connection: ConnectionId }
  /** Replaces a running timer of the name. `jittered`: multiply by a draw from 0.75 to 1. @see RFC 4271 §10 */
  | { readonly kind: 'startTimer'; readonly timer: PeerTimer; readonly afterMs: number; readonly jittered: boolean }
  | {
      readonly kind: 'startTimer';
      readonly timer: ConnectionTimer;
      readonly connection: ConnectionId;
      readonly afterMs: number;
      readonly jittered: boolean;
    }
  /** `close` stops the timers of its connection: these are for the others. */
  | { readonly kind: 'stopTimer'; readonly timer: PeerTimer }
  | { readonly kind: 'stopTimer'; readonly timer: ConnectionTimer; readonly connection: ConnectionId }
  /** From now on messages of the connection are decoded with this. */
  | { readonly kind: 'negotiated'; readonly connection: ConnectionId; readonly session: Session }
  /** The session is up: send all routes, then End-of-RIB. */
  | { readonly kind: 'established'; readonly connection: ConnectionId; readonly session: Session }
  /** The session that was up is gone. Comes before the `ended` of its connection. */
  | { readonly kind: 'down'; readonly connection: ConnectionId }
  /** Send every route of the family again. @see RFC 2918 §4 */
  | { readonly kind: 'resend'; readonly family: IpFamily }
  /** An attempt or a session ended, and why: for the log and the status. */
  | { readonly kind: 'ended'; readonly end: SessionEnd }
  | { readonly kind: 'stateChanged'; readonly from: SessionState; readonly to: SessionState };

/** How a session or an attempt ended. */
export interface SessionEnd {
  readonly cause: EndCause;
  /** What was said, when something was. */
  readonly notification?: Notification & { readonly by: 'us' | 'peer' };
  /** What happened, and what to do about it: for people. */
  readonly words: string;
}

/** Bounded, so that it may label a counter. */
export type EndCause =
  /** It was asked to: the peer is not wanted any more, is configured otherwise, or the speaker stops. */
  | 'stopped'
  /** No connection could be made. */
  | 'connectFailed'
  /** Nobody answered the attempt in time. */
  | 'connectTimeout'
  /** The router closed the connection, and said nothing. */
  | 'closedByPeer'
  /** The router said why, by a NOTIFICATION. */
  | 'notificationReceived'
  /** A NOTIFICATION too: the router takes no more routes. */
  | 'maximumPrefixes'
  /** What the router sent cannot be read. */
  | 'malformedMessage'
  /** What the router proposed is not what is configured: its AS, its hold time … */
  | 'openRefused'
  /** A message that has no place in the state of the session. */
  | 'unexpectedMessage'
  /** The router was silent for the hold time. */
  | 'holdTimeExpired'
  /** The router read nothing for eight minutes, or for twice the hold time where that is longer. @see RFC 9687 */
  | 'sendHoldTimeExpired'
  /** BFD says that the router is gone. */
  | 'bfdDown'
  /** Both sides connected: of two connections one has to end. */
  | 'collision';

export interface PeerStep {
  readonly state: PeerState;
  readonly actions: readonly PeerAction[];
}
