import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimiter } from '../../../../src/adapters/kube/http/rate-limiter.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';

function arrange(qps: number, burst: number) {
  const time = new ManualTime();
  return { time, limiter: new RateLimiter({ qps, burst }, { clock: time, timers: time }) };
}

test('the burst goes at once, the rest at the rate, in arrival order', async () => {
  const { time, limiter } = arrange(10, 2);
  const passed: string[] = [];
  for (const name of ['a', 'b', 'c', 'd'])
    void limiter.acquire(undefined).then(() => passed.push(`${name}@${time.nowMs()}`));
  await settle();
  await time.advance(1_000);
  expect(passed).toEqual(['a@0', 'b@0', 'c@100', 'd@200']);
});

test('who gives up waiting does not use a turn', async () => {
  const { time, limiter } = arrange(10, 1);
  const stop = new AbortController();
  await limiter.acquire(undefined);
  const given = limiter.acquire(stop.signal);
  let passedAt = -1;
  void limiter.acquire(undefined).then(() => {
    passedAt = time.nowMs();
  });
  stop.abort(new Error('given up'));
  await expect(given).rejects.toThrow('given up');
  await time.advance(500);
  expect(passedAt).toBe(100);
});

test('a rate of 0 is no limit', async () => {
  const { limiter } = arrange(0, 0);
  for (let request = 0; request < 100; request += 1) await limiter.acquire(undefined);
});

test('in no span of time more passes than burst and rate allow, and everything passes in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 40 }),
      async (qps, burst, gaps) => {
        const { time, limiter } = arrange(qps, burst);
        const passed: number[] = [];
        for (const gapMs of gaps) {
          await time.advance(gapMs);
          void limiter.acquire(undefined).then(() => passed.push(time.nowMs()));
          await settle();
        }
        await time.advance(60_000);
        expect(passed).toHaveLength(gaps.length);
        for (const [index, from] of passed.entries()) {
          for (const [more, to] of passed.slice(index).entries()) {
            expect(more + 1).toBeLessThanOrEqual(burst + ((to - from) / 1000) * qps + 1e-6);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
