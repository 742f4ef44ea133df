import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Timers } from '../../../ports/time.ts';

/** One HTTP request as it goes on the wire. */
export interface Exchange {
  /** With the server's scheme, host and port: to parse a URL for each request would cost more than all else that we add. */
  readonly options: RequestOptions;
  readonly body: string | undefined;
  /** From the start until the head of the answer is there. */
  readonly headTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** No answer came. `code` is Node's. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly code: string;
  /** The server had closed a kept connection that we took: nothing was answered, asking again is right. */
  readonly staleConnection: boolean;

  constructor(message: string, code: string, staleConnection: boolean) {
    super(message);
    this.code = code;
    this.staleConnection = staleConnection;
  }
}

/** Sends a request and resolves with the head of its answer. Rejects with a NoAnswerError, or the signal's reason. */
export function exchange({ options, body, headTimeoutMs, signal }: Exchange, timers: Timers): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = options.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(options);
    const timer = timers.start(headTimeoutMs, () =>
      request.destroy(Object.assign(new Error(`no answer within ${headTimeoutMs / 1000} s`), { code: 'ETIMEDOUT' })),
    );
    const onAbort = (): void => void request.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('response', (response) => {
      timer.cancel();
      response.on('close', () => signal?.removeEventListener('abort', onAbort));
      resolve(response);
    });
    request.on('error', (error) => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      reject(signal?.aborted ? error : noAnswer(error, request));
    });
    if (signal?.aborted) onAbort();
    else request.end(body);
  });
}

function noAnswer(error: NodeJS.ErrnoException, request: ClientRequest): NoAnswerError {
  const code = error.code ?? 'UNKNOWN';
  const stale = request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
  // Node names no cause when every address of a host refused.
  const message =
    error instanceof AggregateError ? (error.errors as Error[]).map((each) => each.message).join(', ') : error.message;
  return new NoAnswerError(message, code, stale);
}

/** The whole body of an answer as text. Rejects with a NoAnswerError when it breaks off or grows over `maxBytes`. */
export function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  // By events: with an async iterator a small request costs a tenth more processor time.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes)
        response.destroy(new NoAnswerError(`the answer is larger than ${maxBytes} bytes`, 'ETOOBIG', false));
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', (error) =>
      reject(error instanceof NoAnswerError ? error : new NoAnswerError(error.message, 'EBODY', false)),
    );
  });
}
