import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BgpAdvertisement, BgpPeer } from '../../../../src/core/config/bgp-config.ts';
import { type LabelSelector, selectorMatches } from '../../../../src/core/config/label-selector.ts';
import { familyOf, formatPrefix, prefixOf } from '../../../../src/core/net/index.ts';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { bgpAdvertisement, bgpPeer, community } from '../../../support/bgp/bgp-objects.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';

const NODES = ['a', 'b', 'c'];
const PEERS = ['tor', 'core', 'lab'];
const SERVICES = ['s0', 's1', 's2', 's3'];
const ADDRESSES = ['198.51.100.1', '198.51.100.2', '2001:db8::1'];
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';

interface ServiceModel {
  readonly addresses: readonly string[];
  readonly pool: string;
  readonly local: boolean;
  readonly app: string;
}

interface NodeModel {
  readonly rack: string;
  readonly excluded: boolean;
}

/** What is so now, by name. */
interface World {
  readonly services: Map<string, ServiceModel>;
  readonly endpoints: Map<string, readonly string[]>;
  readonly nodes: Map<string, NodeModel>;
  advertisements: readonly BgpAdvertisement[];
  peers: readonly BgpPeer[];
}

const selector = (key: string, values: readonly string[]): fc.Arbitrary<readonly LabelSelector[]> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constantFrom(...values).map((value) => [{ matchLabels: { [key]: value } }]) },
  );

const advertisement = fc
  .record({
    name: fc.constantFrom('x', 'y', 'z'),
    aggregated: fc.boolean(),
    communities: fc.subarray(['64512:1', '64512:2', '64512:3']),
    ipAddressPools: fc.subarray(['p', 'q']),
    nodeSelectors: selector('rack', ['left', 'right']),
    serviceSelectors: selector('app', ['web', 'dns']),
    peers: fc.subarray(PEERS),
  })
  .map(({ name, aggregated, communities, serviceSelectors, ...rest }) =>
    bgpAdvertisement(name, {
      ...rest,
      communities: communities.map(community),
      ...(aggregated ? { aggregationLength: 24, aggregationLengthV6: 64 } : { serviceSelectors }),
    }),
  );
const peer = fc
  .record({ name: fc.constantFrom(...PEERS), nodeSelectors: selector('rack', ['left', 'right']) })
  .map(({ name, nodeSelectors }) => bgpPeer(name, { nodeSelectors, dualStack: true }));
const byName = { selector: ({ name }: { readonly name: string }) => name };

