import type { ServerDuplexStream } from '@grpc/grpc-js';
import type {
  ControllerMessage,
  SessionEnd,
  SpeakerIdentity,
  SpeakerSession,
  SpeakerSessionHandler,
  TokenVerifier,
} from '../../ports/channel.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { ControllerFrame } from './controller-frames.ts';
import { statusOf } from './session-end.ts';
import { framesOf } from './snapshot-parts.ts';
import type { SpeakerFrame } from './speaker-frames.ts';
import type { MalformedFrame } from './wire-values.ts';

export type SessionCall = ServerDuplexStream<SpeakerFrame | MalformedFrame, ControllerFrame | MalformedFrame>;

export interface SpeakerStreamOptions {
  readonly identity: SpeakerIdentity;
  readonly token: string;
  /** How long a session outlives its token, waiting for a fresh one. */
  readonly tokenGraceMs: number;
}

export interface SpeakerStreamDependencies {
  readonly handler: SpeakerSessionHandler;
  readonly verifier: TokenVerifier;
  readonly timers: Timers;
  /** Cuts the connection under the call. */
  readonly cut: () => void;
}

/** Time for a far end that reads to get the status, before the connection is cut. */
const LINGER_MS = 1_000;
/** Pause before the API server is asked again about a token that has ended. */
const REVIEW_RETRY_MS = 30_000;
/** However long a token is good, it is looked at again. Also, timers end at 24 days. */
const LONGEST_REVIEW_MS = 24 * 3_600_000;

/** One session of one speaker whose token is verified and whose hello was right. */
export class SpeakerStream implements SpeakerSession {
  readonly nodeName: string;
  readonly podUid: string;
  readonly #call: SessionCall;
  readonly #dependencies: SpeakerStreamDependencies;
  readonly #tokenGraceMs: number;
  #token: string;
  #tokenTimer: Timer | undefined;
  #ended: SessionEnd | undefined;

  constructor(call: SessionCall, options: SpeakerStreamOptions, dependencies: SpeakerStreamDependencies) {
    this.nodeName = options.identity.nodeName;
    this.podUid = options.identity.podUid;
    this.#call = call;
    this.#dependencies = dependencies;
    this.#tokenGraceMs = options.tokenGraceMs;
    this.#token = options.token;
    this.#reviewIn(options.identity.remainingMs + this.#tokenGraceMs);
    call.on('drain', () => {
      if (this.#ended === undefined) this.#dependencies.handler.drained(this);
    });
  }

  send(message: ControllerMessage): boolean {
    if (this.#ended !== undefined) return false;
    let writable = true;
    for (const frame of framesOf(message)) writable = this.#call.write(frame);
    return writable;
  }

  close(end: SessionEnd, detail: string): void {
    if (this.#ended !== undefined) return;
    this.finish(end);
    this.#call.emit('error', statusOf(end, detail));
    this.#dependencies.timers.start(LINGER_MS, this.#dependencies.cut);
  }

  /** A frame after the hello. */
  receive(frame: SpeakerFrame | MalformedFrame): void {
    if (this.#ended !== undefined) return;
    switch (frame.kind) {
      case 'malformed':
        this.close('protocol-error', frame.reason);
        return;
      case 'hello':
        this.close('protocol-error', 'a second hello');
        return;
      case 'credentials':
        this.#token = frame.token;
        this.#review();
        return;
      default:
        this.#dependencies.handler.received(this, frame);
    }
  }

  /** The session is over; tells the handler, once. */
  finish(end: SessionEnd): void {
    if (this.#ended !== undefined) return;
    this.#ended = end;
    this.#tokenTimer?.cancel();
    this.#dependencies.handler.closed(this, end);
  }

  #reviewIn(delayMs: number): void {
    this.#tokenTimer?.cancel();
    this.#tokenTimer = this.#dependencies.timers.start(Math.min(delayMs, LONGEST_REVIEW_MS), () => this.#review());
  }

  /** Only a definite no ends the session: while the API server is away, nothing changes for running Services. */
  #review(): void {
    const token = this.#token;
    this.#reviewIn(REVIEW_RETRY_MS);
    void this.#dependencies.verifier.verify(token).then((verdict) => {
      if (this.#ended !== undefined || token !== this.#token) return;
      switch (verdict.kind) {
        case 'unverifiable':
          return;
        case 'refused':
          return this.close('unauthenticated', verdict.reason);
        case 'forbidden':
          return this.close('permission-denied', verdict.reason);
        case 'accepted': {
          const { nodeName, podUid, remainingMs } = verdict.identity;
          if (nodeName !== this.nodeName || podUid !== this.podUid) {
            return this.close('permission-denied', 'the fresh token is of another speaker');
          }
          this.#reviewIn(remainingMs + this.#tokenGraceMs);
        }
      }
    });
  }
}
