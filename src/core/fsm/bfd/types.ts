import type { BfdPacket, BfdState } from '../../codec/bfd/index.ts';

/** What one end of a session asks for. @see RFC 5880 §6.8.1 */
export interface BfdConfig {
  /** A passive end sends nothing before it has heard the other. @see RFC 5880 §6.1 */
  readonly role: 'active' | 'passive';
  /** Microseconds, 1 or more. */
  readonly desiredMinTxIntervalUs: number;
  /** Microseconds, 1 or more. */
  readonly requiredMinRxIntervalUs: number;
  /** 1 to 255. */
  readonly detectMultiplier: number;
}

/** What the last packet of the other end said. */
export interface RemoteSystem {
  readonly discriminator: number;
  readonly state: BfdState;
  readonly diagnostic: number;
  readonly demand: boolean;
  readonly detectMultiplier: number;
  readonly desiredMinTxIntervalUs: number;
  readonly requiredMinRxIntervalUs: number;
  /** When it counts as dead unless it is heard before. */
  readonly detectAtMs: number;
}

/** The state variables of a session. @see RFC 5880 §6.8.1 */
export interface BfdSession {
  readonly sessionState: BfdState;
  readonly localDiscriminator: number;
  /** Why the session is in this state: `Diagnostic`. */
  readonly diagnostic: number;
  /** Undefined until a packet came, and again after a Detection Time of silence. */
  readonly remote?: RemoteSystem;
  /** As the packets say it; microseconds. */
  readonly desiredMinTxIntervalUs: number;
  readonly requiredMinRxIntervalUs: number;
  /** What is kept to until the other end has confirmed the former two. @see RFC 5880 §6.8.3 */
  readonly inEffect: { readonly desiredMinTxIntervalUs: number; readonly requiredMinRxIntervalUs: number };
  /** Whether a Poll Sequence is under way. @see RFC 5880 §6.5 */
  readonly polling: boolean;
  /** When the next periodic packet is due; undefined when none is. */
  readonly sendAtMs?: number;
}

interface Moment {
  readonly nowMs: number;
  /** Uniform in [0, 1): jitter. */
  readonly draw: number;
}

export type BfdEvent = Moment &
  (
    | { readonly kind: 'start' }
    /** A packet for this session that was decoded and, where keys are in use, authenticated. */
    | { readonly kind: 'received'; readonly packet: BfdPacket }
    /** The time that the last `wake` named has come. */
    | { readonly kind: 'due' }
    /** `config` is another one than before. */
    | { readonly kind: 'reconfigured' }
    /** Administratively down, which is said each time, and up again. @see RFC 5880 §6.8.16 */
    | { readonly kind: 'disable' }
    | { readonly kind: 'enable' }
  );

/** Why a packet changed nothing. Bounded: it labels a counter. */
export type BfdDropReason =
  /** It says Init or Up but does not know this session. @see RFC 5880 §6.8.6 */
  'unknown-session-in-init-or-up' | 'administratively-down';

/** What somebody who depends on the path has to know. */
export interface BfdReport {
  readonly state: BfdState;
  readonly diagnostic: number;
  /** Undefined when nothing is heard. */
  readonly remoteState?: BfdState;
  readonly remoteDiagnostic?: number;
}

export type BfdAction =
  | { readonly kind: 'send'; readonly packet: BfdPacket }
  | { readonly kind: 'report'; readonly report: BfdReport }
  | { readonly kind: 'drop'; readonly reason: BfdDropReason }
  /** Send `due` at this time; replaces any earlier wish. Undefined = there is nothing to wait for. */
  | { readonly kind: 'wake'; readonly atMs: number | undefined };

export interface BfdStep {
  readonly state: BfdSession;
  readonly actions: readonly BfdAction[];
}
