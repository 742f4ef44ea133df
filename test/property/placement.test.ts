import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../../src/core/net/index.ts';
import { type EligibleNode, type NodeStanding, Placement } from '../../src/core/placement/placement.ts';

const POOL = 'pool';
const ABLE: EligibleNode = { preference: 0, standing: 'able' };
const nodeName = (at: number): string => `node-${at}`;
const nodesOf = (count: number): Map<string, EligibleNode> =>
  new Map(Array.from({ length: count }, (_, at) => [nodeName(at), ABLE]));
const addressesOf = (count: number): IpAddress[] =>
  Array.from({ length: count }, (_, at) => (0x0a00_0000 + at) as IpAddress);

function ownersOf(placement: Placement, addresses: readonly IpAddress[]): Map<IpAddress, string | undefined> {
  return new Map(addresses.map((address) => [address, placement.candidatesOf(address)[0]]));
}

function loadsOf(placement: Placement, nodes: Iterable<string>): number[] {
  return [...nodes].map((node) => placement.loadOf(node, POOL));
}

/** Takes a node away and decides anew what it was in; returns the addresses that were touched. */
function kill(placement: Placement, eligible: Map<string, EligibleNode>, node: string): readonly IpAddress[] {
  eligible.delete(node);
  const touched = placement.addressesOf(node);
  for (const address of touched) placement.place(address, { group: POOL, eligible });
  return touched;
}

const NODES = 60;
const ADDRESSES = 120;

type Change =
  | { readonly kind: 'place'; readonly address: number; readonly only: readonly number[] }
  | { readonly kind: 'remove'; readonly address: number }
  | { readonly kind: 'kill' | 'revive'; readonly node: number }
  | { readonly kind: 'stand'; readonly node: number; readonly standing: NodeStanding };

const anyNode = fc.nat({ max: NODES - 1 });
const anyStanding = fc.constantFrom<NodeStanding>('able', 'keeps', 'yields');
const anyAddress = fc.nat({ max: ADDRESSES - 1 });
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('place'),
      address: anyAddress,
      only: fc.uniqueArray(anyNode, { maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), address: anyAddress }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('kill', 'revive'), node: anyNode }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stand'), node: anyNode, standing: anyStanding }) },
);

function apply(placement: Placement, eligible: Map<string, EligibleNode>, one: Change): void {
  switch (one.kind) {
    case 'kill':
      kill(placement, eligible, nodeName(one.node));
      break;
    case 'revive':
      eligible.set(nodeName(one.node), ABLE);
      break;
    case 'stand':
      eligible.set(nodeName(one.node), { preference: 0, standing: one.standing });
      for (const address of placement.addressesOf(nodeName(one.node)))
        placement.place(address, { group: POOL, eligible });
      break;
    case 'remove':
      placement.remove(one.address as IpAddress);
      break;
    case 'place': {
      const chosen = one.only.map(nodeName).filter((name) => eligible.has(name));
      const among = chosen.length === 0 ? eligible : new Map(chosen.map((name) => [name, eligible.get(name) ?? ABLE]));
      placement.place(one.address as IpAddress, { group: POOL, eligible: among });
    }
  }
}

/** Counted from the lists themselves. */
function neighboursOf(placement: Placement): Map<string, Set<string>> {
  const neighbours = new Map<string, Set<string>>();
  for (let address = 0; address < ADDRESSES; address += 1) {
    const list = placement.candidatesOf(address as IpAddress);
    for (const node of list) {
      const others = list.filter((other) => other !== node);
      neighbours.set(node, new Set([...(neighbours.get(node) ?? []), ...others]));
    }
  }
  return neighbours;
}

const cluster = fc.record({ nodes: fc.integer({ min: 1, max: 40 }), addresses: fc.integer({ min: 1, max: 160 }) });

