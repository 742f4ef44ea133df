import { afterEach, beforeEach, expect, it } from 'vitest';
import { bgpStatuses, nodesPerService } from '../../../../src/controller/announced/bgp-statuses.ts';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { bgpAdvertisement, bgpPeer } from '../../../support/bgp/bgp-objects.ts';

let bed: BgpBed;

beforeEach(() => {
  bed = new BgpBed();
  bed.config.put({
    bgpPeers: [bgpPeer('tor'), bgpPeer('core')],
    bgpAdvertisements: [bgpAdvertisement('all')],
  });
});

afterEach(() => bed.stop());

const statuses = (group = 'metallb.io') =>
  bgpStatuses('default/web', { group }, { announcer: bed.announcer, sessions: bed.book });

it('each node that tells of a Service is listed with the peers that it is to tell, as MetalLB has it', async () => {
  bed.serve('web', '198.51.100.1', { externalTrafficPolicy: 'Local' });
  bed.endpoints('web', 'b', 'a');
  expect(statuses()).toBeUndefined();
  await bed.start('a', 'b', 'c');
  expect(statuses()).toEqual([
    { node: 'a', details: { peers: ['core', 'tor'] } },
    { node: 'b', details: { peers: ['core', 'tor'] } },
  ]);
  bed.announcer.delete('default/web');
  expect(statuses()).toEqual([]);
});

it('our own group says also which sessions stand', async () => {
  bed.serve('web', '198.51.100.1');
  await bed.start('a');
  bed.speaker('a').report('tor');
  expect(statuses('heraldlb.io')).toEqual([
    { node: 'a', details: { peers: ['core', 'tor'], establishedPeers: ['tor'] } },
  ]);
});

it('however many nodes and Services there are, the objects stay within 32,768', () => {
  for (const services of [0, 1, 3, 5_000, 8_192, 10_000, 32_768, 32_769, 100_000]) {
    expect(nodesPerService(services) * services).toBeLessThanOrEqual(32_768);
  }
  expect([5_000, 8_192, 10_000, 32_769].map(nodesPerService)).toEqual([4, 4, 2, 0]);
});
