import { expect, it } from 'vitest';
import { PoolMetrics } from '../../../../src/controller/provider/pool-metrics.ts';
import { type Config, EMPTY_CONFIG } from '../../../../src/core/config/config.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

function bed() {
  const time = new ManualTime();
  const metrics = new RecordingMetrics();
  const pools = new Map([['lan', { assignedIPv4: 3n, assignedIPv6: 1n, availableIPv4: 7n, availableIPv6: 2n ** 64n }]]);
  const config = {
    current: () => ({ ...EMPTY_CONFIG, pools: [...pools.keys()].map((name) => ({ name })) }) as unknown as Config,
    onChange: () => () => undefined,
  };
  const stop = new AbortController();
  const shown = new PoolMetrics({ config, usage: { usage: (name) => pools.get(name) }, timers: time, metrics });
  shown.start(stop.signal);
  return { time, metrics, pools, shown, stop };
}

it('a pool is told in the series of MetalLB and in ours', async () => {
  const { time, metrics } = bed();
  await time.advance(500);
  const lan = { pool: 'lan' };
  expect(metrics.value('metallb_allocator_addresses_in_use_total', lan)).toBe(4);
  expect(metrics.value('metallb_allocator_ipv4_addresses_total', lan)).toBe(10);
  expect(metrics.value('metallb_allocator_addresses_total', lan)).toBe(11 + 2 ** 64);
  expect(metrics.value('heraldlb_pool_addresses', { ...lan, family: 'IPv4', state: 'available' })).toBe(7);
});

it('the series of a pool go with it, and all of them with the leadership', async () => {
  const { time, metrics, pools, shown, stop } = bed();
  pools.set('other', { assignedIPv4: 1n, assignedIPv6: 0n, availableIPv4: 0n, availableIPv6: 0n });
  await time.advance(500);
  pools.delete('lan');
  shown.changed();
  await time.advance(500);
  expect([...new Set(metrics.series().map((series) => series.match(/pool=(\w+)/)?.[1]))]).toEqual(['other']);
  stop.abort();
  expect(metrics.series()).toEqual([]);
});
