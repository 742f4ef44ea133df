import type { IncomingMessage } from 'node:http';
import type { ApiObject } from '../../kubernetes/api.ts';

const PATIENCE_MS = 10_000;

export interface WatchEvent {
  readonly type: string;
  readonly object: ApiObject;
}

/** An open watch: collects what it is told. */
export class OpenWatch implements Disposable {
  readonly code: number;
  /** BOUNDED: by what a test makes happen. */
  readonly events: WatchEvent[] = [];
  /** Set when the server ended the watch in good order. */
  ended = false;
  readonly #response: IncomingMessage;
  readonly #cut: () => void;
  /** BOUNDED: one for each pending `until`. */
  readonly #waiting = new Set<() => void>();
  #partial = '';

  constructor(response: IncomingMessage, cut: () => void) {
    this.code = response.statusCode ?? 0;
    this.#response = response;
    this.#cut = cut;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#read(chunk));
    response.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    response.on('error', () => this.#wake());
  }

  /** Resolves when the events so far are as wanted. @throws Error when they are not after 10 s */
  async until(isSo: (events: readonly WatchEvent[]) => boolean): Promise<readonly WatchEvent[]> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (!isSo(this.events)) {
      if (deadline.aborted) throw new Error(`the watch was only told ${JSON.stringify(this.events.map(summary))}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        deadline.addEventListener('abort', wake);
      });
    }
    return this.events;
  }

  /** Resolves when the server ended the watch. */
  async end(): Promise<void> {
    await this.until(() => this.ended);
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
    this.#cut();
  }

  #read(chunk: string): void {
    const lines = `${this.#partial}${chunk}`.split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.events.push(JSON.parse(line) as WatchEvent);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** `ADDED name`, which is what most tests compare. */
export function summary(event: WatchEvent): string {
  return `${event.type} ${String(event.object.metadata?.name ?? event.object.reason ?? '')}`;
}
