import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { bgpAdvertisement, bgpPeer, community } from '../../../support/bgp/bgp-objects.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';

const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';

let bed: BgpBed;

beforeEach(() => {
  bed = new BgpBed();
  bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
});

afterEach(() => bed.stop());

const told = (node: string, peer = 'tor') => bed.speaker(node).tells(peer);

describe('the routes of a node', () => {
  it('are the addresses of every Service that has an endpoint anywhere', async () => {
    await bed.start('a', 'b');
    bed.serve('web', '198.51.100.1');
    bed.endpoints('idle');
    bed.service('idle', ['198.51.100.2']);
    await bed.settle();
    expect(told('a')).toEqual({ '198.51.100.1/32': {} });
    expect(told('b')).toEqual(told('a'));
  });

  it('have as many communities as a speaker takes, those of the first advertisements', async () => {
    const communities = (high: number) => Array.from({ length: 1_000 }, (_, low) => community(`${high}:${low}`));
    bed.config.put({
      bgpAdvertisements: [
        bgpAdvertisement('all', { communities: communities(2) }),
        bgpAdvertisement('more', { communities: communities(1) }),
      ],
    });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    const [path] = bed.speaker('a').routes.get('198.51.100.1/32')?.paths ?? [];
    expect(path?.communities).toHaveLength(1_024);
    expect(path?.communities.filter((value) => value >>> 16 === 2)).toHaveLength(1_000);
  });

  it('go when the last endpoint does, and when the Service does', async () => {
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    bed.serve('dns', '198.51.100.2');
    await bed.settle();
    bed.endpoints('web');
    await bed.settle();
    expect(told('a')).toEqual({ '198.51.100.2/32': {} });
    bed.announcer.delete('default/dns');
    await bed.settle();
    expect(told('a')).toEqual({});
  });

  it.each([
    ['ready is absent', { nodeName: 'a' }, true],
    ['ready', { nodeName: 'a', ready: true }, true],
    ['not ready', { nodeName: 'a', ready: false }, false],
    ['terminating and serving', { nodeName: 'a', ready: false, serving: true, terminating: true }, true],
    ['terminating and not serving', { nodeName: 'a', ready: false, serving: false, terminating: true }, false],
  ])(
    'with externalTrafficPolicy Local are those whose endpoint on the node takes traffic: %s',
    async (_, endpoint, is) => {
      await bed.start('a', 'b');
      bed.service('web', ['198.51.100.1'], { externalTrafficPolicy: 'Local' });
      bed.slices.set('default/web-1', {
        meta: {
          namespace: 'default',
          name: 'web-1',
          uid: '',
          resourceVersion: '',
          labels: {},
          annotations: {},
          finalizers: [],
          creationTimestamp: '',
        },
        serviceName: 'web',
        endpoints: [endpoint],
      });
      await bed.settle();
      expect(Object.keys(told('a'))).toEqual(is ? ['198.51.100.1/32'] : []);
      expect(told('b')).toEqual({});
    },
  );

  it('with externalTrafficPolicy Local follow the endpoints from node to node', async () => {
    await bed.start('a', 'b', 'c');
    bed.endpoints('web', 'a', 'b');
    bed.service('web', ['198.51.100.1'], { externalTrafficPolicy: 'Local' });
    await bed.settle();
    bed.endpoints('web', 'b', 'c');
    await bed.settle();
    expect(['a', 'b', 'c'].map((node) => Object.keys(told(node)))).toEqual([
      [],
      ['198.51.100.1/32'],
      ['198.51.100.1/32'],
    ]);
    expect(bed.speaker('b').told).toHaveLength(2);
  });

  it('are none without an advertisement for the pool: what is for layer 2 only stays there', async () => {
    bed.config.put({ bgpAdvertisements: [bgpAdvertisement('only', { ipAddressPools: ['bgp'] })] });
    await bed.start('a');
    bed.serve('l2', '198.51.100.1', { pool: 'layer2' });
    bed.serve('bgp', '198.51.100.2', { pool: 'bgp' });
    await bed.settle();
    expect(Object.keys(told('a'))).toEqual(['198.51.100.2/32']);
    expect(bed.announcer.statesOf('default/l2')).toEqual([
      {
        address: ip('198.51.100.1'),
        nodes: 0,
        peers: [],
        obstacle: { reason: 'NoAdvertisement', message: 'no BGPAdvertisement selects pool layer2 for it' },
      },
    ]);
  });

  it('are aggregated, and an aggregate goes with the last Service in it', async () => {
    bed.config.put({
      bgpAdvertisements: [bgpAdvertisement('wide', { aggregationLength: 24, aggregationLengthV6: 64 })],
    });
    await bed.start('a');
    bed.endpoints('one', 'a');
    bed.endpoints('two', 'a');
    bed.service('one', ['198.51.100.1', '2001:db8::1']);
    bed.service('two', ['198.51.100.2']);
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.0/24', '2001:db8::/64']);
    bed.announcer.delete('default/one');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.0/24']);
    bed.announcer.delete('default/two');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual([]);
  });

  it('have the communities of every advertisement of the prefix, and each aggregate those of its own', async () => {
    bed.config.put({
      bgpAdvertisements: [
        bgpAdvertisement('a', { communities: [community('64512:2')], localPref: 200 }),
        bgpAdvertisement('b', { communities: [community('64512:1'), community('64512:2')], localPref: 200 }),
        bgpAdvertisement('wide', { aggregationLength: 24, communities: [community('65535:65281')] }),
      ],
    });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect(told('a')).toEqual({
      '198.51.100.1/32': { localPref: 200, communities: ['64512:1', '64512:2'] },
      '198.51.100.0/24': { communities: ['65535:65281'] },
    });
  });

  it('differ from peer to peer where advertisements name peers', async () => {
    bed.config.put({
      bgpPeers: [bgpPeer('tor'), bgpPeer('core'), bgpPeer('lab')],
      bgpAdvertisements: [
        bgpAdvertisement('common', { communities: [community('64512:1')] }),
        bgpAdvertisement('core-only', { communities: [community('64512:9')], peers: ['core', 'elsewhere'] }),
        bgpAdvertisement('lab-wide', { aggregationLength: 24, peers: ['lab'] }),
      ],
    });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect(told('a', 'tor')).toEqual({ '198.51.100.1/32': { communities: ['64512:1'] } });
    expect(told('a', 'core')).toEqual({ '198.51.100.1/32': { communities: ['64512:1', '64512:9'] } });
    expect(told('a', 'lab')).toEqual({ '198.51.100.1/32': { communities: ['64512:1'] }, '198.51.100.0/24': {} });
  });

  it('carry MED and prepending', async () => {
    bed.config.put({ bgpAdvertisements: [bgpAdvertisement('far', { med: 0, prepend: 3 })] });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect(told('a')).toEqual({ '198.51.100.1/32': { med: 0, prepend: 3 } });
  });

  it('are only those whose advertisement selects the node, as its labels are now', async () => {
    const rack = (name: string) => ({ nodeSelectors: [{ matchLabels: { rack: name } }] });
    bed.config.put({
      bgpAdvertisements: [
        bgpAdvertisement('left', rack('left')),
        bgpAdvertisement('right', { ...rack('right'), aggregationLength: 24 }),
      ],
    });
    bed.addNode('a', { labels: { rack: 'left' } });
    await bed.start('b');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect([told('a'), told('b')].map(Object.keys)).toEqual([['198.51.100.1/32'], []]);
    bed.node('a', { labels: { rack: 'right' } });
    bed.node('b', { labels: { rack: 'left' } });
    await bed.settle();
    expect([told('a'), told('b')].map(Object.keys)).toEqual([['198.51.100.0/24'], ['198.51.100.1/32']]);
  });

  it.each([
    ['an exclude label without a value', { labels: { [EXCLUDE]: '' } }, []],
    ['an exclude label that says true', { labels: { [EXCLUDE]: 'true' } }, []],
    ['an exclude label that says false', { labels: { [EXCLUDE]: 'false' } }, ['198.51.100.1/32']],
    ['the condition NetworkUnavailable', { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] }, []],
    [
      'a network that is available',
      { conditions: [{ type: 'NetworkUnavailable', status: 'False' }] },
      ['198.51.100.1/32'],
    ],
    ['the condition that it is not ready', { conditions: [{ type: 'Ready', status: 'False' }] }, ['198.51.100.1/32']],
    ['a cordon', { unschedulable: true }, ['198.51.100.1/32']],
  ])('of a node with %s are as MetalLB has them, and its sessions stay', async (_, fields, prefixes) => {
    await bed.start('a', 'b');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    bed.node('a', fields);
    await bed.time.advance(2_000);
    expect(Object.keys(told('a'))).toEqual(prefixes);
    expect(bed.speaker('a').settings.peers.map(({ name }) => name)).toEqual(['tor']);
    expect(Object.keys(told('b'))).toEqual(['198.51.100.1/32']);
  });

  it('ignore the exclude label when asked to', async () => {
    bed = new BgpBed({ ignoreExcludeLabel: true });
    bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
    bed.addNode('a', { labels: { [EXCLUDE]: '' } });
    await bed.begin();
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect(Object.keys(told('a'))).toEqual(['198.51.100.1/32']);
  });

  it('of a node that no peer selects are not even sent to it', async () => {
    bed.config.put({ bgpPeers: [bgpPeer('tor', { nodeSelectors: [{ matchLabels: { rack: 'left' } }] })] });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual([]);
    bed.node('a', { labels: { rack: 'left' } });
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
  });
});

