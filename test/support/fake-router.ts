import {
  type BgpMessage,
  decodeUpdate,
  encodeMessage,
  MessageFramer,
  type Notification,
  type PathAttribute,
  type SessionContext,
} from '../../src/core/codec/bgp/index.ts';
import { decodeMessage } from '../../src/core/codec/bgp/message-codec.ts';
import { formatPrefix, type IpAddress } from '../../src/core/net/index.ts';
import type { NodeAddresses } from '../../src/ports/node-addresses.ts';
import type {
  ByteStream,
  ConnectAttempt,
  ConnectOptions,
  ListenKey,
  ListenOptions,
  StreamConnector,
  StreamEnds,
  StreamHandler,
  StreamListener,
} from '../../src/ports/stream-connector.ts';
import { v4 } from './fake-lan.ts';

export const NODE_ADDRESS = v4('10.0.0.11');
const CONTEXT: SessionContext = {
  internal: false,
  fourOctetAs: true,
  families: ['IPv4'],
  extendedNextHop: false,
  routeRefresh: true,
  enhancedRouteRefresh: false,
  maxReceivedLength: 4096,
  maxSentLength: 4096,
};

/** Where a speaker dials and listens, in the test's hand. */
export class FakeStreams implements StreamConnector {
  readonly attempts: { readonly options: ConnectOptions; readonly handler: StreamHandler; aborted: boolean }[] = [];
  listening: ListenOptions | undefined;
  keys: readonly ListenKey[] = [];
  /** Thrown by `listen`. */
  refusal: Error | undefined;
  /** Thrown by `setKeys`. */
  keyRefusal: Error | undefined;

  connect(options: ConnectOptions, handler: StreamHandler): ConnectAttempt {
    const attempt = { options, handler, aborted: false };
    this.attempts.push(attempt);
    return {
      abort: () => {
        attempt.aborted = true;
      },
    };
  }

  listen(options: ListenOptions): StreamListener {
    if (this.refusal !== undefined) throw this.refusal;
    this.listening = options;
    return {
      setKeys: (keys) => {
        this.keys = keys;
        if (this.keyRefusal !== undefined) throw this.keyRefusal;
      },
      close: () => {
        this.listening = undefined;
      },
    };
  }

  /** A router answers the last attempt. */
  answer(options: RouterOptions = {}): FakeRouter {
    const attempt = this.attempts.at(-1);
    if (attempt === undefined) throw new Error('nobody dials');
    const ends = { local: attempt.options.local ?? NODE_ADDRESS, remote: attempt.options.remote };
    return new FakeRouter(ends, attempt.handler, options);
  }

  /** A router dials. Undefined when it is refused. */
  dial(ends: StreamEnds, options: RouterOptions = {}): FakeRouter | undefined {
    const accepted = this.listening?.accept(ends);
    return accepted === undefined ? undefined : new FakeRouter(ends, accepted.handler, options);
  }
}

export interface RouterOptions {
  readonly asn?: number;
  readonly holdTimeSeconds?: number;
  /** Says nothing by itself. */
  readonly mute?: boolean;
  /** Routes are kept while the speaker restarts. */
  readonly gracefulRestart?: boolean;
}

/** A router at the other end of a connection: shakes hands, and keeps what it is told. */
export class FakeRouter implements ByteStream {
  readonly ends: StreamEnds;
  readonly heard: string[] = [];
  /** Attributes by prefix. */
  readonly table = new Map<string, readonly PathAttribute[]>();
  readonly notifications: Notification[] = [];
  /** While it is true, what is written stays with the writer. */
  stalled = false;
  paused = false;
  closed = false;
  #pending = 0;
  readonly #handler: StreamHandler;
  readonly #options: RouterOptions;
  readonly #framer = new MessageFramer();

  constructor(ends: StreamEnds, handler: StreamHandler, options: RouterOptions) {
    this.ends = ends;
    this.#handler = handler;
    this.#options = options;
    handler.connected(this);
  }

  get pending(): number {
    return this.#pending;
  }

  write(octets: Uint8Array): void {
    if (this.stalled) {
      this.#pending += octets.length;
      return;
    }
    this.#framer.push(octets.slice());
    for (let message = this.#framer.next(); message !== undefined; message = this.#framer.next()) this.#hear(message);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  say(message: BgpMessage): void {
    this.#handler.received(encodeMessage(message, CONTEXT));
  }

  /** Octets that need not be a message. */
  sayOctets(octets: Uint8Array): void {
    this.#handler.received(octets);
  }

  hangUp(why = 'the peer closed the connection'): void {
    this.#handler.closed(why);
  }

  /** What of the prefix an attribute says. */
  attribute<K extends PathAttribute['kind']>(
    prefix: string,
    kind: K,
  ): Extract<PathAttribute, { readonly kind: K }> | undefined {
    const attributes = this.table.get(prefix) ?? [];
    return attributes.find((each): each is Extract<PathAttribute, { readonly kind: K }> => each.kind === kind);
  }

  #hear(octets: Uint8Array): void {
    const message = decodeMessage(octets, CONTEXT);
    this.heard.push(message.kind);
    if (message.kind === 'notification') this.notifications.push(message);
    if (message.kind === 'update') this.#update(octets);
    if (message.kind === 'open' && this.#options.mute !== true) this.#shakeHands();
  }

  #update(octets: Uint8Array): void {
    const { attributes, nlri, withdrawn } = decodeUpdate(octets, CONTEXT);
    for (const prefix of withdrawn) this.table.delete(formatPrefix(prefix));
    for (const prefix of nlri) this.table.set(formatPrefix(prefix), attributes);
  }

  #shakeHands(): void {
    const { asn = 65_000, holdTimeSeconds = 30, gracefulRestart = false } = this.#options;
    const unicast = { afi: 1, safi: 1 };
    this.say({
      kind: 'open',
      myAs: asn,
      holdTimeSeconds,
      identifier: 0x0a00_0001,
      capabilities: [
        { kind: 'multiprotocol', ...unicast },
        { kind: 'routeRefresh' },
        { kind: 'fourOctetAs', asn },
        ...(gracefulRestart
          ? [
              {
                kind: 'gracefulRestart' as const,
                restarting: false,
                notification: false,
                restartTimeSeconds: 20,
                families: [{ ...unicast, forwarding: true }],
              },
            ]
          : []),
      ],
    });
    this.say({ kind: 'keepalive' });
  }
}

/** A node with one interface. */
export function nodeAddresses(...addresses: readonly IpAddress[]): NodeAddresses {
  return { sourceFor: () => addresses[0], beside: () => addresses, isOnLink: () => true };
}
