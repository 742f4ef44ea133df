import type { IpAddress, MacAddress } from '../core/net/index.ts';

/**
 * Ages a grant. The larger (generation, counter) is the newer: `generation` grows with every change of leader (it is taken
 * from the Lease), `counter` with every change that one leader makes.
 */
export interface Epoch {
  readonly generation: number;
  readonly counter: number;
}

/** Who may announce an address, as the controller decided it. */
export interface Grant {
  readonly address: IpAddress;
  readonly epoch: Epoch;
  /** Node names, best first, at most 3. The first is to own the address. */
  readonly candidates: readonly string[];
  /** Names of the interfaces that may answer; undefined = every eligible one. */
  readonly interfaces?: readonly string[];
}

/** An interface of a node on which a speaker can announce. */
export interface InterfaceReport {
  readonly name: string;
  readonly mac: MacAddress;
  readonly up: boolean;
}

/** An address that a speaker announces now, by the grant of this epoch. */
export interface Claim {
  readonly address: IpAddress;
  readonly epoch: Epoch;
}

export type ControllerMessage =
  | { readonly kind: 'welcome'; readonly heartbeatIntervalMs: number }
  /** The whole state of the world for this node: what is not in it is revoked. */
  | { readonly kind: 'snapshot'; readonly revision: number; readonly grants: readonly Grant[] }
  | {
      readonly kind: 'delta';
      readonly revision: number;
      readonly grants: readonly Grant[];
      readonly revoked: readonly IpAddress[];
    }
  | { readonly kind: 'heartbeat' };

export type SpeakerMessage =
  /** Always the first message of a session. */
  | {
      readonly kind: 'hello';
      readonly nodeName: string;
      /** Made anew by every start of the process. */
      readonly instanceId: string;
      readonly version: string;
      readonly interfaces: readonly InterfaceReport[];
      readonly claims: readonly Claim[];
      /** Of the grants that it holds; absent when it holds none. A grant that is older would be refused. */
      readonly newestEpoch?: Epoch;
    }
  /** Everything up to this revision is carried out. One for each snapshot and delta: the next delta waits for it. */
  | { readonly kind: 'ack'; readonly revision: number }
  /** One grant of the revision, or the whole of it when there is no address, cannot be carried out. Counts as an ack. */
  | { readonly kind: 'reject'; readonly revision: number; readonly address?: IpAddress; readonly reason: string }
  /** The interfaces and claims of the node, whole, whenever they change. */
  | { readonly kind: 'report'; readonly interfaces: readonly InterfaceReport[]; readonly claims: readonly Claim[] }
  /** What changed in the claims since the last report: as good as a report, and small when a node claims thousands. */
  | { readonly kind: 'claims'; readonly made: readonly Claim[]; readonly dropped: readonly IpAddress[] }
  /** A planned stop: hand everything over, then revoke it. Nothing is granted any more; with no grant left, it may go. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'heartbeat' };

/** Why a session ended or was refused; each has one gRPC status, written in the proto file. */
export type SessionEnd =
  | 'unauthenticated'
  | 'permission-denied'
  /** The API server could not be asked about the token. */
  | 'unverifiable'
  | 'not-leader'
  | 'already-connected'
  | 'replaced'
  | 'protocol-error'
  | 'silent'
  | 'too-slow'
  | 'shutting-down'
  | 'transport';

/** Who shows a token, as the API server vouches for it. */
export interface SpeakerIdentity {
  readonly nodeName: string;
  readonly podName: string;
  readonly podUid: string;
  /** How long the token is still good, in milliseconds from the moment of the verdict; 0 when it is past its time. */
  readonly remainingMs: number;
}

export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly identity: SpeakerIdentity }
  /** Not a token, or not for us, or no longer: UNAUTHENTICATED. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** A good token of somebody who is not a speaker: PERMISSION_DENIED. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** Nobody could tell: UNAVAILABLE, try again. */
  | { readonly kind: 'unverifiable'; readonly reason: string };

export interface TokenVerifier {
  /** Never rejects: what cannot be verified is a verdict too. */
  verify(token: string): Promise<TokenVerdict>;
}

/** Controller side: one authenticated stream of one speaker. */
export interface SpeakerSession {
  /** Proven by the token, not merely said by the speaker. */
  readonly nodeName: string;
  /** Proven by the token. */
  readonly podUid: string;
  /**
   * Queues a message. False when the transport is full: send nothing more before `drained` is called, so that a slow reader
   * costs bounded memory.
   */
  send(message: ControllerMessage): boolean;
  /** Ends the session; `closed` follows. Idempotent. */
  close(end: SessionEnd, detail: string): void;
}

/**
 * What the controller does with sessions. Called in order for one session: opened, then received and drained, then closed,
 * exactly once, whoever ended it.
 */
export interface SpeakerSessionHandler {
  opened(session: SpeakerSession, hello: Extract<SpeakerMessage, { kind: 'hello' }>): void;
  received(session: SpeakerSession, message: Exclude<SpeakerMessage, { kind: 'hello' }>): void;
  drained(session: SpeakerSession): void;
  closed(session: SpeakerSession, end: SessionEnd): void;
}

/** Controller side: where speakers dial. Runs in every replica, but takes sessions only in the one that leads. */
export interface SpeakerServer {
  /** Binds, and refuses everybody as `not-leader`. Resolves with the port once bound. Aborting `signal` ends it for good. */
  listen(signal: AbortSignal): Promise<number>;
  /** Takes sessions until `signal` aborts; those of then are closed as `not-leader`. One handler at a time. */
  serve(handler: SpeakerSessionHandler, signal: AbortSignal): void;
}

/** What `grpc.health.v1` says to the kubelet: see `HealthService` for the names. */
export interface HealthReporter {
  /** Anything not set yet is not serving. */
  set(service: HealthService, serving: boolean): void;
}

/**
 * The empty name is the whole process: serving when it is alive and ready. `liveness`: it still turns its event loop.
 * `readiness`: caches synced, or sockets open. `leader`: this replica leads.
 */
export type HealthService = '' | 'liveness' | 'readiness' | 'leader';

/** Speaker side: the stream to whichever controller leads, re-dialled for as long as the process lives. */
export interface ControllerLink {
  /** Dials until `signal` aborts. Between sessions nothing is called and nothing changes. */
  start(handler: ControllerLinkHandler, signal: AbortSignal): Promise<void>;
  /** Sends on the session of now; without one the message is dropped, since the next hello says it all. */
  send(message: Exclude<SpeakerMessage, { kind: 'hello' }>): void;
}

export interface ControllerLinkHandler {
  /** Called for each new session, to say who we are. */
  hello(): Extract<SpeakerMessage, { kind: 'hello' }>;
  /** Snapshots whole, whatever number of messages they came in. The link keeps welcomes and heartbeats to itself. */
  received(message: Extract<ControllerMessage, { kind: 'snapshot' | 'delta' }>): void;
  /** The session of now began or ended. */
  connected(connected: boolean): void;
}