const step = fc.oneof(
  fc.record({
    kind: fc.constant('service' as const),
    name: fc.constantFrom(...SERVICES),
    service: fc.option(
      fc.record({
        addresses: fc.subarray(ADDRESSES, { minLength: 1, maxLength: 2 }),
        pool: fc.constantFrom('p', 'q'),
        local: fc.boolean(),
        app: fc.constantFrom('web', 'dns', ''),
      }),
      { nil: undefined, freq: 4 },
    ),
  }),
  fc.record({
    kind: fc.constant('endpoints' as const),
    name: fc.constantFrom(...SERVICES),
    on: fc.subarray(NODES),
  }),
  fc.record({
    kind: fc.constant('node' as const),
    name: fc.constantFrom(...NODES),
    node: fc.record({ rack: fc.constantFrom('left', 'right', ''), excluded: fc.boolean() }),
  }),
  fc.record({
    kind: fc.constant('advertisements' as const),
    advertisements: fc.uniqueArray(advertisement, { ...byName, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('peers' as const), peers: fc.uniqueArray(peer, { ...byName, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('pause' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** From where each run begins, so that most of what happens to it matters. */
const ORDINARY: readonly Step[] = [
  { kind: 'advertisements', advertisements: [bgpAdvertisement('x')] },
  { kind: 'peers', peers: PEERS.map((name) => bgpPeer(name, { dualStack: true })) },
  ...SERVICES.map((name) => ({ kind: 'endpoints' as const, name, on: NODES })),
];

function apply(bed: BgpBed, world: World, one: Step): void {
  switch (one.kind) {
    case 'service':
      if (one.service === undefined) {
        world.services.delete(one.name);
        bed.announcer.delete(`default/${one.name}`);
      } else {
        world.services.set(one.name, one.service);
        declare(bed, one.name, one.service);
      }
      return;
    case 'endpoints':
      world.endpoints.set(one.name, one.on);
      bed.endpoints(one.name, ...one.on);
      return;
    case 'node':
      world.nodes.set(one.name, one.node);
      bed.node(one.name, { labels: labelsOf(one.node) });
      return;
    case 'advertisements':
      world.advertisements = one.advertisements;
      bed.config.put({ bgpAdvertisements: one.advertisements });
      return;
    case 'peers':
      world.peers = one.peers;
      bed.config.put({ bgpPeers: one.peers });
      return;
    case 'pause':
      return;
  }
}

function declare(bed: BgpBed, name: string, { addresses, pool, local, app }: ServiceModel): void {
  bed.service(name, addresses, { pool, labels: { app }, externalTrafficPolicy: local ? 'Local' : 'Cluster' });
}

function labelsOf({ rack, excluded }: NodeModel): Record<string, string> {
  return { rack, ...(excluded ? { [EXCLUDE]: '' } : {}) };
}

const matches = (selectors: readonly LabelSelector[], labels: Record<string, string>): boolean =>
  selectors.length === 0 || selectors.some((each) => selectorMatches(each, labels));

/** What a peer of a node is to be told, looked up in the most simple way: prefix by prefix, its communities. */
function oracle(world: World, nodeName: string, peerName: string): Record<string, unknown> {
  const node = world.nodes.get(nodeName);
  const peer = world.peers.find(({ name }) => name === peerName);
  if (node === undefined || node.excluded || !peer || !matches(peer.nodeSelectors, labelsOf(node))) return {};
  const told = new Map<string, Set<string>>();
  for (const [text, one] of announcedFrom(world, nodeName)) {
    const toPeer = one.peers.length === 0 || one.peers.includes(peerName);
    if (!toPeer || !matches(one.nodeSelectors, labelsOf(node))) continue;
    const address = ip(text);
    const length = familyOf(address) === 'IPv4' ? one.aggregationLength : one.aggregationLengthV6;
    const prefix = formatPrefix(prefixOf(address, length));
    const communities = told.get(prefix) ?? new Set();
    told.set(prefix, communities);
    for (const each of one.communities) if (each.kind === 'standard') communities.add(`${each.high}:${each.low}`);
  }
  const entries = [...told].map(
    ([prefix, communities]) =>
      [prefix, communities.size === 0 ? {} : { communities: [...communities].sort() }] as const,
  );
  return Object.fromEntries(entries);
}

/** Every address with every advertisement that is for it, as far as Services and endpoints decide. */
function* announcedFrom(world: World, nodeName: string): Generator<readonly [string, BgpAdvertisement]> {
  for (const [name, service] of world.services) {
    const endpoints = world.endpoints.get(name) ?? [];
    if (service.local ? !endpoints.includes(nodeName) : endpoints.length === 0) continue;
    for (const text of service.addresses) {
      const sharers = [...world.services.values()].filter(({ addresses }) => addresses.includes(text));
      for (const one of world.advertisements) {
        const selected = sharers.every(({ app }) => matches(one.serviceSelectors, { app }));
        const pool = one.ipAddressPools.length === 0 || one.ipAddressPools.includes(service.pool);
        if (selected && pool) yield [text, one];
      }
    }
  }
}

const toldBy = (bed: BgpBed): unknown =>
  NODES.map((node) => PEERS.map((name) => (holds(bed, node, name) ? bed.speaker(node).tells(name) : {})));

function holds(bed: BgpBed, node: string, peerName: string): boolean {
  return bed.speaker(node).settings.peers.some(({ name }) => name === peerName);
}

it('whatever happened in whatever order, every peer of every node is told what a plain look at the objects says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 50, size: 'max' }), async (steps) => {
      const bed = new BgpBed();
      const world: World = {
        services: new Map(),
        endpoints: new Map(),
        nodes: new Map(NODES.map((name) => [name, { rack: '', excluded: false }])),
        advertisements: [],
        peers: [],
      };
      await bed.start(...NODES);
      for (const one of ORDINARY) apply(bed, world, one);
      for (const one of steps) {
        apply(bed, world, one);
        if (one.kind === 'pause') await bed.settle();
      }
      // A node that was excluded withdraws some time later.
      await bed.time.advance(2_000);
      expect(toldBy(bed)).toEqual(NODES.map((node) => PEERS.map((name) => oracle(world, node, name))));

      const scratch = new BgpBed();
      scratch.config.put({ bgpAdvertisements: world.advertisements, bgpPeers: world.peers });
      for (const [name, on] of world.endpoints) scratch.endpoints(name, ...on);
      for (const [name, service] of world.services) declare(scratch, name, service);
      for (const [name, node] of world.nodes) scratch.addNode(name, { labels: labelsOf(node) });
      await scratch.begin();
      expect(toldBy(bed)).toEqual(toldBy(scratch));
      bed.stop();
      scratch.stop();
    }),
    { numRuns: 300 },
  );
});
