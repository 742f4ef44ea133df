import { createServer, type Server, type Socket } from 'node:net';

export interface ListenerOptions {
  /** Address to bind: `::` takes both families where the host has both. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly maxConnections: number;
}

/**
 * A listening TCP socket whose connections stay in our hands. grpc-js can end a stream only when the far end reads; here a
 * connection can be cut whatever the far end does.
 */
export class Listener {
  readonly #server: Server;
  /** By `address:port` of the far end, as grpc-js names a peer. BOUNDED: by maxConnections. */
  readonly #sockets = new Map<string, Socket>();
  readonly #options: ListenerOptions;

  constructor(options: ListenerOptions, accept: (socket: Socket) => void) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      this.#sockets.set(peer, socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(peer));
      accept(socket);
    });
    this.#server.maxConnections = options.maxConnections;
  }

  /** Resolves with the port. @throws Error of the system, for instance EADDRINUSE. */
  async bind(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Ends the connection of a peer at once; what was not sent is lost. */
  cut(peer: string): void {
    this.#sockets.get(peer)?.destroy();
  }

  /** Takes no new connection. Those that are there go on until `cutAll`. */
  close(): void {
    this.#server.close();
  }

  cutAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
