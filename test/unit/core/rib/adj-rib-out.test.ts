import { describe, expect, it } from 'vitest';
import type { SessionContext } from '../../../../src/core/codec/bgp/index.ts';
import { asnFromNumber, ipv4FromValue, parseIpv4, parseIpv6, parsePrefix } from '../../../../src/core/net/index.ts';
import { AdjRibOut, type Route, type RouteAttributes, type SendContext } from '../../../../src/core/rib/index.ts';
import { EXTERNAL, INTERNAL, OLD } from '../../../support/bgp/contexts.ts';
import { toHex } from '../../../support/bgp/octets.ts';
import { RibPeer } from '../../../support/bgp/rib-peer.ts';

const V4 = parseIpv4('192.0.2.11') ?? fail();
const V6 = parseIpv6('2001:db8::11') ?? fail();
const LINK_LOCAL = parseIpv6('fe80::1') ?? fail();

function fail(): never {
  throw new Error('not understood');
}

function route(prefix: string, attributes: RouteAttributes = {}): Route {
  return { prefix: parsePrefix(prefix) ?? fail(), attributes };
}

/** 10.0.0.0/32 and those after it. */
function routes(count: number, attributes: RouteAttributes = {}): Route[] {
  return Array.from({ length: count }, (_, index) => ({
    prefix: { network: ipv4FromValue(0x0a00_0000 + index), length: 32 },
    attributes,
  }));
}

function sending(session: SessionContext, overrides: Partial<SendContext> = {}): SendContext {
  return {
    session,
    localAsn: asnFromNumber(64512) ?? fail(),
    nextHops: { ipv4: V4, ipv6: { global: V6 } },
    ...overrides,
  };
}

/** A session that is up, and its far end. */
class Pair {
  readonly rib = new AdjRibOut();
  readonly peer: RibPeer;
  readonly messages: Uint8Array[] = [];

  constructor(context: SendContext, wanted: readonly Route[] = []) {
    this.peer = new RibPeer(context.session);
    this.rib.replace(wanted);
    this.rib.open(context);
    this.flush();
  }

  flush(): readonly string[] {
    this.peer.log.length = 0;
    this.messages.length = 0;
    for (let next = this.rib.nextMessage(); next !== undefined; next = this.rib.nextMessage()) {
      this.messages.push(next);
      this.peer.take(next);
    }
    return [...this.peer.log];
  }

  attributesOf(prefix: string): Record<string, unknown> {
    const known = this.peer.table.get(prefix);
    if (known === undefined) throw new Error(`${prefix} is not announced`);
    const named = known.attributes.map(({ kind, ...fields }) => [kind, Object.values(fields)[0] ?? true]);
    return { ...Object.fromEntries(named), nextHop: known.nextHop };
  }
}

describe('what is written', () => {
  it('is the golden vector for a route of each family, and for its withdrawal', () => {
    const pair = new Pair(sending(EXTERNAL));
    pair.rib.announce(route('198.51.100.7/32', { communities: [0xfc00_0064] }));
    pair.flush();
    expect(pair.messages.map(toHex)).toEqual([
      `${'ff'.repeat(16)}0037020000001b4001010040020602010000fc00400304c000020bc00804fc00006420c6336407`,
    ]);
    pair.rib.announce(route('2001:db8:f::/128'));
    pair.flush();
    expect(pair.messages.map(toHex)).toEqual([
      `${'ff'.repeat(16)}004d0200000036800e260002011020010db8000000000000000000000011008020010db8000f000000000000000000004001010040020602010000fc00`,
    ]);
    pair.rib.withdraw(route('198.51.100.7/32').prefix);
    pair.flush();
    expect(pair.messages.map(toHex)).toEqual([`${'ff'.repeat(16)}001c02000520c63364070000`]);
  });

  it('ends with End-of-RIB of each family, with and without routes (RFC 4724 §4)', () => {
    expect(new Pair(sending(EXTERNAL)).peer.log).toEqual(['end IPv4', 'end IPv6']);
    const pair = new Pair(sending(OLD), [route('10.0.0.0/24')]);
    expect(pair.peer.log).toEqual(['+1', 'end IPv4']);
  });
});

