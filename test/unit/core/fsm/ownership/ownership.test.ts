import { describe, expect, it } from 'vitest';
import { decodeHello, encodeHello, type Hello } from '../../../../../src/core/codec/hello/index.ts';
import { Ownership, type OwnershipAction, type OwnershipGrant } from '../../../../../src/core/fsm/ownership/index.ts';
import { type IpAddress, ipv4FromValue, macFromValue } from '../../../../../src/core/net/index.ts';
import { hello } from './hellos.ts';
import { order } from './situations.ts';

const NODE = { a: ipv4FromValue(0x0a00_0001), b: ipv4FromValue(0x0a00_0002) };
type Name = keyof typeof NODE;
const ADDRESS = ipv4FromValue(0xc000_0201);
const authenticate = (): Uint8Array => new Uint8Array(32);

function grant(counter: number, candidates: readonly string[], address: IpAddress = ADDRESS): OwnershipGrant {
  return { address, epoch: { generation: 1, counter }, candidates };
}

const BOTH = [
  { nodeName: 'a', addresses: [NODE.a] },
  { nodeName: 'b', addresses: [NODE.b] },
];

/** Two nodes on one wire, on which every hello goes through the codec. */
class Pair {
  readonly actions: (OwnershipAction & { readonly node: Name })[] = [];
  readonly hellos: { readonly from: Name; readonly hello: Hello; readonly length: number }[] = [];
  readonly #nodes = { a: this.#start('a', 11), b: this.#start('b', 22) };
  nowMs = 0;
  cut = false;

  constructor() {
    for (const name of ['a', 'b'] as const) {
      this.give(name, { kind: 'interfaces', interfaces: [{ name: 'eth0', mac: macFromValue(0x02 + 256), up: true }] });
      this.give(name, { kind: 'neighbours', neighbours: BOTH });
    }
    this.run(300);
  }

  #start(nodeName: Name, incarnation: number): Ownership {
    return new Ownership({ nodeName, incarnation });
  }

  give(name: Name, event: Parameters<Ownership['handle']>[0]): readonly OwnershipAction[] {
    const done = this.#nodes[name].handle(event, this.nowMs);
    for (const action of done) this.#act(name, action);
    return done;
  }

  run(forMs: number): this {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += 5)
      for (const name of ['a', 'b'] as const)
        if (this.#nodes[name].nextWakeMs() <= this.nowMs) this.give(name, { kind: 'tick' });
    return this;
  }

  of(name: Name, kind: OwnershipAction['kind']): OwnershipAction[] {
    return this.actions.filter((action) => action.node === name && action.kind === kind);
  }

  #act(name: Name, action: OwnershipAction): void {
    this.actions.push({ ...action, node: name });
    if (action.kind !== 'send-hello') return;
    const octets = encodeHello(action.hello, 1, authenticate);
    this.hellos.push({ from: name, hello: action.hello, length: octets.length });
    const to = name === 'a' ? 'b' : 'a';
    if (!this.cut) this.give(to, { kind: 'hello', from: NODE[name], hello: decodeHello(octets, () => authenticate) });
  }
}

