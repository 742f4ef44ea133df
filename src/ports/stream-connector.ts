import type { IpAddress, Prefix } from '../core/net/index.ts';

/** How far away the other end may be. */
export type StreamHops =
  /** Packets leave with this TTL, 1 to 255: they reach nobody beyond. */
  | { readonly kind: 'ttl'; readonly ttl: number }
  /** Packets leave with the TTL 255, and only those that came over at most so many hops count, 1 to 254. @see RFC 5082 */
  | { readonly kind: 'security'; readonly hops: number };

/** What holds for a connection whoever began it. */
export interface StreamSettings {
  readonly hops: StreamHops;
  /** A connection whose octets are not acknowledged for so long is given up, in ms. @see RFC 5482 */
  readonly userTimeoutMs: number;
}

export interface ConnectOptions extends StreamSettings {
  readonly remote: IpAddress;
  /** 1 to 65535. */
  readonly port: number;
  /** Absent: as the kernel routes. */
  readonly local?: IpAddress;
  /** The way there; needed for a link-local address. */
  readonly interface?: string;
  /** For TCP-MD5, 1 to 80 octets of UTF-8. @see RFC 2385 */
  readonly password?: string;
}

/** Where a connection leads, as it came about. */
export interface StreamEnds {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  /** Of a link-local connection. */
  readonly interface?: string;
}

/** What happens to a connection, told in order; nothing comes after `closed`, and nothing after its owner closed it. */
export interface StreamHandler {
  /** Of an attempt; an accepted connection begins connected. */
  connected(stream: ByteStream): void;
  /** The octets are the handler's own. */
  received(octets: Uint8Array): void;
  /** Octets went to the kernel; `pending` of them still wait. */
  sent(pending: number): void;
  /** It ended, or never came about; `why` is a sentence for people. */
  closed(why: string): void;
}

/** A TCP connection. */
export interface ByteStream {
  readonly ends: StreamEnds;
  /** Octets that the kernel did not take yet. */
  readonly pending: number;
  write(octets: Uint8Array): void;
  /** Stops reading, and begins again: the other end is slowed down by that. */
  pause(): void;
  resume(): void;
  /**
   * Ends it in order when what was written is gone, and by force after `withinMs`. Nothing of it is told any more. Resolves
   * when it is gone.
   */
  close(withinMs: number): Promise<void>;
}

export interface ConnectAttempt {
  /** Idempotent; nothing is told any more. After `connected` it does nothing. */
  abort(): void;
}

/** A password of whoever connects from a block of addresses. */
export interface ListenKey {
  readonly from: Prefix;
  readonly password: string;
}

/** A connection that is taken: how it is held, and who hears of it. */
export interface AcceptedStream extends StreamSettings {
  readonly handler: StreamHandler;
}

export interface ListenOptions {
  /** 1 to 65535. */
  readonly port: number;
  /**
   * Decides about a connection at once; undefined refuses it. Not asked for one whose password was wrong: the kernel lets
   * nobody in without the right one.
   */
  readonly accept: (ends: StreamEnds) => AcceptedStream | undefined;
}

export interface StreamListener {
  /**
   * Makes these the passwords that connections must show.
   * @throws StreamError of the first that the kernel refuses; the others hold, and nobody is let in where one is refused
   */
  setKeys(keys: readonly ListenKey[]): void;
  /** Idempotent. Connections that were accepted stay. */
  close(): void;
}

export interface StreamConnector {
  /** @throws StreamError when it cannot even be tried */
  connect(options: ConnectOptions, handler: StreamHandler): ConnectAttempt;
  /** On all addresses of both families. @throws StreamError */
  listen(options: ListenOptions): StreamListener;
}

/** Why a connection cannot be had; the message is one sentence for people, with what to do. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}
