import type { IpAddress } from '../../src/core/net/index.ts';
import type { DatagramSocketOptions, DatagramSockets } from '../../src/ports/datagrams.ts';
import type { EchoSockets } from '../../src/ports/echo.ts';
import type { SendOutcome } from '../../src/ports/frames.ts';

/** UDP without cables: what is sent is received before `send` returns. */
export class FakeDatagrams {
  /** By address. BOUNDED: by the sockets that the test opens. */
  readonly sockets = new Map<IpAddress, DatagramSocketOptions>();
  /** Everything that was sent, oldest first. */
  readonly sent: { readonly from: IpAddress; readonly to: IpAddress; readonly octets: Uint8Array }[] = [];
  /** What opening a socket throws instead. */
  refusal: Error | undefined;
  /** What becomes of everything that is sent. */
  outcome: SendOutcome = 'sent';
  /** What arrives; by default everything. */
  passes = (_from: IpAddress, _to: IpAddress): boolean => true;

  readonly host: DatagramSockets = {
    open: (options) => {
      if (this.refusal !== undefined) throw this.refusal;
      this.sockets.set(options.address, options);
      return {
        send: (octets, to) => {
          if (this.outcome !== 'sent') return this.outcome;
          this.sent.push({ from: options.address, to, octets });
          this.inject(octets, options.address, to);
          return 'sent';
        },
        receive: () => {},
        close: () => void this.sockets.delete(options.address),
      };
    },
  };

  inject(octets: Uint8Array, from: IpAddress, to: IpAddress): void {
    if (this.passes(from, to)) this.sockets.get(to)?.received(octets, from);
  }
}

/** Hosts beyond routers, none of which answers. */
export const NO_ECHOES: EchoSockets = { ask: () => {}, close: () => {} };