describe('serviceSelectors', () => {
  const web = { serviceSelectors: [{ matchLabels: { app: 'web' } }, { matchLabels: { app: 'api' } }] };

  it('choose the Services of an advertisement by any one of them, as their labels are now', async () => {
    bed.config.put({ bgpAdvertisements: [bgpAdvertisement('web', web)] });
    await bed.start('a');
    bed.serve('web', '198.51.100.1', { labels: { app: 'web' } });
    bed.serve('dns', '198.51.100.2', { labels: { app: 'dns' } });
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
    bed.serve('web', '198.51.100.1', { labels: { app: 'db' } });
    bed.serve('dns', '198.51.100.2', { labels: { app: 'api' } });
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.2/32']);
  });

  it('must choose every Service that shares the address: a route cannot tell them apart', async () => {
    bed.config.put({ bgpAdvertisements: [bgpAdvertisement('web', web)] });
    await bed.start('a');
    bed.serve('web', '198.51.100.1', { labels: { app: 'web' } });
    bed.serve('dns', '198.51.100.1', { labels: { app: 'dns' } });
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual([]);
    bed.announcer.delete('default/dns');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
  });

  it('that give one route two preferences keep the whole Service out, and nobody else', async () => {
    bed.config.put({
      bgpAdvertisements: [
        bgpAdvertisement('all', { localPref: 100 }),
        bgpAdvertisement('web', { ...web, localPref: 200 }),
      ],
    });
    await bed.start('a');
    bed.serve('web', '198.51.100.1', { labels: { app: 'web' } });
    bed.serve('dns', '198.51.100.2');
    await bed.settle();
    expect(told('a')).toEqual({ '198.51.100.2/32': { localPref: 100 } });
    expect(bed.announcer.statesOf('default/web')[0]?.obstacle).toEqual({
      reason: 'ConflictingAdvertisements',
      message:
        'BGPAdvertisement metallb-system/all and BGPAdvertisement metallb-system/web give the route of 198.51.100.1 different values of localPref, med or prepend; write the same, or name other peers, nodes or aggregation lengths',
    });
  });
});