describe('placement', () => {
  it('gives every address different eligible candidates, three of them wherever there are three nodes', () => {
    fc.assert(
      fc.property(cluster, ({ nodes, addresses }) => {
        const [placement, eligible] = [new Placement(), nodesOf(nodes)];
        for (const address of addressesOf(addresses)) {
          const list = placement.place(address, { group: POOL, eligible });
          expect(new Set(list).size).toBe(Math.min(3, nodes));
          expect(list.every((node) => eligible.has(node))).toBe(true);
        }
      }),
    );
  });

  it('never makes a node first for more than ceil(mean) addresses', () => {
    fc.assert(
      fc.property(cluster, ({ nodes, addresses }) => {
        const [placement, eligible] = [new Placement(), nodesOf(nodes)];
        for (const address of addressesOf(addresses)) placement.place(address, { group: POOL, eligible });
        const loads = loadsOf(placement, eligible.keys());
        expect(Math.max(...loads)).toBe(Math.ceil(addresses / nodes));
        expect(Math.min(...loads)).toBe(Math.floor(addresses / nodes));
      }),
    );
  });

  it('moves the addresses of a dead node and no other, evenly', () => {
    fc.assert(
      fc.property(cluster, fc.array(fc.nat(), { maxLength: 5 }), ({ nodes, addresses }, deaths) => {
        const [placement, eligible, all] = [new Placement(), nodesOf(nodes), addressesOf(addresses)];
        for (const address of all) placement.place(address, { group: POOL, eligible });
        for (const death of deaths) {
          if (eligible.size < 2) return;
          const dead = [...eligible.keys()][death % eligible.size] ?? '';
          const before = ownersOf(placement, all);
          const touched = new Set(kill(placement, eligible, dead));
          for (const [address, owner] of ownersOf(placement, all)) {
            expect(owner === before.get(address)).toBe(before.get(address) !== dead);
            if (owner !== before.get(address)) expect(touched.has(address)).toBe(true);
          }
          const loads = loadsOf(placement, eligible.keys());
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('moves nothing when a node comes or comes back: no failback', () => {
    fc.assert(
      fc.property(cluster, ({ nodes, addresses }) => {
        const [placement, eligible, all] = [new Placement(), nodesOf(nodes), addressesOf(addresses)];
        for (const address of all) placement.place(address, { group: POOL, eligible });
        if (nodes > 1) kill(placement, eligible, nodeName(0));
        const before = ownersOf(placement, all);
        eligible.set(nodeName(0), { preference: 100, standing: 'able' });
        eligible.set('newcomer', { preference: 100, standing: 'able' });
        for (const address of placement.incomplete()) placement.place(address, { group: POOL, eligible });
        for (const address of all) placement.place(address, { group: POOL, eligible });
        expect(ownersOf(placement, all)).toEqual(before);
        if (eligible.size >= 3) expect(placement.incomplete()).toEqual([]);
      }),
    );
  });

  it('never gives a node more than 16 neighbours, whatever happens to nodes, addresses and eligibility', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 300, maxLength: 600, size: 'max' }), (changes) => {
        const [placement, eligible] = [new Placement(), nodesOf(NODES)];
        for (const one of changes) apply(placement, eligible, one);
        const neighbours = neighboursOf(placement);
        for (let node = 0; node < NODES; node += 1) {
          const counted = neighbours.get(nodeName(node))?.size ?? 0;
          expect(placement.neighbours.neighboursOf(nodeName(node))).toHaveLength(counted);
          expect(counted).toBeLessThanOrEqual(16);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says of every node that has other neighbours than before that it has, so that nobody need look at the others', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 50, maxLength: 200, size: 'max' }), (changes) => {
        const [placement, eligible] = [new Placement(), nodesOf(NODES)];
        const told = new Map<string, string>();
        const sorted = (nodes: Iterable<string>): string => [...nodes].sort().join();
        for (const one of changes) {
          apply(placement, eligible, one);
          for (const node of placement.neighbours.takeChanged())
            told.set(node, sorted(placement.neighbours.neighboursOf(node)));
        }
        for (const [node, neighbours] of neighboursOf(placement)) expect(told.get(node) ?? '').toBe(sorted(neighbours));
      }),
      { numRuns: 30 },
    );
  });

  it('gives nothing new to a node that keeps or yields while another is able, and relieves who yields', () => {
    const standings = fc.array(anyStanding, { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(standings, standings, fc.integer({ min: 1, max: 60 }), (first, second, count) => {
        const cast = (list: readonly NodeStanding[]): Map<string, EligibleNode> =>
          new Map(list.map((standing, at) => [nodeName(at), { preference: 0, standing }]));
        const [placement, all] = [new Placement(), addressesOf(count)];
        for (const address of all) placement.place(address, { group: POOL, eligible: cast(first) });
        const before = ownersOf(placement, all);
        const eligible = cast(second);
        for (const address of all) {
          const [owner = ''] = placement.place(address, { group: POOL, eligible });
          const standing = eligible.get(owner)?.standing;
          if (second.includes('able') && standing !== 'able') expect(standing).toBe('keeps');
          if (standing === 'keeps' && second.includes('able')) expect(owner).toBe(before.get(address));
          const was = eligible.get(before.get(address) ?? '')?.standing;
          if (was === 'able' || was === 'keeps') expect(owner).toBe(before.get(address));
          expect(placement.place(address, { group: POOL, eligible })[0]).toBe(owner);
        }
      }),
    );
  });

  it('costs each of 1,000 nodes at most 16 neighbours, and spreads evenly, also after 50 of them died', () => {
    const [placement, eligible, all] = [new Placement(), nodesOf(1_000), addressesOf(500)];
    for (const address of all) placement.place(address, { group: POOL, eligible });
    expect(Math.max(...loadsOf(placement, eligible.keys()))).toBe(1);
    for (let node = 0; node < 50; node += 1) kill(placement, eligible, nodeName(node * 7));
    for (const node of eligible.keys()) expect(placement.neighbours.neighboursOf(node).length).toBeLessThanOrEqual(16);
    for (const address of all) expect(placement.candidatesOf(address).length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...loadsOf(placement, eligible.keys()))).toBe(1);
  });

  it('depends on nothing but its calls: not on the order in which nodes are listed', () => {
    fc.assert(
      fc.property(cluster, ({ nodes, addresses }) => {
        const [forward, backward] = [new Placement(), new Placement()];
        const eligible = nodesOf(nodes);
        const reversed = new Map([...eligible].reverse());
        for (const address of addressesOf(addresses)) {
          const list = forward.place(address, { group: POOL, eligible });
          expect(backward.place(address, { group: POOL, eligible: reversed })).toEqual(list);
        }
      }),
    );
  });
});
