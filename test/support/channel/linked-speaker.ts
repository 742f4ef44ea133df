import type { IpAddress } from '../../../src/core/net/index.ts';
import type { Claim, ControllerLink, Epoch, Grant, InterfaceReport } from '../../../src/ports/channel.ts';

/** A speaker without packets on a real link: it claims what it is first for, and keeps note of what changed on its wire. */
export class LinkedSpeaker {
  readonly nodeName: string;
  readonly link: ControllerLink;
  readonly grants = new Map<IpAddress, Grant>();
  readonly claims = new Map<IpAddress, Epoch>();
  /** Addresses whose announcement began or ended. */
  readonly wire: IpAddress[] = [];
  sessions = 0;
  readonly #stopping = new AbortController();

  constructor(nodeName: string, link: ControllerLink) {
    this.nodeName = nodeName;
    this.link = link;
  }

  start(signal: AbortSignal): void {
    const mac = 0x0200_0000_0001 as InterfaceReport['mac'];
    const handler = {
      hello: () => ({
        kind: 'hello' as const,
        nodeName: this.nodeName,
        instanceId: `instance-${this.nodeName}`,
        version: 'test',
        interfaces: [{ name: 'eth0', mac, up: true }],
        claims: [...this.claims].map(([address, epoch]) => ({ address, epoch, term: 0 })),
      }),
      received: (message: Parameters<Parameters<ControllerLink['start']>[0]['received']>[0]) => {
        if (message.kind !== 'snapshot' && message.kind !== 'delta') return;
        if (message.kind === 'snapshot') this.grants.clear();
        for (const grant of message.grants) this.grants.set(grant.address, grant);
        for (const address of message.kind === 'delta' ? message.revoked : []) this.grants.delete(address);
        this.#act();
        this.link.send({ kind: 'ack', revision: message.revision });
      },
      connected: (connected: boolean) => {
        this.sessions += connected ? 1 : 0;
      },
    };
    void this.link.start(handler, AbortSignal.any([signal, this.#stopping.signal]));
  }

  stop(): void {
    this.#stopping.abort();
  }

  #act(): void {
    const isFirst = (grant: Grant | undefined): boolean => grant?.candidates[0] === this.nodeName;
    const made: Claim[] = [...this.grants.values()]
      .filter((grant) => isFirst(grant) && this.claims.get(grant.address) !== grant.epoch)
      .map(({ address, epoch }) => ({ address, epoch, term: 0 }));
    const dropped = [...this.claims.keys()].filter((address) => {
      const grant = this.grants.get(address);
      // Whoever is taken off the list goes on until the grant is revoked.
      return grant === undefined || (!isFirst(grant) && grant.candidates.includes(this.nodeName));
    });
    for (const { address, epoch } of made) {
      if (!this.claims.has(address)) this.wire.push(address);
      this.claims.set(address, epoch);
    }
    for (const address of dropped) {
      this.claims.delete(address);
      this.wire.push(address);
    }
    if (made.length + dropped.length > 0) this.link.send({ kind: 'claims', made, dropped });
  }
}
