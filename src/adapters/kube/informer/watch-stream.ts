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
  // BOUNDED: MAX_LINE_BYTES.
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const watchdog = (): { cancel(): void } =>
    timers.start(idleMs, () => response.destroy(new SilentWatchError(`silent for ${idleMs / 1000} s`)));
  let timer = watchdog();
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      timer.cancel();
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        const last = chunk.subarray(from, end);
        const line = pendingBytes === 0 ? last : Buffer.concat([...pending, last]);
        pending = [];
        pendingBytes = 0;
        from = end + 1;
        if (line.length > 0) yield line.toString('utf8');
      }
      if (from < chunk.length) {
        pending.push(chunk.subarray(from));
        pendingBytes += chunk.length - from;
        if (pendingBytes > MAX_LINE_BYTES) throw new Error(`a watch event is larger than ${MAX_LINE_BYTES} bytes`);
      }
      timer = watchdog();
    }
  } finally {
    timer.cancel();
    response.destroy();
  }
}
