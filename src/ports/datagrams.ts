import type { IpAddress } from '../core/net/index.ts';
import type { SendOutcome } from './frames.ts';

/** Sends and receives UDP datagrams from one address and port of this node. */
export interface DatagramSocket {
  /** Hands one datagram to the kernel. Never throws. @param to of the socket's family */
  send(octets: Uint8Array, to: IpAddress): SendOutcome;
  /** Reads at once what waits: a socket that hears much is read a few times a second only, up to 20 ms late. */
  receive(): void;
  /** Idempotent. Nothing is received after it returns. */
  close(): void;
}

export interface DatagramSocketOptions {
  /** The address to speak from; the kernel need not hold it yet. */
  readonly address: IpAddress;
  /** Of both ends: who speaks from another port is heard, but not answered there. */
  readonly port: number;
  /** Called for each datagram. The bytes are valid only during the call. Must not throw. */
  readonly received: (octets: Uint8Array, from: IpAddress) => void;
}

export interface DatagramSockets {
  /** @throws DatagramSocketError */
  open(options: DatagramSocketOptions): DatagramSocket;
}

/** Why a socket could not be had; the message is one sentence for people. */
export class DatagramSocketError extends Error {
  override readonly name = 'DatagramSocketError';
}
