import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryDigest, type HelloEntry } from '../../../../../src/core/codec/hello/index.ts';
import { Inbox } from '../../../../../src/core/fsm/ownership/inbox.ts';
import { Outbox } from '../../../../../src/core/fsm/ownership/outbox.ts';
import { type IpAddress, ipv4FromValue } from '../../../../../src/core/net/index.ts';
import { hello } from './hellos.ts';
import { order } from './situations.ts';

/** One side tells, the other is told, through hellos of which some are lost. */
class Exchange {
  readonly held = new Map<IpAddress, HelloEntry>();
  readonly inbox = new Inbox();
  readonly #outbox = new Outbox(100);
  #sequence = 0;
  #newest = 0;
  #accepted = new Set<number>();

  hold(address: IpAddress, term: number | undefined): void {
    if (term === undefined) this.held.delete(address);
    else this.held.set(address, { address, holding: 'claim', order: order(1, term, 0) });
    this.#outbox.changed(address);
  }

  restart(): void {
    this.#outbox.restart(this.held.keys());
  }

  /** One interval: a hello goes one way, the echo of what came the other way. */
  round(helloArrives: boolean, echoArrives: boolean): void {
    this.#sequence += 1;
    const nowMs = 100 * this.#sequence;
    const addresses = this.#outbox.fill({ sequence: this.#sequence, room: 80 }, nowMs);
    const entries = addresses.map(
      (address): HelloEntry => this.held.get(address) ?? { address, holding: 'nothing', order: order(0, 0, 0) },
    );
    const digest = [...this.held.values()].reduce((sum, entry) => (sum ^ entryDigest(entry)) >>> 0, 0);
    if (helloArrives) {
      this.#newest = this.#sequence;
      this.#accepted.add(this.#sequence);
      this.inbox.receive(hello({ sequence: this.#sequence, exchange: this.#outbox.exchange, digest, entries }), nowMs);
    }
    let accepted = 0;
    for (let place = 0; place < 32; place += 1) if (this.#accepted.has(this.#newest - place)) accepted |= 1 << place;
    if (echoArrives) this.#outbox.acknowledged({ incarnation: 1, sequence: this.#newest, accepted: accepted >>> 0 });
  }

  get hasMore(): boolean {
    return this.#outbox.isWaiting;
  }

  get agrees(): boolean {
    const told = new Map([...this.held.keys()].map((address) => [address, this.inbox.get(address)]));
    return this.inbox.differsSinceMs === undefined && [...this.held].every(([key, entry]) => told.get(key) === entry);
  }
}

describe('the exchange of claims', () => {
  it('ends in agreement whatever was lost on the way, and then repeats nothing', () => {
    const change = fc.record({
      address: fc.integer({ min: 1, max: 8 }).map(ipv4FromValue),
      term: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      arrives: fc.boolean(),
      echoed: fc.boolean(),
      restarts: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const exchange = new Exchange();
        exchange.restart();
        for (const { address, term, arrives, echoed, restarts } of changes) {
          exchange.hold(address, term);
          if (restarts) exchange.restart();
          exchange.round(arrives, echoed);
        }
        for (let rounds = 0; rounds < 12; rounds += 1) exchange.round(true, true);
        expect(exchange.agrees).toBe(true);
        expect(exchange.hasMore).toBe(false);
      }),
    );
  });

  it('keeps what a neighbour held before its restart until it has said everything again', () => {
    const inbox = new Inbox();
    const entry: HelloEntry = { address: ipv4FromValue(1), holding: 'claim', order: order(1, 0, 0) };
    const digest = entryDigest(entry);
    inbox.receive(hello({ incarnation: 1, digest, entries: [entry] }), 0);
    inbox.receive(hello({ incarnation: 2, starting: true }), 100);
    expect(inbox.get(entry.address)).toEqual(entry);
    inbox.receive(hello({ incarnation: 2, digest }), 200);
    expect(inbox.get(entry.address)).toEqual(entry);
    expect([...inbox.receive(hello({ incarnation: 2 }), 300)]).toEqual([entry.address]);
    expect(inbox.get(entry.address)).toBeUndefined();
  });

  it('takes in what an overtaken hello says, but not over what a newer one said', () => {
    const inbox = new Inbox();
    const entry = (value: number, term: number): HelloEntry => {
      return { address: ipv4FromValue(value), holding: 'claim', order: order(1, term, 0) };
    };
    const gone: HelloEntry = { ...entry(2, 0), holding: 'nothing' };
    const digest = (entryDigest(entry(1, 9)) ^ entryDigest(entry(3, 1))) >>> 0;
    inbox.receive(hello({ sequence: 9, digest, entries: [entry(1, 9), gone] }), 0);
    expect(inbox.differsSinceMs).toBe(0);
    const overtaken = hello({ sequence: 8, entries: [entry(1, 1), entry(2, 1), entry(3, 1)] });
    expect([...inbox.receiveOvertaken(overtaken, 1)]).toEqual([ipv4FromValue(3)]);
    expect(inbox.get(ipv4FromValue(1))).toEqual(entry(1, 9));
    expect(inbox.get(ipv4FromValue(2))).toBeUndefined();
    expect(inbox.differsSinceMs).toBeUndefined();
  });

  it('notices that something is missing, and since when', () => {
    const inbox = new Inbox();
    inbox.receive(hello({ digest: 5 }), 100);
    inbox.receive(hello({ digest: 5 }), 200);
    expect(inbox.differsSinceMs).toBe(100);
    inbox.receive(hello({ digest: 0 }), 300);
    expect(inbox.differsSinceMs).toBeUndefined();
  });
});