describe('the attributes', () => {
  const full: RouteAttributes = {
    localPref: 7,
    med: 9,
    prepend: 2,
    communities: [3, 1, 3, 2],
    largeCommunities: [
      { globalAdministrator: 2, localData1: 1, localData2: 1 },
      { globalAdministrator: 1, localData1: 1, localData2: 2 },
      { globalAdministrator: 1, localData1: 1, localData2: 2 },
    ],
    extendedCommunities: [5n, 4n],
  };

  it('towards another AS have our number in the path, and no LOCAL_PREF (RFC 4271 §5.1.2, §5.1.5)', () => {
    expect(new Pair(sending(EXTERNAL), [route('10.0.0.0/8', full)]).attributesOf('10.0.0.0/8')).toEqual({
      origin: 0,
      asPath: [{ kind: 2, asns: [64512, 64512, 64512] }],
      multiExitDisc: 9,
      communities: [1, 2, 3],
      extendedCommunities: [4n, 5n],
      largeCommunities: [
        { globalAdministrator: 1, localData1: 1, localData2: 2 },
        { globalAdministrator: 2, localData1: 1, localData2: 1 },
      ],
      nextHop: { kind: 'nextHop', address: V4 },
    });
  });

  it('within our AS have an empty path, and always LOCAL_PREF (RFC 4271 §5.1.2, §5.1.5)', () => {
    const pair = new Pair(sending(INTERNAL), [route('10.0.0.0/8', full), route('10.0.0.0/9')]);
    expect(pair.attributesOf('10.0.0.0/8')).toMatchObject({ asPath: [], localPref: 7 });
    expect(pair.attributesOf('10.0.0.0/9')).toMatchObject({ asPath: [], localPref: 100 });
  });

  it('name a number above 65535 twice to a peer that knows 16 bits (RFC 6793 §4.2.2)', () => {
    const localAsn = asnFromNumber(4_200_000_000) ?? fail();
    const pair = new Pair(sending(OLD, { localAsn }), [route('10.0.0.0/8', { prepend: 1 })]);
    expect(pair.attributesOf('10.0.0.0/8')).toMatchObject({
      asPath: [{ kind: 2, asns: [23456, 23456] }],
      as4Path: [{ kind: 2, asns: [4_200_000_000, 4_200_000_000] }],
    });
    const small = new Pair(sending(OLD, { localAsn: asnFromNumber(65535) ?? fail() }), [route('10.0.0.0/8')]);
    expect(small.attributesOf('10.0.0.0/8')).toMatchObject({ asPath: [{ kind: 2, asns: [65535] }] });
    expect(small.attributesOf('10.0.0.0/8')).not.toHaveProperty('as4Path');
  });

  it('may be hundreds of communities', () => {
    const communities = Array.from({ length: 300 }, (_, index) => index);
    const pair = new Pair(sending(EXTERNAL), [route('10.0.0.0/8', { communities })]);
    expect(pair.attributesOf('10.0.0.0/8').communities).toEqual(communities);
  });
});

describe('the next hop', () => {
  const other = parseIpv4('192.0.2.99') ?? fail();

  it('is this end, unless the route names one of its family', () => {
    const pair = new Pair(sending(EXTERNAL), [
      route('10.0.0.0/8', { nextHop: other }),
      route('2001:db8::/32', { nextHop: other }),
    ]);
    expect(pair.attributesOf('10.0.0.0/8').nextHop).toMatchObject({ address: other });
    expect(pair.attributesOf('2001:db8::/32').nextHop).toEqual({ kind: 'ipv6', global: V6 });
  });

  it('may be two IPv6 addresses (RFC 2545 §3)', () => {
    const nextHops = { ipv6: { global: V6, linkLocal: LINK_LOCAL } };
    const pair = new Pair(sending(EXTERNAL, { nextHops }), [route('2001:db8::/32')]);
    expect(pair.attributesOf('2001:db8::/32').nextHop).toEqual({ kind: 'ipv6', global: V6, linkLocal: LINK_LOCAL });
  });

  it('of an IPv4 route is IPv6 where that was agreed, also when it is withdrawn (RFC 8950 §4)', () => {
    const session = { ...EXTERNAL, extendedNextHop: true };
    const pair = new Pair(sending(session), [route('10.0.0.0/8')]);
    expect(pair.attributesOf('10.0.0.0/8').nextHop).toEqual({ kind: 'ipv6', global: V6 });
    pair.rib.replace([]);
    pair.flush();
    expect(toHex(pair.messages[0] ?? new Uint8Array())).toBe(
      `${'ff'.repeat(16)}001f020000000880 0f05 000101 080a`.replaceAll(' ', ''),
    );
  });

  it('that is missing holds the family back, and the counts say so', () => {
    const pair = new Pair(sending(EXTERNAL, { nextHops: { ipv4: V4 } }), [route('10.0.0.0/8'), route('2001:db8::/32')]);
    expect([...pair.peer.table.keys()]).toEqual(['10.0.0.0/8']);
    expect(pair.rib.counts()).toEqual({
      wanted: 2,
      advertised: 1,
      pending: 0,
      attributeSets: 1,
      heldBack: { IPv6: 'no-next-hop' },
    });
  });
});

