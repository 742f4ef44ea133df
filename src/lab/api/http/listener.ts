import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { ApiHandler } from './api-handler.ts';
import type { ServerIdentity } from './certificates.ts';

/** The listening socket and its connections, which `close` takes away and `listen` brings back. */
export class Listener {
  readonly #identity: ServerIdentity;
  readonly #handler: ApiHandler;
  #server: Server | undefined;
  /** TCP sockets by the address and port of the client: a TLS socket cannot be reset itself. BOUNDED: by connections. */
  readonly #sockets = new Map<string, Socket>();

  constructor(options: { readonly identity: ServerIdentity }, dependencies: { readonly handler: ApiHandler }) {
    this.#identity = options.identity;
    this.#handler = dependencies.handler;
  }

  /** The port that it listens on. */
  async listen(host: string, port: number): Promise<number> {
    const { certificate, key } = this.#identity;
    const server = createServer({ cert: certificate, key, keepAliveTimeout: 60_000 }, (incoming, response) => {
      const client = clientOf(incoming.socket);
      void this.#handler.handle(incoming, response, () => this.#sockets.get(client)?.resetAndDestroy());
    });
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      const client = clientOf(socket);
      this.#sockets.set(client, socket);
      socket.on('close', () => this.#sockets.delete(client));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('a TCP socket has a port');
    return address.port;
  }

  /** Stops listening and resets every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    await closed;
  }
}

function clientOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`;
}
