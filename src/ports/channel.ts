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
    }
  | { readonly kind: 'ack'; readonly revision: number }
  | { readonly kind: 'reject'; readonly revision: number; readonly address?: IpAddress; readonly reason: string }
  /** The interfaces and claims of the node, whole, whenever they change. */
  | { readonly kind: 'report'; readonly interfaces: readonly InterfaceReport[]; readonly claims: readonly Claim[] }
  /** A planned stop: hand everything over, then revoke it. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'heartbeat' };

/** Why a session ended or was refused; each has one gRPC status, written in the proto file. */
export type SessionEnd =
  | 'unauthenticated'
  | 'permission-denied'
  | 'not-leader'
  | 'already-connected'
  | 'replaced'
  | 'protocol-error'
  | 'silent'
  | 'too-slow'
  | 'shutting-down'
  | 'transport';

/** Controller side: one authenticated stream of one speaker. */
export interface SpeakerSession {
  /** Proven by the token, not merely said by the speaker. */
  readonly nodeName: string;
  /**
   * Queues a message. False when the transport is full: send nothing more before `drained` is called, so that a slow reader
   * costs bounded memory.
   */
  send(message: ControllerMessage): boolean;
  close(end: SessionEnd, detail: string): void;
}

/** What the controller does with sessions. Called in order for one session: opened, then received and drained, then closed. */
export interface SpeakerSessionHandler {
  opened(session: SpeakerSession, hello: Extract<SpeakerMessage, { kind: 'hello' }>): void;
  received(session: SpeakerSession, message: Exclude<SpeakerMessage, { kind: 'hello' }>): void;
  drained(session: SpeakerSession): void;
  closed(session: SpeakerSession, end: SessionEnd): void;
}

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
  received(message: ControllerMessage): void;
  /** The session of now began or ended. */
  connected(connected: boolean): void;
}
