import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../../../../src/core/net/index.ts';
import { type EligibleNode, Placement } from '../../../../src/core/placement/placement.ts';

const address = (at: number): IpAddress => (0xc0a8_0100 + at) as IpAddress;
const nodes = (...names: string[]): Map<string, EligibleNode> =>
  new Map(names.map((name) => [name, { preference: 0, standing: 'able' }]));
const fleet = (count: number): Map<string, EligibleNode> =>
  nodes(...Array.from({ length: count }, (_, at) => `node-${at}`));

describe('placement', () => {
  it('spreads 50 addresses over 5 nodes as 10 each, and over the 4 that are left as 12 or 13', () => {
    const [placement, eligible] = [new Placement(), fleet(5)];
    for (let at = 0; at < 50; at += 1) placement.place(address(at), { group: 'pool', eligible });
    expect([...eligible.keys()].map((node) => placement.loadOf(node, 'pool'))).toEqual([10, 10, 10, 10, 10]);
    eligible.delete('node-2');
    let moved = 0;
    for (const one of placement.addressesOf('node-2')) {
      const [before] = placement.candidatesOf(one);
      if (placement.place(one, { group: 'pool', eligible })[0] !== before) moved += 1;
    }
    expect(moved).toBe(10);
    expect([...eligible.keys()].map((node) => placement.loadOf(node, 'pool')).sort()).toEqual([12, 12, 13, 13]);
  });

  it('lines up the nodes behind an owner so that its death would load each of them alike', () => {
    const [placement, eligible] = [new Placement(), fleet(5)];
    for (let at = 0; at < 50; at += 1) placement.place(address(at), { group: 'pool', eligible });
    for (const owner of eligible.keys()) {
      const behind = placement
        .addressesOf(owner)
        .map((one) => placement.candidatesOf(one))
        .filter(([first]) => first === owner)
        .map(([, second]) => second);
      const counts = [...eligible.keys()]
        .filter((node) => node !== owner)
        .map((node) => behind.filter((one) => one === node).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it('spreads each pool by itself', () => {
    const [placement, eligible] = [new Placement(), fleet(3)];
    for (let at = 0; at < 3; at += 1) placement.place(address(at), { group: 'v4', eligible });
    for (let at = 3; at < 6; at += 1) placement.place(address(at), { group: 'v6', eligible });
    for (const node of eligible.keys())
      expect([placement.loadOf(node, 'v4'), placement.loadOf(node, 'v6')]).toEqual([1, 1]);
  });

  it('keeps the owner that it is told of, when that one is eligible', () => {
    const [placement, eligible] = [new Placement(), fleet(5)];
    expect(placement.place(address(1), { group: 'pool', eligible, owner: 'node-4' })[0]).toBe('node-4');
    expect(placement.place(address(1), { group: 'pool', eligible, owner: 'node-3' })[0]).toBe('node-3');
    expect(placement.place(address(1), { group: 'pool', eligible, owner: 'gone' })[0]).toBe('node-3');
  });

  it('prefers the nodes with the greatest preference, and still does not fail back to them', () => {
    const [placement, eligible] = [new Placement(), fleet(4)];
    eligible.set('node-1', { preference: 50, standing: 'able' });
    eligible.set('node-3', { preference: 20, standing: 'able' });
    expect(placement.place(address(1), { group: 'pool', eligible }).slice(0, 2)).toEqual(['node-1', 'node-3']);
    eligible.delete('node-1');
    expect(placement.place(address(1), { group: 'pool', eligible })[0]).toBe('node-3');
    eligible.set('node-1', { preference: 50, standing: 'able' });
    expect(placement.place(address(1), { group: 'pool', eligible })[0]).toBe('node-3');
  });

  it('has no candidates where nobody is eligible, says which addresses lack some, and fills them up', () => {
    const placement = new Placement();
    expect(placement.place(address(1), { group: 'pool', eligible: new Map() })).toEqual([]);
    expect(placement.incomplete()).toEqual([address(1)]);
    expect(placement.place(address(1), { group: 'pool', eligible: nodes('a') })).toEqual(['a']);
    expect(
      placement.place(address(1), {
        group: 'pool',
        eligible: fleet(3).set('a', { preference: 0, standing: 'able' }),
      })[0],
    ).toBe('a');
    expect(placement.incomplete()).toEqual([]);
  });

  it('forgets an address without a trace', () => {
    const [placement, eligible] = [new Placement(), fleet(3)];
    placement.place(address(1), { group: 'pool', eligible });
    placement.remove(address(1));
    placement.remove(address(1));
    expect(placement.candidatesOf(address(1))).toEqual([]);
    for (const node of eligible.keys()) {
      expect([
        placement.loadOf(node, 'pool'),
        placement.neighbours.neighboursOf(node).length,
        placement.addressesOf(node),
      ]).toEqual([0, 0, []]);
    }
  });
});
