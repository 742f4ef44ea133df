import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ipam, type PoolSpec } from '../../../src/core/ipam/index.ts';
import { formatIp, type IpAddress, type IpFamily, isIpv4 } from '../../../src/core/net/index.ts';
import { applicant, ip, poolSpec } from '../../support/ipam-pools.ts';
import { NaiveIpam } from '../../support/naive-ipam.ts';

const COOL_DOWN_MS = 100;
const HOLDERS = ['a/one', 'a/two', 'b/three', 'b/four', 'c/five', 'c/six'];

/** Ranges that do not overlap, cut differently in each layout: pools grow, shrink, split and vanish. */
const LAYOUTS: readonly (readonly PoolSpec[])[] = [
  [poolSpec('only', ['10.0.0.254-10.0.1.3', 'fd00::-fd00::3'])],
  [
    poolSpec('only', ['10.0.1.0-10.0.1.3', '10.0.0.254-10.0.0.255'], { avoidBuggyIps: true }),
    poolSpec('six', ['fd00::/64']),
  ],
  [
    poolSpec('pinned', ['10.0.1.2-10.0.1.3'], {
      pinned: { priority: 0 },
      admits: ({ namespace }) => namespace === 'a',
    }),
    poolSpec('seventh', ['10.0.0.254-10.0.0.255'], {
      pinned: { priority: 7 },
      admits: ({ namespace }) => namespace !== 'c',
    }),
    poolSpec('common', ['10.0.1.0-10.0.1.1', 'fd00::1-fd00::2']),
    poolSpec('hidden', ['10.0.2.0/31'], { autoAssign: false }),
  ],
  [
    poolSpec('another', ['10.0.2.0/31']),
    poolSpec('only', ['10.0.0.254-10.0.1.3'], {
      reservations: [{ holder: 'b/four', ranges: [{ first: ip('10.0.1.0'), last: ip('10.0.1.1') }] }],
    }),
  ],
];

const ADDRESSES = [
  '10.0.0.254',
  '10.0.0.255',
  '10.0.1.0',
  '10.0.1.1',
  '10.0.1.2',
  '10.0.1.3',
  '10.0.2.0',
  'fd00::1',
  'fd00::2',
  'fd00::ffff',
].map(ip);

const holder = fc.constantFrom(...HOLDERS);
const address = fc.constantFrom(...ADDRESSES);
const sharedTerms = fc.record({
  sharing: fc.record({
    key: fc.constantFrom('k', 'k', 'k', 'l'),
    scope: fc.constantFrom('', '', '', 'a'),
    backend: fc.constantFrom('', '', 'pods'),
  }),
  ports: fc.uniqueArray(fc.constantFrom('TCP/80', 'TCP/443', 'UDP/53'), { minLength: 1, maxLength: 2 }),
});
const terms = fc.oneof(fc.constant({}), { weight: 2, arbitrary: sharedTerms });
const families = fc.constantFrom<IpFamily[]>(['IPv4'], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']);
const pool = fc.constantFrom('only', 'six', 'pinned', 'seventh', 'common', 'hidden', 'none');
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant<T[]>([]) }, fc.uniqueArray(arbitrary, { minLength: 1, maxLength: 2 }));
const ask = fc.record({
  kind: fc.constant('ask' as const),
  holder,
  terms,
  families,
  everyFamily: fc.boolean(),
  addresses: rarely(address).map((each) => each.slice(0, 1)),
  pools: rarely(pool),
});
const bar = { address, present: fc.constantFrom(true, false, false) };
const operation = fc.oneof(
  { weight: 10, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), holder }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const), holder }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pools' as const), layout: fc.nat(LAYOUTS.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('node' as const), ...bar }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('quarantine' as const), ...bar }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 60, COOL_DOWN_MS) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Runs both, and compares all that can be seen. */
class Pair {
  readonly ours = new Ipam({ coolDownMs: COOL_DOWN_MS });
  readonly naive = new NaiveIpam(COOL_DOWN_MS);
  nowMs = 0;

