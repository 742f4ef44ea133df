import {
  BEFORE_OPEN,
  BgpError,
  type BgpMessage,
  decodeMessage,
  encodeMessage,
  MessageFramer,
  type SessionContext,
} from '../../core/codec/bgp/index.ts';
import type { ConnectionId, ConnectionTimer, PeerEvent } from '../../core/fsm/bgp/index.ts';
import type { ByteStream } from '../../ports/stream-connector.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';

/** Reading goes on this long before others have their turn: a router may send a full table. */
const READ_BUDGET_MS = 2;
/** Messages between two looks at the clock. */
const MESSAGES_PER_LOOK = 32;
/** Longer than a turn of the event loop: what the kernel has of the peer is read within it. */
const LAST_LOOK_MS = 50;
/** How long our last words may take to leave. */
const CLOSE_WITHIN_MS = 1000;

export interface ConnectionDependencies {
  readonly stream: ByteStream;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told what comes; may close the connection. */
  readonly event: (event: PeerEvent) => void;
}

/** One TCP connection with a peer: octets in, events out; messages in, octets out. */
export class Connection {
  readonly id: ConnectionId;
  readonly stream: ByteStream;
  readonly #dependencies: ConnectionDependencies;
  readonly #framer = new MessageFramer();
  /** BOUNDED: by the kinds of timers. */
  readonly #timers = new Map<ConnectionTimer, Timer>();
  #context: SessionContext = BEFORE_OPEN;
  #resume: Timer | undefined;
  #closed = false;

  constructor(id: ConnectionId, dependencies: ConnectionDependencies) {
    this.id = id;
    this.stream = dependencies.stream;
    this.#dependencies = dependencies;
  }

  /** Both OPENs agree: how messages are read and written from now on. */
  negotiated(context: SessionContext): void {
    this.#context = context;
    this.#framer.maxLength = context.maxReceivedLength;
  }

  received(octets: Uint8Array): void {
    if (this.#closed) return;
    this.#framer.push(octets);
    if (this.#resume === undefined) this.#read();
  }

  send(message: BgpMessage): void {
    this.stream.write(encodeMessage(message, this.#context));
  }

  startTimer(timer: ConnectionTimer, afterMs: number): void {
    const expired = (): void => this.#dependencies.event({ kind: 'expired', timer, connection: this.id });
    // It may be this thread that was late, not the peer: what waits in the socket is read before silence is believed.
    const due = timer === 'hold' ? () => this.#setTimer(timer, LAST_LOOK_MS, expired) : expired;
    this.#setTimer(timer, afterMs, due);
  }

  stopTimer(timer: ConnectionTimer): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.delete(timer);
  }

  /** Says nothing more; what was sent still leaves. Resolves when the connection is gone. */
  close(): Promise<void> {
    this.lost();
    return this.stream.close(CLOSE_WITHIN_MS);
  }

  /** The stream ended by itself. */
  lost(): void {
    this.#closed = true;
    this.#resume?.cancel();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #setTimer(timer: ConnectionTimer, afterMs: number, due: () => void): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.set(timer, this.#dependencies.timers.start(afterMs, due));
  }

  #read(): void {
    const untilMs = this.#dependencies.clock.nowMs() + READ_BUDGET_MS;
    for (let count = 1; this.#readOne(); count += 1) {
      if (count % MESSAGES_PER_LOOK === 0 && this.#dependencies.clock.nowMs() > untilMs) {
        this.#readLater();
        return;
      }
    }
  }

  /** Not before others had their turn; the peer waits, so that nothing piles up here. */
  #readLater(): void {
    this.stream.pause();
    this.#resume = this.#dependencies.timers.start(0, () => {
      this.#resume = undefined;
      this.stream.resume();
      this.#read();
    });
  }

  /** False when there is no whole message, or nobody to read it any more. */
  #readOne(): boolean {
    if (this.#closed) return false;
    try {
      const octets = this.#framer.next();
      if (octets === undefined) return false;
      const message = decodeMessage(octets, this.#context);
      this.#dependencies.event({ kind: 'received', connection: this.id, message });
      return true;
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      const { notification, detail } = error;
      this.#dependencies.event({ kind: 'malformed', connection: this.id, notification, detail });
      return false;
    }
  }
}
