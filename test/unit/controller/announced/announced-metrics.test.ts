import { expect, it } from 'vitest';
import { PromMetrics } from '../../../../src/adapters/telemetry/prom-metrics.ts';
import { AnnouncedMetrics } from '../../../../src/controller/announced/announced-metrics.ts';
import type { AnnouncementState } from '../../../../src/controller/announcer/service-announcement.ts';
import { ip } from '../../../support/ipam-pools.ts';

it('tells the node of each address under the name of MetalLB, and only the present one', async () => {
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
  new AnnouncedMetrics({ announcer, metrics }).start(end.signal);
  const says = (...nodes: readonly string[]): void => {
    states = nodes.map((node, index) => {
      const ownership = { node, since: new Date(0), reason: 'granted' };
      return { address: ip(`10.0.0.${index + 1}`), candidates: [node], claimed: true, ownership };
    });
    tell('web/shop');
  };
  const shown = async (): Promise<string[]> =>
    (await metrics.exposition()).text.split('\n').filter((line) => line.startsWith('metallb_speaker_announced{'));
  const line = (node: string, address: string): string =>
    `metallb_speaker_announced{service="web/shop",protocol="layer2",node="${node}",ip="${address}"} 1`;

  says('node-a', 'node-b');
  expect(await shown()).toEqual([line('node-a', '10.0.0.1'), line('node-b', '10.0.0.2')]);
  says('node-c');
  expect(await shown()).toEqual([line('node-c', '10.0.0.1')]);
  end.abort();
  expect(await shown()).toEqual([]);
});
