import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What one path answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HttpEndpointOptions {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Present: HTTPS with this certificate, as PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Path without query → answer. Paths below a listed one do not match. */
  readonly routes: ReadonlyMap<string, () => HttpAnswer | Promise<HttpAnswer>>;
}

const REQUEST_TIMEOUT_MS = 5_000;
/** Probes and Prometheus are few, and each connection is one request. */
const MAX_CONNECTIONS = 64;

/** Serves a few fixed read-only paths; everything else is 404, every verb but GET and HEAD is 405. */
export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  #server: Server | undefined;
  /** Those in a TLS handshake too. BOUNDED: by MAX_CONNECTIONS. */
  readonly #sockets = new Set<Socket>();

  constructor(options: HttpEndpointOptions) {
    this.#options = options;
  }

  /** @returns the port that it listens on. @throws Error in one clear line when the port cannot be had. */
  async start(): Promise<number> {
    const { host, port, tls } = this.#options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response);
    const limits = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
    const server = tls ? createHttpsServer({ ...tls, ...limits }, listener) : createHttpServer(limits, listener);
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`)));
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Cuts the requests of now: a client that never ends its own would keep the process from ending. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#route(request);
    response.writeHead(answer.status, { 'content-type': answer.contentType, connection: 'close' });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  async #route(request: IncomingMessage): Promise<HttpAnswer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return textAnswer(405, 'method not allowed');
    const route = this.#options.routes.get(request.url?.split('?')[0] ?? '');
    if (route === undefined) return textAnswer(404, 'not found');
    try {
      return await route();
    } catch (error) {
      return textAnswer(500, error instanceof Error ? error.message : 'failed');
    }
  }
}

export function textAnswer(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` };
}
