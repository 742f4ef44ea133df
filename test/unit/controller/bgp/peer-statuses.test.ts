import { afterEach, beforeEach, expect, it } from 'vitest';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { bgpAdvertisement, bgpPeer } from '../../../support/bgp/bgp-objects.ts';

let bed: BgpBed;

beforeEach(() => {
  bed = new BgpBed();
  bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
});

afterEach(() => bed.stop());

const status = () => bed.statuses.peerStatus('tor');
const SINCE = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

it('each node is listed with what its speaker says, those that are down first', async () => {
  await bed.start('a', 'b', 'c');
  bed.speaker('a').report('tor', { sinceUnixMs: SINCE, prefixesSent: 12, bfd: 'up' });
  bed.speaker('b').report('tor', { state: 'active', sinceUnixMs: SINCE, lastError: 'connection refused' });
  expect(status()?.settled).toBe(false);
  await bed.time.advance(10_000);
  expect(status()).toEqual({
    settled: true,
    sessions: { wanted: 3, established: 1 },
    established: {
      status: 'False',
      reason: 'SomeDown',
      message:
        'The sessions of 2 of 3 nodes are not established (b: connection refused; c: its speaker says nothing of it).',
    },
    nodes: [
      { node: 'b', state: 'active', since: '2026-01-02T03:04:05Z', lastError: 'connection refused', prefixesSent: 0 },
      { node: 'c', state: 'unknown', prefixesSent: 0 },
      { node: 'a', state: 'established', since: '2026-01-02T03:04:05Z', prefixesSent: 12, bfd: 'up' },
    ],
  });
});

it('all sessions that stand are said to stand, and none to be down', async () => {
  await bed.start('a', 'b');
  for (const node of ['a', 'b']) bed.speaker(node).report('tor');
  expect(status()?.established).toEqual({
    status: 'True',
    reason: 'AllEstablished',
    message: 'The sessions of all 2 nodes are established.',
  });
  bed.sessions.down('a');
  bed.speaker('b').report('tor', { state: 'idle', lastError: 'hold timer expired' });
  expect(status()?.established).toMatchObject({ status: 'False', reason: 'NoneEstablished' });
  expect(bed.metrics.value('heraldlb_bgp_sessions', { state: 'down' })).toBe(1);
});

it('selectors that match no node are said to match none', async () => {
  bed.config.put({ bgpPeers: [bgpPeer('tor', { nodeSelectors: [{ matchLabels: { rack: 'left' } }] })] });
  await bed.start('a');
  expect(status()).toEqual({
    settled: true,
    sessions: { wanted: 0, established: 0 },
    established: {
      status: 'False',
      reason: 'NoMatchingNode',
      message: 'No node matches spec.nodeSelectors: write others, or label nodes.',
    },
    nodes: [],
  });
  bed.node('a', { labels: { rack: 'left' } });
  expect(status()?.sessions.wanted).toBe(1);
});

it('a password that is missing is the problem, and why there is no session, but not while one stands', async () => {
  bed.config.put({
    bgpPeers: [bgpPeer('tor', { password: { kind: 'secret', namespace: 'metallb-system', name: 'x' } })],
  });
  await bed.start('a');
  await bed.settle();
  expect(status()?.problem).toMatch(/^spec\.passwordSecret "x": there is no Secret of this name/);
  expect(status()?.settled).toBe(false);
  bed.speaker('a').report('tor');
  expect(status()).toMatchObject({ settled: true, established: { status: 'True' } });
  bed.speaker('a').report('tor', { state: 'idle' });
  expect(status()).toMatchObject({ settled: true, established: { status: 'False', reason: 'NoPassword' } });
  bed.secret('metallb-system/x');
  expect(status()?.problem).toBeUndefined();
});

it('of a thousand nodes 64 are listed, and every one that is down before any that is not', async () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `node-${String(at).padStart(4, '0')}`);
  await bed.start(...names);
  for (const name of names) bed.speaker(name).report('tor', name.endsWith('99') ? { state: 'connect' } : {});
  expect(status()?.sessions).toEqual({ wanted: 1_000, established: 990 });
  expect(status()?.nodes).toHaveLength(64);
  expect(
    status()
      ?.nodes.slice(0, 11)
      .map(({ state }) => state),
  ).toEqual([...Array.from({ length: 10 }, () => 'connect'), 'established']);
});

it('a state is news at once, numbers only every 10 s', async () => {
  await bed.start('a');
  await bed.time.advance(10_000);
  let told = 0;
  bed.statuses.onChange(() => {
    told += 1;
  });
  bed.speaker('a').report('tor');
  expect([told, status()?.nodes[0]?.prefixesSent]).toEqual([1, 0]);
  for (let prefixesSent = 1; prefixesSent < 5; prefixesSent += 1) {
    bed.speaker('a').report('tor', { prefixesSent });
    await bed.time.advance(2_000);
  }
  expect([told, status()?.nodes[0]?.prefixesSent]).toEqual([1, 0]);
  await bed.time.advance(2_000);
  expect([told, status()?.nodes[0]?.prefixesSent]).toEqual([2, 4]);
});

it('the Services are told when sessions or nodes change, together', async () => {
  await bed.start('a', 'b');
  bed.serve('web', '198.51.100.1');
  bed.serve('dns', '198.51.100.2');
  await bed.time.advance(5_000);
  bed.changed.length = 0;
  for (const node of ['a', 'b']) bed.speaker(node).report('tor');
  await bed.time.advance(1_000);
  expect(bed.changed).toEqual(['default/web', 'default/dns']);
  bed.node('a', { unschedulable: true });
  await bed.time.advance(1_000);
  expect(bed.changed).toHaveLength(4);
});
