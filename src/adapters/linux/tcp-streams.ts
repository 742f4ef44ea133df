import { Socket } from 'node:net';
import { familyBits, familyOf, formatIp, isLinkLocalIpv6, prefixOf } from '../../core/net/index.ts';
import {
  type ByteStream,
  type ConnectAttempt,
  type ConnectOptions,
  type ListenOptions,
  type StreamConnector,
  type StreamEnds,
  StreamError,
  type StreamHandler,
  type StreamListener,
} from '../../ports/stream-connector.ts';
import type { Libc } from './libc.ts';
import { TcpListener } from './tcp-listener.ts';
import { TcpSocket } from './tcp-socket.ts';

/** TCP connections whose sockets are made by hand, because Node knows neither TCP-MD5 nor a least TTL. */
export class TcpStreams implements StreamConnector {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  connect(options: ConnectOptions, handler: StreamHandler): ConnectAttempt {
    const { remote, local, port } = options;
    const scope = options.interface === undefined ? 0 : this.#libc.interfaceIndex(options.interface);
    if (options.interface !== undefined && scope === 0)
      throw new StreamError(`this node has no interface ${options.interface}`);
    const socket = TcpSocket.open(familyOf(remote), this.#libc);
    try {
      socket.apply(options);
      if (options.interface !== undefined) socket.bindToDevice(options.interface);
      if (options.password !== undefined)
        socket.setKey(prefixOf(remote, familyBits(familyOf(remote))), options.password);
      if (local !== undefined) socket.bind(local, 0, scope);
    } catch (error) {
      socket.close();
      throw error;
    }
    const stream = new TcpStream(adopted(socket.fd), handler);
    return stream.connect({ host: `${formatIp(remote)}${zoneOf(options)}`, port }, () => ({
      // Not as Node says it, which stumbles over interfaces that it does not know.
      local: socket.local,
      remote,
      ...(options.interface === undefined ? {} : { interface: options.interface }),
    }));
  }

  listen(options: ListenOptions): StreamListener {
    return new TcpListener(options, (fd, ends, handler) => new TcpStream(adopted(fd), handler).begin(ends), this.#libc);
  }
}

/** Not in Node's types: it is not to read before it is connected. */
function adopted(fd: number): Socket {
  return new Socket({ fd, manualStart: true } as ConstructorParameters<typeof Socket>[0]);
}

class TcpStream implements ByteStream {
  readonly #socket: Socket;
  #handler: StreamHandler | undefined;
  #ends: StreamEnds | undefined;
  #why: string | undefined;

  constructor(socket: Socket, handler: StreamHandler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.on('data', (octets) => this.#handler?.received(octets));
    socket.on('end', () => {
      this.#why ??= 'the peer closed the connection';
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#why ??= wordsFor(error, this.#ends !== undefined);
    });
    socket.on('close', () => this.#closed());
    // 'data' starts reading, which an unconnected socket cannot.
    socket.pause();
  }

  get ends(): StreamEnds {
    if (this.#ends === undefined) throw new Error('the stream is not connected yet');
    return this.#ends;
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  /** @param ends called once it is connected */
  connect(to: { readonly host: string; readonly port: number }, ends: () => StreamEnds): ConnectAttempt {
    this.#socket.connect(to, () => this.begin(ends()));
    return {
      abort: () => {
        if (this.#ends !== undefined) return;
        this.#handler = undefined;
        this.#socket.destroy();
      },
    };
  }

  begin(ends: StreamEnds): void {
    this.#ends = ends;
    this.#handler?.connected(this);
    this.#socket.resume();
  }

  write(octets: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(octets, (error) => {
      if (error === null || error === undefined) this.#handler?.sent(this.pending);
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async close(withinMs: number): Promise<void> {
    this.#handler = undefined;
    if (this.#socket.closed) return;
    // What still comes is read and thrown away: a socket with unread octets is reset, and the peer would not see our last words.
    this.#socket.resume();
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), withinMs);
    await new Promise((resolve) => this.#socket.once('close', resolve));
    clearTimeout(timer);
  }

  #closed(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.closed(this.#why ?? 'the connection ended');
  }
}

/** @see RFC 4007 §11 */
function zoneOf({ remote, interface: name }: ConnectOptions): string {
  return isLinkLocalIpv6(remote) && name !== undefined ? `%${name}` : '';
}

/** What happened, and what to do about it. */
function wordsFor({ code, message }: NodeJS.ErrnoException, connected: boolean): string {
  if (connected) {
    if (code === 'ECONNRESET') return 'the peer reset the connection';
    if (code === 'ETIMEDOUT') return 'the peer does not acknowledge what is sent';
    return `the connection broke: ${code ?? message}`;
  }
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'the peer refuses the connection: is BGP running there, and this node among its neighbours?';
    case 'ETIMEDOUT':
      return 'the peer does not answer: is the address right, the password the same, TTL security set on both sides or neither, and TCP let through by firewalls?';
    case 'EHOSTUNREACH':
      return 'the peer is unreachable: nobody on the link has its address';
    case 'ENETUNREACH':
      return 'there is no route to the peer';
    case 'EADDRNOTAVAIL':
      return 'the source address is not on this node: correct sourceAddress, or leave it out';
    default:
      return `cannot connect: ${code ?? message}`;
  }
}
