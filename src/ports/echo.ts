import type { IpAddress } from '../core/net/index.ts';

/** Asks hosts beyond routers whether they are there. @see RFC 792, RFC 4443 §4 */
export interface EchoSockets {
  /** Sends one echo request. `answered` is called for each reply of the address until another question is put to it. Never throws. */
  ask(address: IpAddress, answered: () => void): void;
  /** Idempotent. Nobody is called after it returns. */
  close(): void;
}
