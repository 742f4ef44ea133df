import type { ControllerLink, ControllerLinkHandler, SpeakerMessage } from '../../src/ports/channel.ts';

/** A link to a controller that the test plays. */
export class FakeLink implements ControllerLink {
  readonly sent: SpeakerMessage[] = [];
  handler: ControllerLinkHandler | undefined;
  #connected = false;
  #fail: ((error: Error) => void) | undefined;

  start(handler: ControllerLinkHandler, signal: AbortSignal): Promise<void> {
    this.handler = handler;
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      signal.addEventListener('abort', () => {
        this.disconnect();
        resolve();
      });
    });
  }

  send(message: Exclude<SpeakerMessage, { kind: 'hello' }>): void {
    if (this.#connected) this.sent.push(message);
  }

  connect(): void {
    this.#connected = true;
    if (this.handler !== undefined) this.sent.push(this.handler.hello());
    this.handler?.connected(true);
  }

  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.handler?.connected(false);
  }

  break(error: Error): void {
    this.#fail?.(error);
  }

  /** What was sent since the last call. */
  takeSent(): SpeakerMessage[] {
    return this.sent.splice(0);
  }
}
