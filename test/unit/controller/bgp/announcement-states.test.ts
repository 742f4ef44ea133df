import { afterEach, beforeEach, expect, it } from 'vitest';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { bgpAdvertisement, bgpPeer } from '../../../support/bgp/bgp-objects.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';

const RACK = { nodeSelectors: [{ matchLabels: { rack: 'left' } }] };

let bed: BgpBed;

beforeEach(() => {
  bed = new BgpBed();
  bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
});

afterEach(() => bed.stop());

const obstacle = () => bed.announcer.statesOf('default/web')[0]?.obstacle;

it('an address is announced by as many nodes as have a session that stands', async () => {
  await bed.start('a', 'b', 'c');
  bed.serve('web', '198.51.100.1');
  bed.speaker('a').report('tor');
  bed.speaker('b').report('tor');
  bed.speaker('c').report('tor', { state: 'active' });
  expect(bed.announcer.statesOf('default/web')).toEqual([{ address: ip('198.51.100.1'), nodes: 2, peers: ['tor'] }]);
});

it('nothing is known of a Service before the controller has begun, and nothing of one that was not set', async () => {
  bed.serve('web', '198.51.100.1');
  expect(obstacle()).toEqual({ reason: 'Starting', message: 'the controller has just begun' });
  await bed.start('a');
  expect(bed.announcer.statesOf('default/none')).toEqual([]);
});

it('no advertisement is why nothing is announced by BGP', async () => {
  bed.config.put({ bgpAdvertisements: [] });
  await bed.start('a');
  bed.serve('web', '198.51.100.1');
  expect(obstacle()).toEqual({ reason: 'NoAdvertisement', message: 'no BGPAdvertisement selects pool pool for it' });
});

it('no endpoint is named as the reason', async () => {
  await bed.start('a');
  bed.service('web', ['198.51.100.1']);
  expect(obstacle()).toEqual({ reason: 'NoEndpoint', message: 'default/web has no ready endpoint' });
});

it('selectors that match no node are named by the advertisement', async () => {
  bed.config.put({ bgpAdvertisements: [bgpAdvertisement('left', RACK)] });
  await bed.start('a');
  bed.serve('web', '198.51.100.1');
  expect(obstacle()).toEqual({
    reason: 'NoMatchingNode',
    message: 'the node selectors of BGPAdvertisement left match no node',
  });
});

it('nodes that must not announce are named with why', async () => {
  const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
  for (const name of ['a', 'b', 'c', 'd']) bed.addNode(name, { labels });
  await bed.begin();
  bed.serve('web', '198.51.100.1');
  expect(obstacle()).toEqual({
    reason: 'NoEligibleNode',
    message:
      'no node may announce it: a has the label node.kubernetes.io/exclude-from-external-load-balancers; b has the label node.kubernetes.io/exclude-from-external-load-balancers; c has the label node.kubernetes.io/exclude-from-external-load-balancers; and 1 more',
  });
});

it('endpoints that are all on other nodes are named with where', async () => {
  bed.config.put({ bgpAdvertisements: [bgpAdvertisement('left', RACK)] });
  bed.addNode('a', { labels: { rack: 'left' } });
  await bed.start('b');
  bed.endpoints('web', 'b');
  bed.service('web', ['198.51.100.1'], { externalTrafficPolicy: 'Local' });
  expect(obstacle()).toEqual({
    reason: 'NoEndpoint',
    message: 'externalTrafficPolicy is Local, and no ready endpoint is on a node that may announce (endpoints on: b)',
  });
});

it.each([
  ['there is none', { bgpPeers: [] }, 'no BGPPeer is in force for the nodes that may announce it (a)'],
  [
    'none carries the family',
    { bgpPeers: [bgpPeer('tor', { endpoint: { kind: 'address', address: ip('2001:db8::1') } })] },
    'no BGPPeer carries IPv4 routes: write dualStackAddressFamily, or a peer with an IPv4 address',
  ],
  [
    'the advertisement names others',
    { bgpAdvertisements: [bgpAdvertisement('all', { peers: ['core'] })] },
    'BGPAdvertisement all names no BGPPeer that is in force for the nodes that may announce it',
  ],
])('that no peer is told is explained: %s', async (_, config, message) => {
  bed.config.put(config);
  await bed.start('a');
  bed.serve('web', '198.51.100.1');
  expect(obstacle()).toEqual({ reason: 'NoPeer', message });
});

it('a controller that has just begun does not take sessions for down that it has not heard of yet', async () => {
  await bed.start('a');
  bed.serve('web', '198.51.100.1');
  expect(obstacle()?.reason).toBe('Starting');
  await bed.time.advance(10_000);
  expect(obstacle()?.reason).toBe('NoSession');
});

it('sessions that are down are named with what the speaker says', async () => {
  await bed.start('a', 'b');
  bed.serve('web', '198.51.100.1');
  bed.speaker('a').report('tor', { state: 'idle', lastError: 'connection refused' });
  expect(obstacle()).toEqual({
    reason: 'NoSession',
    message:
      'no BGP session is established (tor from a: connection refused; tor from b: its speaker says nothing of it)',
  });
});

it('a dual-stack Service has a state for each family', async () => {
  await bed.start('a');
  bed.endpoints('web', 'a');
  bed.service('web', ['198.51.100.1', '2001:db8::1']);
  bed.speaker('a').report('tor');
  expect(bed.announcer.statesOf('default/web')).toMatchObject([
    { nodes: 1, peers: ['tor'] },
    { nodes: 0, obstacle: { reason: 'NoPeer' } },
  ]);
});

it('a route that Services of two pools ask for with two preferences is announced with the first, and they are told', async () => {
  bed.config.put({
    bgpAdvertisements: [
      bgpAdvertisement('far', { ipAddressPools: ['p'], aggregationLength: 30, localPref: 50 }),
      bgpAdvertisement('near', { ipAddressPools: ['q'], aggregationLength: 30, localPref: 200 }),
    ],
  });
  await bed.start('a');
  bed.speaker('a').report('tor');
  bed.serve('web', '198.51.100.1', { pool: 'p' });
  bed.serve('dns', '198.51.100.2', { pool: 'q' });
  await bed.settle();
  expect(bed.speaker('a').tells('tor')).toEqual({ '198.51.100.0/30': { localPref: 50 } });
  expect(bed.announcer.statesOf('default/web')).toMatchObject([
    {
      nodes: 1,
      warning:
        'BGPAdvertisement metallb-system/far and BGPAdvertisement metallb-system/near give the route 198.51.100.0/30 different values of localPref, med or prepend, and the first counts; write the same, or name other peers, nodes or aggregation lengths',
    },
  ]);
  bed.announcer.delete('default/dns');
  expect(bed.announcer.statesOf('default/web')[0]?.warning).toBeUndefined();
});
