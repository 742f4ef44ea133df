import type { IpAddress, MacAddress } from '../core/net/index.ts';
import type { BgpControllerMessage, BgpSpeakerMessage } from './bgp-channel.ts';

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
  /** It is known to be free on the LAN, or was announced before: no probe before the first announcement. @see RFC 5227 §2.1 */
  readonly probed?: boolean;
}

/** A node that shares a list of candidates with this one: the two exchange hellos. */
export interface Neighbour {
  readonly nodeName: string;
  /** Of the node, for hellos and to ask whether its kernel lives; at most one of each family. Empty: not known yet. */
  readonly addresses: readonly IpAddress[];
}

/** What hellos are authenticated with, HMAC-SHA256. */
export interface HelloKey {
  /** 0 to 255, as hellos name it. */
  readonly id: number;
  /** 32 octets. */
  readonly key: Uint8Array;
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
  /** 0: by the grant itself. A takeover without the controller raises it. */
  readonly term: number;
  /** For how long the node has owned it, when that was said; 0 at a takeover. */
  readonly heldForMs?: number;
  /** Why it became the owner: a word of the ownership machine. */
  readonly reason?: string;
  /** From the last sign of the former owner to the first claim of this one. */
  readonly gapMs?: number;
}

/** What a speaker knows of a neighbour by itself. */
export interface NeighbourReport {
  readonly nodeName: string;
  readonly state: NeighbourState;
}

export type NeighbourState =
  /** Never heard: that proves nothing. */
  | 'never-heard'
  | 'heard'
  /** Its speaker says that it stops, or that it has just started: it is stood in for. */
  | 'leaving'
  /** Its speaker is silent, its kernel answers: it is stood in for. */
  | 'stopped'
  /** Speaker and kernel are silent. */
  | 'down'
  /** It speaks, but hears nobody, and its kernel is silent. */
  | 'deaf';

/** A foreign station that uses an address. */
export interface ForeignStation {
  readonly address: IpAddress;
  readonly interface: string;
  readonly mac: MacAddress;
}

/** By what a foreign station was noticed. @see RFC 5227 §2.1.1, §2.4; RFC 4862 §5.4 */
export type ConflictSign =
  /** It answered when the node asked whether the address is free: the node does not announce it, and asks again. */
  | 'answer'
  /** It claims the address, which the node announces: the node goes on, and defends it once in ten seconds. */
  | 'announcement'
  /** It sends with the MAC of the node's interface; the address is one that it has, not one of ours. */
  | 'own-mac'
  /** It answers even for an address that no host can have: what it answers is not believed. */
  | 'every-address';

/** What the controller learns of an address that it asked about. */
export interface ProbeResult {
  readonly address: IpAddress;
  /** Who answered for it; empty: nobody did, it is free. */
  readonly stations: readonly Omit<ForeignStation, 'address'>[];
  /** Present when nobody could be asked: no interface is up, say. */
  readonly failure?: string;
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
  /**
   * The neighbours of the node, whole, whenever they change; at most 32: 16, and in a drain more. Sent before the grants that
   * make them so.
   */
  | {
      readonly kind: 'neighbours';
      readonly neighbours: readonly Neighbour[];
      /** Of this node, as its neighbours know it. */
      readonly ownAddresses: readonly IpAddress[];
    }
  /** At most 2, whole: the first is for sending, each is good for receiving. */
  | { readonly kind: 'hello-keys'; readonly keys: readonly HelloKey[] }
  /** Ask the LAN who has these addresses, which the node need not be granted; answered by `probed`. */
  | { readonly kind: 'probe'; readonly requestId: number; readonly addresses: readonly IpAddress[] }
  /** Claim these addresses once more, as far as the node owns them: others were seen to answer. */
  | { readonly kind: 'reclaim'; readonly addresses: readonly IpAddress[] }
  | BgpControllerMessage
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
      /** What it understands beyond the rest of this file. */
      readonly features?: readonly ChannelFeature[];
    }
  /** Everything up to this revision is carried out. One for each snapshot and delta: the next delta waits for it. */
  | { readonly kind: 'ack'; readonly revision: number }
  /** One grant of the revision, or the whole of it when there is no address, cannot be carried out. Counts as an ack. */
  | { readonly kind: 'reject'; readonly revision: number; readonly address?: IpAddress; readonly reason: string }
  /** The interfaces and claims of the node, whole, whenever they change. */
  | { readonly kind: 'report'; readonly interfaces: readonly InterfaceReport[]; readonly claims: readonly Claim[] }
  /** What changed in the claims since the last report: as good as a report, and small when a node claims thousands. */
  | { readonly kind: 'claims'; readonly made: readonly Claim[]; readonly dropped: readonly IpAddress[] }
  /** What it knows of its neighbours, whole, whenever a state changes and after every hello of a session. */
  | { readonly kind: 'neighbourhood'; readonly neighbours: readonly NeighbourReport[] }
  /** The LAN was asked who has an address that a neighbour announces. */
  | {
      readonly kind: 'verified';
      readonly address: IpAddress;
      /** The neighbour that announces it, as this speaker believes. */
      readonly owner: string;
      /** One answered, and its MAC is the owner's. */
      readonly agrees: boolean;
      /** Empty: nobody answered. */
      readonly answeredBy: readonly MacAddress[];
    }
  /** A foreign station has an address that was granted to this node, or is otherwise in its way. */
  | (ForeignStation & { readonly kind: 'conflict'; readonly seen: ConflictSign })
  /** No foreign station has the address any more. Not said when the node has no more to do with it. */
  | { readonly kind: 'conflict-over'; readonly address: IpAddress; readonly interface: string }
  | { readonly kind: 'probed'; readonly requestId: number; readonly results: readonly ProbeResult[] }
  /** The kernel holds an address that the node announces, and answers ARP for it whatever the grants. Said again while it lasts. */
  | { readonly kind: 'kernel-answers'; readonly address: IpAddress; readonly interface: string }
  /** The kernel joins no multicast group on the interface: solicitations may not come through. Said again while it lasts. */
  | { readonly kind: 'groups-refused'; readonly interface: string }
  | BgpSpeakerMessage
  /** A planned stop: hand everything over, then revoke it. Nothing is granted any more; with no grant left, it may go. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'heartbeat' };

/** `bgp`: the messages of bgp-channel.ts. */
export type ChannelFeature = 'bgp';

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
  received(message: Exclude<ControllerMessage, { kind: 'welcome' | 'heartbeat' }>): void;
  /** The session of now began or ended. */
  connected(connected: boolean): void;
}
