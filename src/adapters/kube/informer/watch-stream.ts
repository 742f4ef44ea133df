import type { IncomingMessage } from 'node:http';
import type { Timers } from '../../../ports/time.ts';

const NEWLINE = 0x0a;
/** etcd refuses objects over 1.5 MiB; JSON and a Service's managedFields stay far below ten times that. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** The watch was silent for longer than a server that lives would be. */
export class SilentWatchError extends Error {
  override readonly name = 'SilentWatchError';
}

/**
 * The lines of a watch, as they come. Ends when the server ends the stream. Throws a SilentWatchError after `idleMs` without
 * a byte: a server that lives sends at least bookmarks.
 */
export async function* watchLines(response: IncomingMessage, idleMs: number, timers: Timers): AsyncGenerator<string> {
  const lines = new LineCutter();
  const watchdog = (): { cancel(): void } =>
    timers.start(idleMs, () => response.destroy(new SilentWatchError(`silent for ${idleMs / 1000} s`)));
  let timer = watchdog();
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      timer.cancel();
      yield* lines.cut(chunk);
      timer = watchdog();
    }
  } finally {
    timer.cancel();
    response.destroy();
  }
}

/** Keeps the line that has begun and not ended. */
class LineCutter {
  /** BOUNDED: MAX_LINE_BYTES. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** The lines that end in this chunk, but empty ones. @throws Error when one is longer than any of Kubernetes */
  *cut(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, end);
      const line = this.#pendingBytes === 0 ? last : Buffer.concat([...this.#pending, last]);
      this.#pending = [];
      this.#pendingBytes = 0;
      from = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (from === chunk.length) return;
    this.#pending.push(chunk.subarray(from));
    this.#pendingBytes += chunk.length - from;
    if (this.#pendingBytes > MAX_LINE_BYTES) throw new Error(`a watch event is larger than ${MAX_LINE_BYTES} bytes`);
  }
}
