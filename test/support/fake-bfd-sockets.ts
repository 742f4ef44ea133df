import type { IpAddress } from '../../src/core/net/index.ts';
import {
  type BfdDatagram,
  type BfdHops,
  type BfdListener,
  type BfdPath,
  type BfdSender,
  BfdSocketError,
  type BfdSockets,
} from '../../src/ports/bfd.ts';

/** The sockets of one node on a link that is imagined: what others send is handed in, what it sends is kept. */
export class FakeBfdSockets implements BfdSockets {
  readonly #receivers = new Map<BfdHops, (datagram: BfdDatagram) => void>();
  readonly sent: { readonly path: BfdPath; readonly octets: Uint8Array }[] = [];
  /** Paths that are open. */
  readonly opened: BfdPath[] = [];
  /** What opening fails with. */
  refusal: string | undefined;

  listen(hops: BfdHops, received: (datagram: BfdDatagram) => void): BfdListener {
    this.#receivers.set(hops, received);
    return { close: () => void this.#receivers.delete(hops) };
  }

  open(path: BfdPath): BfdSender {
    if (this.refusal !== undefined) throw new BfdSocketError(this.refusal);
    this.opened.push(path);
    return {
      send: (octets) => {
        this.sent.push({ path, octets });
        return true;
      },
      close: () => void this.opened.splice(this.opened.indexOf(path), 1),
    };
  }

  /** Hands in a datagram. */
  receive(
    octets: Uint8Array,
    from: IpAddress,
    way: { hops?: BfdHops; hopLimit?: number; interface?: string } = {},
  ): void {
    this.#receivers.get(way.hops ?? 'single-hop')?.({
      octets,
      from,
      interface: way.interface ?? 'eth0',
      hopLimit: way.hopLimit ?? 255,
    });
  }
}
