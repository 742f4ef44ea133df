import type { ConnectionId, PeerEvent } from '../../core/fsm/bgp/index.ts';
import type { IpAddress } from '../../core/net/index.ts';
import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import {
  type ByteStream,
  type ConnectAttempt,
  type StreamConnector,
  StreamError,
  type StreamHandler,
} from '../../ports/stream-connector.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import { Connection } from './connection.ts';
import { connectOptions } from './peer-settings.ts';

export interface ConnectionsDependencies {
  readonly streams: StreamConnector;
  /** Where the peer is; undefined when that is not known yet. */
  readonly remote: () => IpAddress | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  /** What the machine is to hear. */
  readonly tell: (event: PeerEvent) => void;
  /** What was written is on its way: there is room for more. */
  readonly writable: (connection: ConnectionId) => void;
}

/** The TCP connections with one peer: those that stand, the one that is being tried, and those whose last words still leave. */
export class Connections {
  readonly #settings: BgpPeerSettings;
  readonly #dependencies: ConnectionsDependencies;
  /** BOUNDED: two, by the machine. */
  readonly #connections = new Map<ConnectionId, Connection>();
  /** BOUNDED: each is gone after a second. */
  readonly #closing = new Set<Promise<void>>();
  #attempt: ConnectAttempt | undefined;
  #nextId: ConnectionId = 1;

  constructor(settings: BgpPeerSettings, dependencies: ConnectionsDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
  }

  get(id: ConnectionId): Connection | undefined {
    return this.#connections.get(id);
  }

  /** Tries to reach the peer; the machine hears what comes of it. */
  connect(): void {
    const remote = this.#dependencies.remote();
    if (remote === undefined) {
      this.#dependencies.tell({ kind: 'connectFailed', why: 'nobody has connected over the interface yet' });
      return;
    }
    try {
      const handler = this.#handler((connection) => {
        this.#attempt = undefined;
        return { kind: 'connected', connection };
      });
      this.#attempt = this.#dependencies.streams.connect(connectOptions(this.#settings, remote), handler);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#dependencies.tell({ kind: 'connectFailed', why: error.message });
    }
  }

  abortConnect(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  /** The peer connected: whoever has its address. */
  accepted(): StreamHandler {
    return this.#handler((connection) => ({ kind: 'accepted', connection }));
  }

  close(id: ConnectionId): void {
    const gone = this.#connections.get(id)?.close();
    this.#connections.delete(id);
    if (gone === undefined) return;
    this.#closing.add(gone);
    void gone.finally(() => this.#closing.delete(gone));
  }

  /** Resolves when the last words of all that were closed are gone. */
  async silence(): Promise<void> {
    await Promise.all(this.#closing);
  }

  /** @param begun what the machine is told when the connection is there */
  #handler(begun: (id: ConnectionId) => PeerEvent): StreamHandler {
    const { tell, writable } = this.#dependencies;
    let connection: Connection | undefined;
    return {
      connected: (stream) => {
        connection = this.#adopt(stream);
        tell(begun(connection.id));
      },
      received: (octets) => connection?.received(octets),
      sent: () => {
        if (connection === undefined) return;
        tell({ kind: 'sent', connection: connection.id });
        writable(connection.id);
      },
      closed: (why) => {
        if (connection === undefined) {
          this.#attempt = undefined;
          tell({ kind: 'connectFailed', why });
          return;
        }
        connection.lost();
        this.#connections.delete(connection.id);
        tell({ kind: 'closed', connection: connection.id, why });
      },
    };
  }

  #adopt(stream: ByteStream): Connection {
    const { clock, timers, tell } = this.#dependencies;
    const id = this.#nextId;
    this.#nextId += 1;
    const connection = new Connection(id, { stream, clock, timers, event: tell });
    this.#connections.set(id, connection);
    return connection;
  }
}
