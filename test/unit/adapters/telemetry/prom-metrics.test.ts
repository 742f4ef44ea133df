import { describe, expect, it } from 'vitest';
import { PromMetrics } from '../../../../src/adapters/telemetry/prom-metrics.ts';

const OURS = { name: 'heraldlb_tests_total', help: 'Tests.', labels: ['kind'] } as const;
const THEIRS = { name: 'metallb_tests', help: 'Tests.', labels: ['kind'], type: 'gauge' } as const;

async function told(metrics: PromMetrics): Promise<string> {
  metrics.counter(OURS).add({ kind: 'unit' }, 2);
  metrics.gauge(THEIRS).set({ kind: 'unit' }, 1);
  return (await metrics.exposition()).text;
}

describe('the metrics in text format', () => {
  it("have MetalLB's names too", async () => {
    const text = await told(new PromMetrics());
    expect(text).toContain('heraldlb_tests_total{kind="unit"} 2');
    expect(text).toContain('metallb_tests{kind="unit"} 1');
  });

  it("have none of MetalLB's names where they are not wanted", async () => {
    const text = await told(new PromMetrics({ metallbNames: false }));
    expect(text).toContain('heraldlb_tests_total{kind="unit"} 2');
    expect(text).not.toContain('metallb_');
  });

  it('forget a series that is removed', async () => {
    const metrics = new PromMetrics();
    metrics.counter(OURS).add({ kind: 'unit' });
    metrics.counter(OURS).remove({ kind: 'unit' });
    expect((await metrics.exposition()).text).not.toContain('kind="unit"');
  });
});
