import { describe, expect, it } from 'vitest';
import { entryDigest, type Hello } from '../../../../../src/core/codec/hello/index.ts';
import {
  Ownership,
  type OwnershipAction,
  type OwnershipEvent,
  type OwnershipGrant,
} from '../../../../../src/core/fsm/ownership/index.ts';
import { ipv4FromValue, macFromValue } from '../../../../../src/core/net/index.ts';
import { hello } from './hellos.ts';
import { order } from './situations.ts';

const ADDRESS = ipv4FromValue(0xc000_0201);
const A = ipv4FromValue(0x0a00_0001);
const GRANT: OwnershipGrant = { address: ADDRESS, epoch: { generation: 1, counter: 3 }, candidates: ['a', 'b'] };
const ENTRY = { address: ADDRESS, holding: 'claim', order: order(3, 0, 0) } as const;

/** Node `b`, which has just started beside `a`; what `a` says is written by hand. */
class Starting {
  readonly actions: OwnershipAction[] = [];
  readonly #machine = new Ownership({ nodeName: 'b', incarnation: 5 });
  #sequence = 0;
  nowMs = 0;

  constructor(restored?: Extract<OwnershipEvent, { kind: 'restored' }>) {
    this.give({ kind: 'interfaces', interfaces: [{ name: 'eth0', mac: macFromValue(258), up: true }] });
    this.give({ kind: 'neighbours', neighbours: [{ nodeName: 'a', addresses: [A] }] });
    if (restored !== undefined) this.give(restored);
    this.give({ kind: 'tick' });
  }

  give(event: OwnershipEvent): void {
    this.actions.push(...this.#machine.handle(event, this.nowMs));
  }

  /** `a` says this every 100 ms. */
  hear(said: Partial<Hello>, forMs: number): void {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += 100) {
      this.#sequence += 1;
      const echo = { incarnation: 5, sequence: 1, accepted: 1 };
      this.give({ kind: 'hello', from: A, hello: hello({ incarnation: 7, sequence: this.#sequence, echo, ...said }) });
      this.give({ kind: 'tick' });
    }
  }

  of<K extends OwnershipAction['kind']>(kind: K): Extract<OwnershipAction, { kind: K }>[] {
    return this.actions.filter((action): action is Extract<OwnershipAction, { kind: K }> => action.kind === kind);
  }
}

describe('a node that starts', () => {
  it('says while it listens what it goes on with, so that nobody who starts beside it takes that', () => {
    const node = new Starting({
      kind: 'restored',
      grants: [GRANT],
      claims: [{ address: ADDRESS, order: ENTRY.order }],
    });
    node.hear({ digest: 1 }, 1000);
    const said = node.of('send-hello').map(({ hello }) => hello);
    expect(said.every(({ starting, digest }) => starting && digest === entryDigest(ENTRY))).toBe(true);
    expect(said.flatMap(({ entries }) => entries)).toContainEqual(ENTRY);
    expect(node.of('claim')).toEqual([]);
  });

  it('says no more of what it held once it has let go of it', () => {
    const node = new Starting({
      kind: 'restored',
      grants: [GRANT],
      claims: [{ address: ADDRESS, order: ENTRY.order }],
    });
    node.give({ kind: 'grants', changed: [], revoked: [ADDRESS] });
    node.hear({}, 500);
    expect(node.of('release')).toMatchObject([{ address: ADDRESS, reason: 'revoked' }]);
    expect(node.of('send-hello').at(-1)?.hello).toMatchObject({ starting: false, digest: 0 });
  });

  it('takes nothing that nobody claimed from a busy neighbour that needs seconds to tell what it holds', () => {
    const node = new Starting();
    node.give({ kind: 'grants', changed: [GRANT], revoked: [] });
    // The digest is there at once, the entry for it was lost again and again.
    node.hear({ digest: entryDigest(ENTRY) }, 20_000);
    expect(node.of('claim')).toEqual([]);
    node.hear({ digest: entryDigest(ENTRY), entries: [ENTRY] }, 5000);
    expect(node.of('claim')).toEqual([]);
    expect(node.of('standing').at(-1)).toMatchObject({ nodeName: 'a', standing: 'heard' });
  });

  it('waits for half a minute for a neighbour that never tells', () => {
    const node = new Starting();
    node.give({ kind: 'grants', changed: [GRANT], revoked: [] });
    node.hear({ digest: entryDigest(ENTRY) }, 33_000);
    expect(node.of('claim')).toEqual([]);
    node.hear({ digest: entryDigest(ENTRY) }, 3000);
    expect(node.of('claim')).toMatchObject([{ address: ADDRESS, reason: 'unclaimed' }]);
  });
});
