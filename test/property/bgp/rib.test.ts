import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionContext } from '../../../src/core/codec/bgp/index.ts';
import { asnFromNumber, formatPrefix, ipv4FromValue, ipv6FromValue } from '../../../src/core/net/index.ts';
import { AdjRibOut, type Route, type RouteAttributes, type SendContext } from '../../../src/core/rib/index.ts';
import { prefixOfFamily } from '../../support/bgp/arbitraries.ts';
import { EXTERNAL, INTERNAL, OLD } from '../../support/bgp/contexts.ts';
import { RibPeer } from '../../support/bgp/rib-peer.ts';

/** Few prefixes and few attributes, so that changes meet. */
const prefix = fc.oneof(
  fc.constantFrom(...fc.sample(prefixOfFamily('IPv4'), { numRuns: 6, seed: 1 })),
  fc.constantFrom(...fc.sample(prefixOfFamily('IPv6'), { numRuns: 6, seed: 1 })),
);
const attributes: fc.Arbitrary<RouteAttributes> = fc.constantFrom<RouteAttributes>(
  {},
  { med: 1 },
  { communities: [2, 1] },
  { communities: [1, 2], prepend: 3 },
  { localPref: 5, largeCommunities: [{ globalAdministrator: 1, localData1: 2, localData2: 3 }] },
);
const route: fc.Arbitrary<Route> = fc.record({ prefix, attributes });

type Step =
  | { readonly kind: 'announce'; readonly route: Route }
  | { readonly kind: 'withdraw'; readonly route: Route }
  | { readonly kind: 'replace'; readonly routes: readonly Route[] }
  | { readonly kind: 'refresh'; readonly family: 'IPv4' | 'IPv6' }
  | { readonly kind: 'drain'; readonly on: boolean }
  | { readonly kind: 'write'; readonly messages: number }
  | { readonly kind: 'reconnect' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('announce' as const), route }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), route }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('replace' as const), routes: fc.array(route, { maxLength: 9 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('refresh' as const),
      family: fc.constantFrom('IPv4' as const, 'IPv6' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drain' as const), on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), messages: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
);

const session: fc.Arbitrary<SessionContext> = fc.constantFrom(
  EXTERNAL,
  INTERNAL,
  OLD,
  { ...EXTERNAL, extendedNextHop: true },
  { ...INTERNAL, enhancedRouteRefresh: false },
);

function sending(context: SessionContext): SendContext {
  const localAsn = asnFromNumber(4_200_000_000);
  if (localAsn === undefined) throw new Error('not an AS number');
  return { session: context, localAsn, nextHops: { ipv4: ipv4FromValue(9), ipv6: { global: ipv6FromValue(9n) } } };
}

/** A table, a peer that reads it, and the routes that a naive reader of the steps would expect. */
class Model {
  readonly rib = new AdjRibOut();
  readonly wanted = new Map<string, Route>();
  readonly context: SessionContext;
  peer: RibPeer;

  constructor(context: SessionContext) {
    this.context = context;
    this.peer = new RibPeer(context);
    this.rib.open(sending(context));
  }

  take(one: Step): void {
    switch (one.kind) {
      case 'announce':
        this.rib.announce(one.route);
        this.wanted.set(formatPrefix(one.route.prefix), one.route);
        break;
      case 'withdraw':
        this.rib.withdraw(one.route.prefix);
        this.wanted.delete(formatPrefix(one.route.prefix));
        break;
      case 'replace':
        this.rib.replace(one.routes);
        this.wanted.clear();
        for (const each of one.routes) this.wanted.set(formatPrefix(each.prefix), each);
        break;
      case 'refresh':
        this.rib.refresh(one.family);
        break;
      case 'drain':
        this.rib.setGracefulShutdown(one.on);
        break;
      case 'write':
        this.write(one.messages);
        break;
      case 'reconnect':
        this.rib.close();
        this.peer = new RibPeer(this.context);
        this.rib.open(sending(this.context));
        break;
      default:
        one satisfies never;
    }
  }

  write(messages = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < messages; count += 1) {
      const next = this.rib.nextMessage();
      if (next === undefined) return;
      this.peer.take(next);
    }
  }
}

describe('the routes that a peer has', () => {
  it('are those that are wanted, whatever happened in which order, and the same as from a fresh table', () => {
    fc.assert(
      fc.property(session, fc.array(step, { maxLength: 60 }), (context, steps) => {
        const model = new Model(context);
        for (const one of steps) model.take(one);
        model.write();
        const fresh = new Model(context);
        fresh.rib.replace(model.wanted.values());
        fresh.rib.setGracefulShutdown(steps.findLast((one) => one.kind === 'drain')?.on ?? false);
        fresh.write();
        expect(model.peer.table).toEqual(fresh.peer.table);
        const families = (key: string): boolean => context.families.includes(key.includes(':') ? 'IPv6' : 'IPv4');
        expect([...model.peer.table.keys()].sort()).toEqual([...model.wanted.keys()].filter(families).sort());
        expect(model.rib.counts()).toMatchObject({
          wanted: model.wanted.size,
          advertised: model.peer.table.size,
          pending: 0,
          attributeSets: fresh.rib.counts().attributeSets,
        });
        model.rib.replace([]);
        model.write();
        expect(model.rib.counts()).toMatchObject({ wanted: 0, advertised: 0, attributeSets: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  it('cost no message when nothing changes, whatever happened before', () => {
    fc.assert(
      fc.property(session, fc.array(step, { maxLength: 40 }), (context, steps) => {
        const model = new Model(context);
        for (const one of steps) model.take(one);
        model.write();
        model.rib.replace([...model.wanted.values()].map((each) => ({ ...each, attributes: { ...each.attributes } })));
        expect(model.rib.nextMessage()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
