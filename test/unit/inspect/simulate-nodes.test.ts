import { describe, expect, it } from 'vitest';
import type { ServiceAnnouncement } from '../../../src/controller/announcer/service-announcement.ts';
import { EMPTY_CONFIG } from '../../../src/core/config/config.ts';
import { formatNodes, type NodesInput, simulateNodes } from '../../../src/inspect/simulate-nodes.ts';
import { advertisement, ip, nodeOf, sliceOf } from '../../support/channel/announcer-bed.ts';

const NODES = ['node-a', 'node-b', 'node-c', 'node-d', 'node-e'];

/** Fifty Services with a ready endpoint on every node, announced by nobody yet. */
function cluster(externalTrafficPolicy: 'Cluster' | 'Local' = 'Cluster'): NodesInput {
  const names = Array.from({ length: 50 }, (_, index) => `web-${index}`);
  const announcements = new Map<string, ServiceAnnouncement>(
    names.map((name, index) => [
      `default/${name}`,
      {
        namespace: 'default',
        name,
        labels: {},
        externalTrafficPolicy,
        addresses: [{ address: ip(`10.0.0.${index + 1}`), poolName: 'p', poolLabels: {} }],
      },
    ]),
  );
  const endpoints = NODES.map((nodeName) => ({ nodeName, ready: true }));
  return {
    config: { ...EMPTY_CONFIG, l2Advertisements: [advertisement('all')] },
    announcements,
    nodes: NODES.map((name) => nodeOf(name)),
    endpointSlices: names.map((name) => sliceOf(name, endpoints)),
    alive: NODES,
    owners: new Map(),
  };
}

describe.each(['kill', 'cordon', 'drain'] as const)('simulate %s', (fate) => {
  it('moves the addresses of that node, no others, and spreads them evenly', async () => {
    const { moves, lost, load } = await simulateNodes(cluster(), fate, ['node-c']);
    expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(['node-c']));
    expect(moves).toHaveLength(10);
    expect(lost).toEqual([]);
    expect(load.map(({ before }) => before)).toEqual([10, 10, 10, 10, 10]);
    for (const { node, after } of load)
      if (node === 'node-c') expect(after).toBe(0);
      else expect([12, 13]).toContain(after);
  });
});

it('an address without another node is named with the reason', async () => {
  const input = cluster('Local');
  const only = sliceOf('web-0', [{ nodeName: 'node-a', ready: true }]);
  const endpointSlices = [only, ...input.endpointSlices.slice(1)];
  const view = await simulateNodes({ ...input, endpointSlices }, 'kill', ['node-a']);
  expect(view.lost).toEqual([
    { service: 'default/web-0', address: '10.0.0.1', why: expect.stringContaining('endpoint') },
  ]);
  expect(formatNodes(view)).toMatch(/^10\.0\.0\.1 +default\/web-0 +default\/web-0 has no ready endpoint/m);
});

it('who announces now goes on, wherever the rules would put it first', async () => {
  const input = cluster();
  const owners = new Map([[ip('10.0.0.1'), 'node-e']]);
  const { moves } = await simulateNodes({ ...input, owners }, 'kill', ['node-e']);
  expect(moves.find(({ address }) => address === '10.0.0.1')).toMatchObject({ from: 'node-e' });
});
