import { expect, it } from 'vitest';
import { PromMetrics } from '../../../../src/adapters/telemetry/prom-metrics.ts';
import { AnnouncedMetrics } from '../../../../src/controller/announced/announced-metrics.ts';
import type { AnnouncementState } from '../../../../src/controller/announcer/service-announcement.ts';
import { ip } from '../../../support/ipam-pools.ts';

it('tells the nodes of each address under the name of MetalLB, and only the present ones', async () => {
  const metrics = new PromMetrics();
  const end = new AbortController();
  let states: readonly AnnouncementState[] = [];
  let tell: (serviceKey: string) => void = () => {};
  const announcer = {
    statesOf: () => states,
    onChange: (listener: (serviceKey: string) => void) => {
      tell = listener;
    },
  };
  let routers = new Map<string, unknown>();
  const bgp = {
    statesOf: () => (routers.size === 0 ? [] : [{ address: ip('10.0.0.9'), nodes: routers.size, peers: ['tor'] }]),
    tellingNodesOf: () => routers,
    serviceCount: 1,
    onChange: announcer.onChange,
  };
  new AnnouncedMetrics({ announcer, bgp, metrics }).start(end.signal);
  const says = (...nodes: readonly string[]): void => {
    states = nodes.map((node, index) => {
      const ownership = { node, since: new Date(0), reason: 'granted' };
      return { address: ip(`10.0.0.${index + 1}`), candidates: [node], claimed: true, ownership };
    });
    tell('web/shop');
  };
  const shown = async (): Promise<string[]> =>
    (await metrics.exposition()).text.split('\n').filter((line) => line.startsWith('metallb_speaker_announced{'));
  const line = (node: string, address: string, protocol = 'layer2'): string =>
    `metallb_speaker_announced{service="web/shop",protocol="${protocol}",node="${node}",ip="${address}"} 1`;

  says('node-a', 'node-b');
  expect(await shown()).toEqual([line('node-a', '10.0.0.1'), line('node-b', '10.0.0.2')]);
  says('node-c');
  expect(await shown()).toEqual([line('node-c', '10.0.0.1')]);
  routers = new Map([['node-d', []]]);
  says('node-c');
  expect(await shown()).toEqual([line('node-c', '10.0.0.1'), line('node-d', '10.0.0.9', 'bgp')]);
  end.abort();
  expect(await shown()).toEqual([]);
});