  constructor(layout: number) {
    this.setPools(layout);
  }

  setPools(layout: number): void {
    const pools = LAYOUTS[layout] ?? [];
    this.ours.setPools(pools);
    this.naive.pools = pools;
  }

  perform(step: Operation): void {
    switch (step.kind) {
      case 'pools':
        this.setPools(step.layout);
        break;
      case 'wait':
        this.nowMs += step.ms;
        break;
      case 'node':
        this.ours.setNodeAddress(step.address, step.present ? 'node' : undefined);
        this.naive.nodes = changed(this.naive.nodes, step);
        break;
      case 'quarantine':
        this.ours.setQuarantine(step.address, step.present ? 'seen' : undefined);
        this.naive.quarantine = changed(this.naive.quarantine, step);
        break;
      case 'release':
        this.ours.retire(step.holder);
        this.ours.settle(step.holder, [], this.nowMs);
        this.naive.release(step.holder, this.nowMs);
        break;
      case 'settle': {
        const { addresses } = this.ours.holding(step.holder);
        this.ours.settle(step.holder, addresses, this.nowMs);
        this.naive.settle(step.holder, this.nowMs);
        break;
      }
      case 'ask':
        this.ask(step);
    }
    this.compare();
  }

  ask(step: Operation & { kind: 'ask' }): void {
    const asks = applicant(step.holder, step.terms);
    const asked = new Set(step.addresses.map((each) => isIpv4(each)));
    const held = this.ours.holding(step.holder).addresses;
    const keep = held.filter(
      (each) =>
        !asked.has(isIpv4(each)) &&
        step.families.some((family) => (family === 'IPv4') === isIpv4(each)) &&
        this.ours.keepRefusal(asks, each, step.pools) === undefined,
    );
    for (const each of held) {
      expect(this.ours.keepRefusal(asks, each, step.pools)?.kind).toBe(this.naive.keepRefusal(asks, each, step.pools));
    }
    const wanted = { ...step, keep };
    const choice = this.ours.choose(asks, wanted, { nowMs: this.nowMs, promised: () => 0 });
    const expected = this.naive.choose(asks, wanted, this.nowMs);
    expect(choice.kind === 'chosen' ? textOf(choice.addresses) : undefined).toEqual(
      expected === undefined ? undefined : textOf(expected),
    );
    if (choice.kind !== 'chosen') {
      expect(choice.refusals).not.toEqual([]);
      return;
    }
    expect(this.ours.assign(asks, choice.addresses).kind).toBe('assigned');
    this.naive.assign(asks, choice.addresses);
  }

  compare(): void {
    for (const each of HOLDERS) {
      expect(textOf(this.ours.holding(each).addresses)).toEqual(textOf(this.naive.addressesOf(each)));
      expect(textOf(this.ours.holding(each).leaving)).toEqual(textOf(this.naive.leavingOf(each)));
    }
    this.ours.endRests(this.nowMs);
    for (const { name } of this.naive.pools) {
      expect(this.ours.usage(name)).toEqual(this.naive.usage(name, this.nowMs));
    }
  }
}

function changed(present: ReadonlySet<IpAddress>, step: { address: IpAddress; present: boolean }): Set<IpAddress> {
  const next = new Set(present);
  if (step.present) next.add(step.address);
  else next.delete(step.address);
  return next;
}

function textOf(addresses: readonly IpAddress[]): string[] {
  return addresses.map(formatIp).sort();
}

describe('Ipam', () => {
  it('does what a naive one does that looks at every address and every holder each time', () => {
    fc.assert(
      fc.property(
        fc.nat(LAYOUTS.length - 1),
        fc.array(operation, { minLength: 1, maxLength: 80, size: 'max' }),
        (layout, operations) => {
          const pair = new Pair(layout);
          for (const step of operations) pair.perform(step);
        },
      ),
      { numRuns: 150 },
    );
  });
});