describe('what is held back', () => {
  it('is a family that was not agreed on', () => {
    const pair = new Pair(sending(OLD), [route('10.0.0.0/8'), route('2001:db8::/32')]);
    expect([...pair.peer.table.keys()]).toEqual(['10.0.0.0/8']);
    expect(pair.rib.counts().heldBack).toEqual({ IPv6: 'family-not-negotiated' });
  });

  it('are attributes that no message holds; a route that had others before is withdrawn', () => {
    const communities = Array.from({ length: 2000 }, (_, index) => index);
    const pair = new Pair(sending(EXTERNAL), [route('10.0.0.0/8')]);
    pair.rib.announce(route('10.0.0.0/8', { communities }));
    expect(pair.flush()).toEqual(['-1']);
    expect(pair.rib.counts().heldBack).toEqual({ IPv4: 'attributes-too-long' });
    const long = new Pair(sending({ ...EXTERNAL, maxSentLength: 65_535 }), [route('10.0.0.0/8', { communities })]);
    expect(long.peer.table.size).toBe(1);
  });
});

describe('packing', () => {
  it('puts as many prefixes into an UPDATE as fit (RFC 4271 §4.3)', () => {
    // 4096 octets less header, two lengths and 20 octets of attributes, five for each prefix.
    expect(new Pair(sending(EXTERNAL), routes(1620)).peer.log).toEqual(['+810', '+810', 'end IPv4', 'end IPv6']);
    const pair = new Pair(sending(EXTERNAL), routes(1000));
    pair.rib.replace([]);
    expect(pair.flush()).toEqual(['-814', '-186']);
  });

  it('fills long messages where the peer takes them (RFC 8654 §4)', () => {
    expect(new Pair(sending({ ...EXTERNAL, maxSentLength: 65_535 }), routes(13_000)).peer.log[0]).toBe('+13000');
  });

  it('puts together what is equal, from whichever objects', () => {
    const wanted = [
      route('10.0.0.1/32', { communities: [1, 2] }),
      route('10.0.0.2/32', { communities: [2, 1, 1] }),
      route('10.0.0.3/32', { communities: [1], med: 2 }),
      route('10.0.0.4/32', { communities: [1, 2], prepend: 0 }),
    ];
    expect(new Pair(sending(OLD), wanted).peer.log).toEqual(['+3', '+1', 'end IPv4']);
  });
});

describe('the difference', () => {
  it('is nothing when the same is wanted again', () => {
    const pair = new Pair(sending(EXTERNAL), routes(100));
    pair.rib.replace(routes(100));
    pair.rib.announce(route('10.0.0.7/32'));
    expect(pair.flush()).toEqual([]);
  });

  it('is withdrawals first, then what is new or changed', () => {
    const pair = new Pair(sending(EXTERNAL), routes(3));
    pair.rib.replace([...routes(2), route('10.0.0.1/32', { med: 1 }), route('10.1.0.0/16'), route('2001:db8::/32')]);
    expect(pair.flush()).toEqual(['-1', '+1', '+1', '+1']);
  });

  it('is nothing when a change was taken back before it was written', () => {
    const pair = new Pair(sending(EXTERNAL), routes(3));
    pair.rib.announce(route('10.0.0.1/32', { med: 1 }));
    pair.rib.announce(route('10.0.0.1/32'));
    pair.rib.withdraw(route('10.0.0.2/32').prefix);
    pair.rib.announce(route('10.0.0.2/32'));
    pair.rib.announce(route('10.9.0.0/16'));
    pair.rib.withdraw(route('10.9.0.0/16').prefix);
    pair.rib.withdraw(route('10.8.0.0/16').prefix);
    expect(pair.flush()).toEqual([]);
    expect(pair.rib.counts().pending).toBe(0);
  });

  it('is one announcement when a route goes and comes back as another', () => {
    const pair = new Pair(sending(EXTERNAL), routes(3));
    pair.rib.withdraw(route('10.0.0.2/32').prefix);
    pair.rib.announce(route('10.0.0.2/32', { med: 1 }));
    expect(pair.flush()).toEqual(['+1']);
  });

  it('is one message for one change, however many other routes there are', () => {
    const pair = new Pair(sending(EXTERNAL), routes(5000));
    pair.rib.announce(route('192.0.2.1/32'));
    expect(pair.flush()).toEqual(['+1']);
  });

  it('is everything for a new session, and nothing without one', () => {
    const pair = new Pair(sending(EXTERNAL), routes(10));
    pair.rib.close();
    pair.rib.withdraw(route('10.0.0.3/32').prefix);
    expect(pair.rib.nextMessage()).toBeUndefined();
    pair.peer.table.clear();
    pair.rib.open(sending(EXTERNAL));
    expect(pair.flush()).toEqual(['+9', 'end IPv4', 'end IPv6']);
  });
});

