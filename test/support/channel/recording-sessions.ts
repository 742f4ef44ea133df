import type { SessionEnd, SpeakerMessage, SpeakerSession, SpeakerSessionHandler } from '../../../src/ports/channel.ts';

/** A session handler that keeps what it is told, and may do something when a session opens. */
export class RecordingSessions implements SpeakerSessionHandler {
  readonly sessions: SpeakerSession[] = [];
  readonly hellos: Extract<SpeakerMessage, { kind: 'hello' }>[] = [];
  readonly messages: SpeakerMessage[] = [];
  readonly ends: SessionEnd[] = [];
  drains = 0;
  readonly #onOpened: (session: SpeakerSession) => void;

  constructor(onOpened: (session: SpeakerSession) => void = () => undefined) {
    this.#onOpened = onOpened;
  }

  opened(session: SpeakerSession, hello: Extract<SpeakerMessage, { kind: 'hello' }>): void {
    this.sessions.push(session);
    this.hellos.push(hello);
    this.#onOpened(session);
  }

  received(_session: SpeakerSession, message: Exclude<SpeakerMessage, { kind: 'hello' }>): void {
    this.messages.push(message);
  }

  drained(): void {
    this.drains += 1;
  }

  closed(_session: SpeakerSession, end: SessionEnd): void {
    this.ends.push(end);
  }
}
