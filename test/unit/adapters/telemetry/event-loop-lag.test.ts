import { expect, it } from 'vitest';
import { watchEventLoopLag } from '../../../../src/adapters/telemetry/event-loop-lag.ts';
import { PromMetrics } from '../../../../src/adapters/telemetry/prom-metrics.ts';

it('the lag of a thread is how late its timers fire, once a second until the end', async () => {
  const metrics = new PromMetrics();
  const end = new AbortController();
  let nowMs = 0;
  let due: (() => void) | undefined;
  const timers = {
    start: (delayMs: number, callback: () => void) => {
      expect(delayMs).toBe(1000);
      due = callback;
      return { cancel: () => (due = undefined) };
    },
  };
  const clock = { nowMs: () => nowMs, wallTime: () => new Date(nowMs) };
  watchEventLoopLag({ clock, timers, metrics }, end.signal);
  for (const lateMs of [0, 300]) {
    nowMs += 1000 + lateMs;
    due?.();
  }
  const { text } = await metrics.exposition();
  expect(text).toContain('heraldlb_event_loop_lag_seconds_bucket{le="0.25"} 1');
  expect(text).toContain('heraldlb_event_loop_lag_seconds_sum 0.3');
  expect(text).toContain('heraldlb_event_loop_lag_seconds_count 2');
  end.abort();
  expect(due).toBeUndefined();
});
