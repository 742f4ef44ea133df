import type { IpAddress } from '../core/net/index.ts';

/** The way to a system whose life is watched. */
export interface BfdPath {
  readonly remote: IpAddress;
  /** Sent from here; absent: as the kernel routes. */
  readonly local?: IpAddress;
  /** Sent and heard through this interface only; needed for a link-local address. */
  readonly interface?: string;
  /** Absent: the neighbour is on the link, and its packets come with the TTL 255. @see RFC 5881 §5, RFC 5883 §3 */
  readonly multihop?: { readonly minimumTtl: number };
}

/** @see RFC 5880 §6.7 */
export interface BfdAuthentication {
  readonly type: 'simple-password' | 'keyed-md5' | 'meticulous-keyed-md5' | 'keyed-sha1' | 'meticulous-keyed-sha1';
  /** 0 to 255. */
  readonly keyId: number;
  /** 1 to 16 octets, 20 for SHA1. */
  readonly secret: Uint8Array;
}

export interface BfdSessionSettings {
  /** Unique; the session keeps its state as long as name and path stay. */
  readonly name: string;
  readonly path: BfdPath;
  /** Milliseconds, 10 to 60000. */
  readonly receiveIntervalMs: number;
  readonly transmitIntervalMs: number;
  /** 1 to 255. */
  readonly detectMultiplier: number;
  /** Sends nothing before it heard the neighbour. */
  readonly passive: boolean;
  readonly authentication?: BfdAuthentication;
}

/** What is known of a session. `remoteState` is absent when nothing is heard. */
export interface BfdSessionReport {
  readonly name: string;
  readonly state: BfdSessionState;
  /** @see RFC 5880 §4.1 */
  readonly diagnostic: number;
  readonly remoteState?: BfdSessionState;
  /** Why there can be no session now, for people. */
  readonly obstacle?: string;
}

export type BfdSessionState = 'AdminDown' | 'Down' | 'Init' | 'Up';

/** Why a packet changed nothing. Bounded: it labels a counter. */
export type BfdPacketDrop =
  /** None of RFC 5880. */
  | 'malformed'
  /** It came over more hops than the session allows: somebody far away pretends to be near. */
  | 'hop-limit'
  /** It belongs to no session that is wanted. */
  | 'unknown-session'
  /** It names a session of another neighbour. */
  | 'another-sender'
  /** More than three times what was agreed on, or too many for sessions that are not known. */
  | 'rate-limit'
  /** It names no session, though its sender says that it has heard us. */
  | 'unknown-session-in-init-or-up'
  /** The session is switched off here. */
  | 'administratively-down'
  /** The session has a key, and the packet none. */
  | 'authentication-missing'
  /** The packet has a key, and the session none. */
  | 'authentication-unexpected'
  /** Another type of authentication, or another key, than the session's. */
  | 'authentication-of-another-kind'
  /** An older sequence number than one that was heard. */
  | 'authentication-sequence'
  /** The digest is not made with the key. */
  | 'authentication-failed';

export interface BfdCounters {
  readonly received: number;
  readonly sent: number;
  readonly sendFailures: number;
  readonly drops: Readonly<Partial<Record<BfdPacketDrop, number>>>;
  /** By name of the session: what of the above was of it. */
  readonly sessions: Readonly<Record<string, BfdSessionCounters>>;
}

export interface BfdSessionCounters {
  readonly received: number;
  readonly sent: number;
}

export interface BfdPlaneListener {
  /** A session is not what was told of it last. */
  changed(report: BfdSessionReport): void;
  /** What was counted since the last call; at most once a second. */
  counted(counters: BfdCounters): void;
  /** The plane died; no session lives any more. */
  failed(error: Error): void;
}

/** Keeps BFD sessions. It may run in a thread of its own, so what crosses is plain data. @see RFC 5880 */
export interface BfdPlane {
  start(listener: BfdPlaneListener): void;
  /** Makes these the sessions: others end as AdminDown. Said twice it changes nothing. */
  set(sessions: readonly BfdSessionSettings[]): void;
  /** Ends all as AdminDown. */
  stop(): Promise<void>;
}

export interface BfdDatagram {
  /** Valid only during the call. */
  readonly octets: Uint8Array;
  readonly from: IpAddress;
  /** By which it came. */
  readonly interface: string;
  /** TTL or hop limit, as it came. */
  readonly hopLimit: number;
}

export type BfdHops = 'single-hop' | 'multihop';

/** The sockets of BFD. @see RFC 5881 §4, RFC 5883 §5 */
export interface BfdSockets {
  /**
   * Hears what comes to the port of all addresses of both families. `received` must not throw.
   * @throws BfdSocketError
   */
  listen(hops: BfdHops, received: (datagram: BfdDatagram) => void): BfdListener;
  /** A source port of its own, 49152 to 65535, TTL 255. @throws BfdSocketError */
  open(path: BfdPath): BfdSender;
}

export interface BfdListener {
  /** Idempotent. */
  close(): void;
}

export interface BfdSender {
  /** False when the kernel did not take it. Never throws. */
  send(octets: Uint8Array): boolean;
  /** Idempotent. */
  close(): void;
}

/** Why a socket could not be had; the message is one sentence for people. */
export class BfdSocketError extends Error {
  override readonly name = 'BfdSocketError';
}