describe('a Service that shares its address', () => {
  it('leaves the route when it goes, while another has the address', async () => {
    await bed.start('a');
    bed.serve('tcp', '198.51.100.1');
    bed.serve('udp', '198.51.100.1');
    await bed.settle();
    const messages = bed.speaker('a').told.length;
    bed.announcer.delete('default/tcp');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
    expect(bed.speaker('a').told).toHaveLength(messages);
    bed.announcer.delete('default/udp');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual([]);
  });
});

describe('draining', () => {
  it('comes before the routes go when a node is excluded by its label, and ends when the label does', async () => {
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    bed.node('a', { labels: { [EXCLUDE]: '' } });
    await bed.time.advance(1_000);
    bed.node('a', { labels: { [EXCLUDE]: '', rack: 'left' } });
    await bed.time.advance(999);
    expect([bed.speaker('a').settings.draining, bed.speaker('a').prefixes]).toEqual([true, ['198.51.100.1/32']]);
    bed.node('a');
    await bed.time.advance(5_000);
    expect([bed.speaker('a').settings.draining, bed.speaker('a').prefixes]).toEqual([false, ['198.51.100.1/32']]);
    bed.node('a', { labels: { [EXCLUDE]: '' } });
    await bed.time.advance(2_000);
    expect([bed.speaker('a').settings.draining, bed.speaker('a').prefixes]).toEqual([false, []]);
  });

  it('does not come before the routes go of a node whose network is unavailable', async () => {
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    bed.node('a', { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] });
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual([]);
  });

  it.each([
    ['cordoned', { unschedulable: true }],
    [
      'to be taken away by the autoscaler',
      { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] },
    ],
    ['out of service', { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] }],
  ])('is said of a node that is %s, in one small message, and taken back (RFC 8326)', async (_, fields) => {
    await bed.start('a', 'b');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    bed.node('a', fields);
    await bed.settle();
    expect(bed.speaker('a').settings.draining).toBe(true);
    expect(bed.speaker('a').told.at(-1)).toMatchObject({ kind: 'bgp-delta', routes: [], withdrawn: [] });
    expect(bed.speaker('b').settings.draining).toBe(false);
    bed.node('a');
    await bed.settle();
    expect(bed.speaker('a').settings.draining).toBe(false);
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
  });
});
