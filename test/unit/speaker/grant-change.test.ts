import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IpAddress, ipv4FromValue } from '../../../src/core/net/index.ts';
import type { Grant } from '../../../src/ports/channel.ts';
import { type GrantMessage, grantChange } from '../../../src/speaker/grant-change.ts';
import { address, v4 } from '../../support/fake-lan.ts';

const A = v4('192.0.2.50');
const B = v4('192.0.2.51');
const OPTIONS = { nodeName: 'node1', capacity: 100 };

function grant(on: IpAddress, counter = 1, fields: Partial<Grant> = {}): Grant {
  return { address: on, epoch: { generation: 1, counter }, candidates: ['node1', 'node2'], ...fields };
}

function held(...grants: Grant[]): Map<IpAddress, Grant> {
  return new Map(grants.map((one) => [one.address, one]));
}

function snapshot(...grants: Grant[]): GrantMessage {
  return { kind: 'snapshot', revision: 1, grants };
}

function delta(grants: Grant[], revoked: IpAddress[] = []): GrantMessage {
  return { kind: 'delta', revision: 2, grants, revoked };
}

describe('what a message of the controller changes', () => {
  it('is everything that is new in a snapshot, and the end of what is missing from it', () => {
    expect(grantChange(held(grant(A)), snapshot(grant(B)), OPTIONS)).toEqual({
      granted: [grant(B)],
      revoked: [A],
      rejected: [],
    });
  });

  it('is nothing when it says what is held', () => {
    const same = grant(A, 3, { interfaces: ['eth0'] });
    expect(grantChange(held(same), snapshot(structuredClone(same)), OPTIONS)).toEqual({
      granted: [],
      revoked: [],
      rejected: [],
    });
  });

  it.each<[string, Partial<Grant>]>([
    ['epoch', { epoch: { generation: 1, counter: 4 } }],
    ['order of the candidates', { candidates: ['node2', 'node1'] }],
    ['interfaces', { interfaces: ['eth1'] }],
    ['number of interfaces', { interfaces: ['eth0', 'eth1'] }],
  ])('is a grant whose %s is another', (_, fields) => {
    const before = grant(A, 3, { interfaces: ['eth0'] });
    expect(grantChange(held(before), delta([{ ...before, ...fields }]), OPTIONS).granted).toHaveLength(1);
  });

  it('is in a delta only what it names', () => {
    expect(grantChange(held(grant(A)), delta([grant(B)]), OPTIONS).revoked).toEqual([]);
    expect(grantChange(held(grant(A)), delta([], [A, B]), OPTIONS).revoked).toEqual([A]);
  });

  it('leaves the rest in force when one grant is rejected', () => {
    const change = grantChange(
      held(),
      delta([grant(A), grant(address('2001:db8::50'), 1, { candidates: ['node2'] })]),
      OPTIONS,
    );
    expect(change.granted).toEqual([grant(A)]);
    expect(change.rejected).toEqual([
      { address: address('2001:db8::50'), reason: 'node1 is not among the candidates' },
    ]);
  });

  it('rejects a grant of which this node is no candidate', () => {
    expect(grantChange(held(), delta([grant(A, 1, { candidates: ['node2'] })]), OPTIONS).rejected).toEqual([
      { address: A, reason: 'node1 is not among the candidates' },
    ]);
  });

  it.each<[string, (grants: Grant[]) => GrantMessage]>([
    ['snapshot', (grants) => snapshot(...grants)],
    ['delta', (grants) => delta(grants)],
  ])('is for a held address also that a %s grants it to other nodes, since it has to be handed over', (_, message) => {
    const elsewhere = grant(A, 4, { candidates: ['node2'] });
    expect(grantChange(held(grant(A, 3)), message([elsewhere]), OPTIONS)).toEqual({
      granted: [elsewhere],
      revoked: [],
      rejected: [],
    });
    expect(grantChange(held(grant(A, 5)), message([elsewhere]), OPTIONS)).toMatchObject({ granted: [], revoked: [] });
  });

  it.each([
    ['an older counter', { generation: 2, counter: 4 }],
    ['an older generation, however high its counter', { generation: 1, counter: 900 }],
  ])('rejects a grant of %s than the one that is held', (_, epoch) => {
    const before = grant(A, 1, { epoch: { generation: 2, counter: 5 } });
    const change = grantChange(held(before), snapshot(grant(A, 1, { epoch })), OPTIONS);
    expect(change).toMatchObject({ granted: [], revoked: [], rejected: [{ address: A }] });
    expect(change.rejected[0]?.reason).toContain('older than the one of 2.5');
  });

  it('rejects what exceeds the capacity, but takes as many as are revoked at the same time', () => {
    const full = held(...Array.from({ length: 100 }, (_, index) => grant(ipv4FromValue(index + 1))));
    expect(grantChange(full, delta([grant(A)]), OPTIONS).rejected).toHaveLength(1);
    expect(grantChange(full, delta([grant(A)], [ipv4FromValue(1)]), OPTIONS).rejected).toEqual([]);
    expect(grantChange(full, delta([grant(ipv4FromValue(1), 2)]), OPTIONS).rejected).toEqual([]);
  });

  it('leads, message after message, to what the controller last said', () => {
    const some = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 10 });
    const message = fc.record({ kind: fc.constantFrom('snapshot', 'delta'), named: some, revoked: some });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
        const mine = new Map<IpAddress, Grant>();
        const theirs = new Map<IpAddress, Grant>();
        for (const [index, { kind, named, revoked }] of messages.entries()) {
          const grants = named.map((value) => grant(ipv4FromValue(value), index + 1));
          const gone = revoked.filter((value) => !named.includes(value)).map(ipv4FromValue);
          if (kind === 'snapshot') theirs.clear();
          apply(theirs, grants, kind === 'delta' ? gone : []);
          const change = grantChange(mine, kind === 'snapshot' ? snapshot(...grants) : delta(grants, gone), OPTIONS);
          apply(mine, change.granted, change.revoked);
          expect(change.rejected).toEqual([]);
          expect(new Set(mine.values())).toEqual(new Set(theirs.values()));
        }
      }),
    );
  });
});

function apply(grants: Map<IpAddress, Grant>, granted: readonly Grant[], revoked: readonly IpAddress[]): void {
  for (const gone of revoked) grants.delete(gone);
  for (const one of granted) grants.set(one.address, one);
}