describe('the ownership of a node', () => {
  it('is claimed by the first candidate, and by nobody else', () => {
    const pair = new Pair();
    for (const name of ['a', 'b'] as const)
      pair.give(name, { kind: 'grants', changed: [grant(1, ['a', 'b'])], revoked: [] });
    pair.run(5000);
    expect(pair.of('a', 'claim')).toMatchObject([{ address: ADDRESS, reason: 'granted', order: order(1, 0, 0) }]);
    expect(pair.of('b', 'claim')).toEqual([]);
  });

  it('moves to another node without a moment in between: the new owner claims first', () => {
    const pair = new Pair();
    for (const name of ['a', 'b'] as const)
      pair.give(name, { kind: 'grants', changed: [grant(1, ['a', 'b'])], revoked: [] });
    pair.run(500);
    pair.give('a', { kind: 'grants', changed: [grant(2, ['b'])], revoked: [] });
    expect(pair.of('a', 'release')).toEqual([]);
    pair.give('b', { kind: 'grants', changed: [grant(2, ['b'])], revoked: [] });
    pair.run(50);
    const moves = pair.actions
      .filter(({ kind }) => kind === 'claim' || kind === 'release' || kind === 'refresh')
      .slice(1);
    expect(moves).toMatchObject([
      { node: 'b', kind: 'claim', reason: 'granted', from: 'a' },
      { node: 'a', kind: 'release', reason: 'moved', to: 'b' },
      { node: 'b', kind: 'refresh' },
    ]);
  });

  it('is told to a neighbour for 1,000 addresses in 40 hellos, none of which needs a fragment', () => {
    const pair = new Pair();
    const changed = Array.from({ length: 1000 }, (_, index) =>
      grant(1, ['a', 'b'], ipv4FromValue(0xc000_0000 + index)),
    );
    pair.give('b', { kind: 'grants', changed, revoked: [] });
    pair.give('a', { kind: 'grants', changed, revoked: [] });
    pair.run(200);
    const told = pair.hellos.filter(({ from, hello: { entries } }) => from === 'a' && entries.length > 0);
    expect(told.length).toBeLessThanOrEqual(40);
    expect(Math.max(...told.map(({ length }) => length))).toBeLessThanOrEqual(1232);
    pair.cut = true;
    pair.run(400);
    expect(pair.of('b', 'claim')).toHaveLength(1000);
  });

  it('ends for every restored claim with a claim or a release', () => {
    const node = new Ownership({ nodeName: 'b', incarnation: 5 });
    const addresses = [1, 2, 3].map((value) => ipv4FromValue(0xc000_0200 + value));
    const [kept, revoked, unknown] = addresses;
    if (kept === undefined || revoked === undefined || unknown === undefined) throw new Error('three addresses');
    const done = [
      ...node.handle({ kind: 'interfaces', interfaces: [{ name: 'eth0', mac: macFromValue(258), up: true }] }, 0),
      ...node.handle({ kind: 'neighbours', neighbours: [] }, 0),
      ...node.handle(
        {
          kind: 'restored',
          grants: [grant(1, ['b'], kept), grant(1, ['b'], revoked)],
          claims: addresses.map((address) => ({ address, order: order(1, 0, 0) })),
        },
        0,
      ),
      ...node.handle({ kind: 'grants', changed: [], revoked: [revoked] }, 1),
    ];
    expect(done.filter(({ kind }) => kind === 'claim' || kind === 'release')).toMatchObject([
      { kind: 'claim', address: kept, reason: 'restored' },
      { kind: 'claim', address: revoked, reason: 'restored' },
      { kind: 'release', address: unknown, reason: 'revoked' },
      { kind: 'release', address: revoked, reason: 'revoked' },
    ]);
  });

  it('is not moved by an older grant that comes after a newer one', () => {
    const pair = new Pair();
    pair.give('a', { kind: 'grants', changed: [grant(5, ['a', 'b'])], revoked: [] });
    pair.give('a', { kind: 'grants', changed: [grant(4, ['b', 'a'])], revoked: [] });
    pair.run(1000);
    expect(pair.of('a', 'release')).toEqual([]);
  });

  it.each([
    ['unknown-sender', hello({ sender: 'mallory' }), NODE.a],
    ['other-receiver', hello({ receiver: 1 }), NODE.a],
    ['foreign-address', hello(), ipv4FromValue(0x0a00_0063)],
    ['unproven', hello({ incarnation: 99 }), NODE.a],
  ])('is disturbed by no hello that is %s', (reason, forged, from) => {
    const pair = new Pair();
    const done = pair.give('b', { kind: 'hello', from, hello: forged });
    expect(done.filter(({ kind }) => kind !== 'send-hello')).toEqual([
      { kind: 'refused', sender: forged.sender, reason },
    ]);
    pair.run(1000);
    expect(pair.of('b', 'standing').at(-1)).toMatchObject({ standing: 'heard' });
  });

  it('is disturbed by no hello that it has heard before', () => {
    const pair = new Pair();
    const heard = pair.hellos.filter(({ from }) => from === 'a').at(-1);
    if (heard === undefined) throw new Error('a said nothing');
    const done = pair.give('b', { kind: 'hello', from: NODE.a, hello: heard.hello });
    expect(done).toContainEqual({ kind: 'refused', sender: 'a', reason: 'replayed' });
  });

  describe('whose neighbour is named no longer, and then again', () => {
    const namedAgain = (pair: Pair, ...names: readonly Name[]): void => {
      for (const name of names) pair.give(name, { kind: 'neighbours', neighbours: [] });
      pair.run(50);
      for (const name of names) pair.give(name, { kind: 'neighbours', neighbours: BOTH });
    };

    it.each([[['a']], [['b']], [['a', 'b']]] as const)(
      'agrees with it within a second, however long they had heard each other and whoever was told: %s',
      (names) => {
        const pair = new Pair().run(60_000);
        pair.give('b', { kind: 'grants', changed: [grant(1, ['b', 'a'])], revoked: [] });
        pair.run(50);
        namedAgain(pair, ...names);
        pair.give('a', { kind: 'grants', changed: [grant(1, ['b', 'a'])], revoked: [] });
        pair.run(1000);
        for (const name of ['a', 'b'] as const)
          expect(pair.of(name, 'standing').at(-1)).toMatchObject({ standing: 'heard' });
        expect(pair.hellos.slice(-2).every(({ hello: { resync } }) => !resync)).toBe(true);
        pair.run(10_000);
        expect(pair.of('a', 'claim')).toEqual([]);
      },
    );

    it('believes nothing of it that was said before', () => {
      const pair = new Pair().run(60_000);
      const recorded = pair.hellos.findLast(({ from }) => from === 'b')?.hello;
      pair.cut = true;
      namedAgain(pair, 'a');
      pair.actions.length = 0;
      pair.give('a', { kind: 'hello', from: NODE.b, hello: recorded ?? hello() });
      expect(pair.of('a', 'refused')).toMatchObject([{ reason: 'unproven' }]);
    });
  });

  it('answers at most one hello for each turn to whoever replays old ones', () => {
    const pair = new Pair();
    const before = pair.hellos.length;
    for (let replay = 0; replay < 1000; replay += 1)
      pair.give('b', { kind: 'hello', from: NODE.a, hello: hello({ incarnation: 99, sequence: replay }) });
    const answers = pair.hellos.slice(before).filter((sent) => sent.hello.echo.incarnation === 99);
    expect(answers).toHaveLength(1);
  });

  it('keeps quiet while nobody at all answers, and goes on when somebody does', () => {
    const pair = new Pair();
    pair.cut = true;
    pair.run(5000);
    expect(pair.of('a', 'hush')).toEqual([{ kind: 'hush', hushed: true, node: 'a' }]);
    expect(pair.of('a', 'probe-gateways').length).toBeGreaterThan(5);
    pair.give('a', { kind: 'gateway-answered' });
    pair.run(500);
    expect(pair.of('a', 'hush').at(-1)).toMatchObject({ hushed: false });
  });

  it('asks the LAN who answers once another node has taken an address over', () => {
    const pair = new Pair();
    for (const name of ['a', 'b'] as const)
      pair.give(name, { kind: 'grants', changed: [grant(1, ['a', 'b'])], revoked: [] });
    pair.run(2000);
    expect(pair.of('b', 'verify')).toMatchObject([{ address: ADDRESS, owner: 'a', interfaces: [{ name: 'eth0' }] }]);
  });
});
