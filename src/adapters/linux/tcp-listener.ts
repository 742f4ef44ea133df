import { familyOf, formatPrefix, type IpFamily, type Prefix, prefixContains } from '../../core/net/index.ts';
import {
  type ListenKey,
  type ListenOptions,
  type StreamEnds,
  StreamError,
  type StreamHandler,
  type StreamListener,
} from '../../ports/stream-connector.ts';
import { Errno, type Libc, type ReadableWatch } from './libc.ts';
import { addressIn, int32, SOCKET_ADDRESS_BYTES } from './socket-address.ts';
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from './socket-constants.ts';
import { TcpSocket } from './tcp-socket.ts';

const BACKLOG = 64;
/** Connections taken before the loop turns to others: somebody may open hundreds a second. */
const CONNECTIONS_AT_ONCE = 16;

interface Listening {
  readonly family: IpFamily;
  readonly socket: TcpSocket;
  readonly watch: ReadableWatch;
}

/** Takes over a connection that was let in. */
export type Adopt = (fd: number, ends: StreamEnds, handler: StreamHandler) => void;

/** A listening socket for each family that the node has. */
export class TcpListener implements StreamListener {
  readonly #options: ListenOptions;
  readonly #adopt: Adopt;
  readonly #libc: Libc;
  /** BOUNDED: one for each family. */
  readonly #listening: Listening[] = [];
  /** Those that the kernel has, by block. BOUNDED: by the caller's peers. */
  readonly #keys = new Map<string, ListenKey>();
  /** Blocks whose key the kernel did not take: who connects from there could have any password, or none. BOUNDED: as the keys. */
  #keyless: readonly Prefix[] = [];

  /** @throws StreamError */
  constructor(options: ListenOptions, adopt: Adopt, libc: Libc) {
    this.#options = options;
    this.#adopt = adopt;
    this.#libc = libc;
    try {
      for (const family of ['IPv4', 'IPv6'] as const) this.#listening.push(this.#open(family));
    } catch (error) {
      // A node without IPv6 has no such socket.
      if (this.#listening.length > 0 && libc.errno() === Errno.EAFNOSUPPORT) return;
      this.close();
      throw error;
    }
  }

  setKeys(keys: readonly ListenKey[]): void {
    const wanted = new Map(keys.map((key) => [formatPrefix(key.from), key]));
    const keyless: Prefix[] = [];
    const refusals: StreamError[] = [];
    const change = (block: string, { from }: ListenKey, key?: ListenKey): void => {
      try {
        this.#setKey(from, key?.password);
        if (key === undefined) this.#keys.delete(block);
        else this.#keys.set(block, key);
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        refusals.push(error);
        if (key !== undefined) keyless.push(from);
      }
    };
    for (const [block, key] of this.#keys) if (!wanted.has(block)) change(block, key);
    const isKnown = ([block, key]: readonly [string, ListenKey]): boolean =>
      this.#keys.get(block)?.password === key.password;
    const fresh = [...wanted].filter((entry) => !isKnown(entry));
    for (const [block, key] of fresh) change(block, key, key);
    // A key that the kernel refuses is tried again and again: that is nothing to those who wait.
    if (fresh.some(isKnown)) this.#dismissWaiting();
    this.#keyless = keyless;
    const [first] = refusals;
    if (first !== undefined) throw first;
  }

  close(): void {
    for (const { watch, socket } of this.#listening.splice(0)) {
      watch.close();
      socket.close();
    }
  }

  #open(family: IpFamily): Listening {
    const socket = TcpSocket.open(family, this.#libc);
    try {
      socket.listen(this.#options.port, BACKLOG);
      return { family, socket, watch: this.#libc.whenReadable(socket.fd, () => this.#acceptAll(socket)) };
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  #setKey(from: Prefix, password: string | undefined): void {
    this.#listening.find(({ family }) => family === familyOf(from.network))?.socket.setKey(from, password);
  }

  /** Whoever waits was let in by the kernel before it knew the password, and may come again. */
  #dismissWaiting(): void {
    const name = new Uint8Array(new ArrayBuffer(SOCKET_ADDRESS_BYTES));
    for (const { socket } of this.#listening) {
      for (let count = 0; count <= BACKLOG; count += 1) {
        const fd = this.#libc.accept4(socket.fd, name, int32(SOCKET_ADDRESS_BYTES), SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) break;
        this.#libc.close(fd);
      }
    }
  }

  #acceptAll(listening: TcpSocket): void {
    const name = new Uint8Array(new ArrayBuffer(SOCKET_ADDRESS_BYTES));
    for (let count = 0; count < CONNECTIONS_AT_ONCE; count += 1) {
      const fd = this.#libc.accept4(listening.fd, name, int32(SOCKET_ADDRESS_BYTES), SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      this.#accepted(fd, name);
    }
  }

  #accepted(fd: number, name: Uint8Array): void {
    const { address: remote, scope } = addressIn(name);
    const interfaceName = scope === 0 ? undefined : this.#libc.interfaceName(scope);
    const socket = TcpSocket.accepted(fd, remote, this.#libc);
    const ends: StreamEnds = {
      local: socket.local,
      remote,
      ...(interfaceName === undefined ? {} : { interface: interfaceName }),
    };
    const taken = this.#keyless.some((block) => prefixContains(block, remote)) ? undefined : this.#options.accept(ends);
    if (taken === undefined) {
      socket.close();
      return;
    }
    try {
      socket.apply(taken);
    } catch (error) {
      socket.close();
      if (error instanceof StreamError) return;
      throw error;
    }
    this.#adopt(fd, ends, taken.handler);
  }
}
