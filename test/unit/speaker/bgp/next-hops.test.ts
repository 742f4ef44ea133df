import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../../../../src/core/net/index.ts';
import { nextHopsOf } from '../../../../src/speaker/bgp/next-hops.ts';
import { routerIdFor } from '../../../../src/speaker/bgp/router-id.ts';
import { peer } from '../../../support/bgp-speaker-bed.ts';
import { v4, v6 } from '../../../support/fake-lan.ts';
import { nodeAddresses } from '../../../support/fake-router.ts';

const V4 = v4('10.0.0.11');
const GLOBAL = v6('2001:db8::11');
const LINK_LOCAL = v6('fe80::11');

const nextHops = (local: IpAddress, remote: IpAddress, onLink: boolean, ...beside: readonly IpAddress[]) =>
  nextHopsOf({ local, remote }, { ...nodeAddresses(...beside), isOnLink: () => onLink });

describe('the next hops of a session (RFC 4271 §5.1.3, RFC 2545 §3)', () => {
  it.each([
    ['the session itself for IPv4', [V4], { ipv4: V4 }],
    [
      'a global address of the same interface for IPv6',
      [V4, LINK_LOCAL, GLOBAL],
      { ipv4: V4, ipv6: { global: GLOBAL } },
    ],
    ['nothing for IPv6 where the interface has only link-local addresses', [V4, LINK_LOCAL], { ipv4: V4 }],
  ])('of one over IPv4: %s', (_, beside, expected) => {
    expect(nextHops(V4, v4('10.0.0.1'), true, ...beside)).toEqual(expected);
  });

  it('of one over IPv6 bear the link-local address too where the peer is on the link', () => {
    const beside = [GLOBAL, LINK_LOCAL, V4];
    expect(nextHops(GLOBAL, v6('2001:db8::1'), true, ...beside)).toEqual({
      ipv4: V4,
      ipv6: { global: GLOBAL, linkLocal: LINK_LOCAL },
    });
    expect(nextHops(GLOBAL, v6('2001:db9::1'), false, ...beside)).toEqual({ ipv4: V4, ipv6: { global: GLOBAL } });
  });

  it('of one over link-local addresses are a global one of the interface, else the link-local one itself', () => {
    expect(nextHops(LINK_LOCAL, v6('fe80::1'), true, LINK_LOCAL, GLOBAL)).toEqual({
      ipv6: { global: GLOBAL, linkLocal: LINK_LOCAL },
    });
    expect(nextHops(LINK_LOCAL, v6('fe80::1'), true, LINK_LOCAL)).toEqual({
      ipv6: { global: LINK_LOCAL, linkLocal: LINK_LOCAL },
    });
  });

  it('are never an IPv4 address that means nothing beyond the link', () => {
    expect(nextHops(GLOBAL, v6('2001:db8::1'), false, GLOBAL, v4('169.254.1.1'))).toEqual({ ipv6: { global: GLOBAL } });
  });
});

describe('the router identifier (RFC 6286)', () => {
  const id = (settings: Parameters<typeof peer>[0], ...beside: readonly IpAddress[]): number =>
    routerIdFor(peer(settings), 'node1', nodeAddresses(...beside));

  it('is the IPv4 address that the peer is spoken to from', () => {
    expect(id({}, V4, GLOBAL)).toBe(Number(V4));
  });

  it('is an IPv4 address of the same interface where the peer is spoken to over IPv6', () => {
    expect(id({ endpoint: { kind: 'address', address: v6('2001:db8::1') } }, GLOBAL, V4)).toBe(Number(V4));
  });

  it('is made of the name of a node without IPv4, the same each time and another for each node', () => {
    const settings = peer({});
    const of = (name: string): number => routerIdFor(settings, name, nodeAddresses(GLOBAL));
    expect(of('node1')).toBe(of('node1'));
    expect(new Set(Array.from({ length: 1000 }, (_, index) => of(`node-${index}`))).size).toBe(1000);
  });
});
