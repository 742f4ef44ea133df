import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WorkQueue } from '../../../../src/controller/queue/work-queue.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

type Step =
  | { readonly kind: 'add' | 'finish' | 'fail' | 'park'; readonly key: string }
  | { readonly kind: 'delay'; readonly key: string; readonly ms: number }
  | { readonly kind: 'unpark' }
  | { readonly kind: 'wait'; readonly ms: number };

const key = fc.constantFrom('a', 'b', 'c');
const ms = fc.integer({ min: 1, max: 400_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add' as const, 'finish' as const, 'fail' as const, 'park' as const), key }),
  fc.record({ kind: fc.constant('delay' as const), key, ms }),
  fc.constant<Step>({ kind: 'unpark' }),
  fc.record({ kind: fc.constant('wait' as const), ms }),
);

/** A queue with three workers whose work ends when a step says so. */
async function run(steps: readonly Step[]) {
  const time = new ManualTime();
  const queue = new WorkQueue(
    { name: 'test', baseDelayMs: 5_000, maxDelayMs: 300_000 },
    { clock: time, timers: time, metrics: new RecordingMetrics() },
  );
  const working = new Map<string, (end: 'finish' | 'fail' | 'park') => void>();
  const violations: string[] = [];
  /** Keys that somebody asked for since they were last taken, and that must still come. */
  const owed = new Set<string>();
  const parked = new Set<string>();
  const worker = async (): Promise<void> => {
    for (let taken = await queue.next(); taken !== undefined; taken = await queue.next()) {
      if (working.has(taken)) violations.push(`two workers on ${taken}`);
      owed.delete(taken);
      parked.delete(taken);
      const current = taken;
      const end = await new Promise<'finish' | 'fail' | 'park'>((resolve) => working.set(current, resolve));
      working.delete(current);
      if (end === 'finish') queue.forget(current);
      else if (end === 'park') {
        queue.park(current);
        if (!owed.has(current)) parked.add(current);
      } else {
        queue.addRateLimited(current);
        owed.add(current);
      }
      queue.done(current);
    }
  };
  const workers = [worker(), worker(), worker()];
  for (const each of steps) {
    switch (each.kind) {
      case 'add':
        queue.add(each.key);
        owed.add(each.key);
        break;
      case 'delay':
        queue.addAfter(each.key, each.ms);
        owed.add(each.key);
        break;
      case 'unpark':
        for (const waiting of parked) owed.add(waiting);
        queue.addParked();
        break;
      case 'wait':
        await time.advance(each.ms);
        break;
      case 'finish':
      case 'fail':
      case 'park':
        working.get(each.key)?.(each.kind);
        break;
    }
    await settle();
  }
  // Whatever is owed comes when the work goes on and every back-off has passed.
  for (let rounds = 0; rounds < 12; rounds += 1) {
    for (const end of [...working.values()]) end('finish');
    await time.advance(400_000);
  }
  const left = [...owed];
  const stopped = queue.stop();
  for (const end of [...working.values()]) end('finish');
  await Promise.all([...workers, stopped]);
  return { violations, left, armed: time.armed };
}

test('no key is ever with two workers, and nothing that was asked for is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      expect(await run(steps)).toEqual({ violations: [], left: [], armed: 0 });
    }),
    { numRuns: 200 },
  );
});
