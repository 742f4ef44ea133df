import type {
  ControllerMessage,
  SessionEnd,
  SpeakerSession,
  SpeakerSessionHandler,
} from '../../../src/ports/channel.ts';

/** A session whose transport takes `capacity` messages before it is full, and whose far end reads when told to. */
export class FakeSession implements SpeakerSession {
  readonly nodeName: string;
  readonly podUid: string;
  /** Sent and not read. */
  readonly queue: ControllerMessage[] = [];
  readonly read: ControllerMessage[] = [];
  end: SessionEnd | undefined;
  mostQueued = 0;
  readonly #handler: SpeakerSessionHandler;
  readonly #capacity: number;
  #full = false;

  constructor(handler: SpeakerSessionHandler, nodeName: string, options: { podUid?: string; capacity?: number } = {}) {
    this.#handler = handler;
    this.nodeName = nodeName;
    this.podUid = options.podUid ?? 'uid-1';
    this.#capacity = options.capacity ?? 16;
  }

  send(message: ControllerMessage): boolean {
    if (this.end !== undefined) return false;
    this.queue.push(message);
    this.mostQueued = Math.max(this.mostQueued, this.queue.length);
    this.#full = this.queue.length >= this.#capacity;
    return !this.#full;
  }

  close(end: SessionEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#handler.closed(this, end);
  }

  /** The far end reads one message. */
  readOne(): ControllerMessage | undefined {
    const message = this.queue.shift();
    if (message !== undefined) this.read.push(message);
    if (this.#full && this.queue.length === 0 && this.end === undefined) {
      this.#full = false;
      this.#handler.drained(this);
    }
    return message;
  }

  /** Everything that was sent so far, without heartbeats. */
  get sent(): readonly ControllerMessage[] {
    return [...this.read, ...this.queue].filter(({ kind }) => kind !== 'heartbeat');
  }
}