describe('a refresh', () => {
  it('sends a family again between its marks (RFC 7313 §4)', () => {
    const pair = new Pair(sending(EXTERNAL), [...routes(3), route('2001:db8::/32')]);
    pair.rib.refresh('IPv4');
    expect(pair.flush()).toEqual(['begin 1', '+3', 'complete 1']);
    pair.rib.refresh('IPv6');
    expect(pair.flush()).toEqual(['begin 2', '+1', 'complete 2']);
    expect(pair.peer.table.size).toBe(4);
  });

  it('has no marks where they were not agreed on (RFC 2918 §4)', () => {
    const pair = new Pair(sending({ ...EXTERNAL, enhancedRouteRefresh: false }), routes(3));
    pair.rib.refresh('IPv4');
    expect(pair.flush()).toEqual(['+3']);
  });

  it('that is asked for a hundred times while one runs is done once more', () => {
    const pair = new Pair(sending(EXTERNAL), routes(3));
    for (let times = 0; times < 100; times += 1) pair.rib.refresh('IPv4');
    expect(pair.flush()).toEqual(['begin 1', '+3', 'complete 1', 'begin 1', '+3', 'complete 1']);
  });

  it('begins after End-of-RIB (RFC 7313 §4)', () => {
    const rib = new AdjRibOut();
    const peer = new RibPeer(OLD);
    rib.replace(routes(1));
    rib.open(sending(OLD));
    rib.refresh('IPv4');
    for (let next = rib.nextMessage(); next !== undefined; next = rib.nextMessage()) peer.take(next);
    expect(peer.log).toEqual(['+1', 'end IPv4', 'begin 1', '+1', 'complete 1']);
  });

  it('of a family that was not agreed on is nothing', () => {
    const pair = new Pair(sending(OLD), routes(1));
    pair.rib.refresh('IPv6');
    expect(pair.flush()).toEqual([]);
  });
});

describe('GRACEFUL_SHUTDOWN (RFC 8326 §4)', () => {
  it('is added to every route, and taken away again', () => {
    const pair = new Pair(sending(EXTERNAL), [...routes(2), route('2001:db8::/32', { communities: [5] })]);
    pair.rib.setGracefulShutdown(true);
    expect(pair.flush()).toEqual(['+2', '+1']);
    expect(pair.attributesOf('10.0.0.1/32').communities).toEqual([0xffff_0000]);
    expect(pair.attributesOf('2001:db8::/32').communities).toEqual([5, 0xffff_0000]);
    pair.rib.setGracefulShutdown(true);
    expect(pair.flush()).toEqual([]);
    pair.rib.setGracefulShutdown(false);
    expect(pair.flush()).toEqual(['+2', '+1']);
    expect(pair.attributesOf('10.0.0.1/32')).not.toHaveProperty('communities');
  });

  it('within our AS comes with LOCAL_PREF 0', () => {
    const pair = new Pair(sending(INTERNAL), routes(1, { localPref: 200 }));
    pair.rib.setGracefulShutdown(true);
    pair.flush();
    expect(pair.attributesOf('10.0.0.0/32')).toMatchObject({ localPref: 0, communities: [0xffff_0000] });
  });
});
