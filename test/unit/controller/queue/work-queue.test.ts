import { expect, test } from 'vitest';
import { WorkQueue } from '../../../../src/controller/queue/work-queue.ts';
import { runWorkers, type WorkResult } from '../../../../src/controller/queue/workers.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

function arrange() {
  const time = new ManualTime();
  const waiting: number[] = [];
  const queue = new WorkQueue(
    { name: 'test', baseDelayMs: 5_000, maxDelayMs: 300_000, onWaiting: (keys) => waiting.push(keys) },
    { clock: time, timers: time, metrics: new RecordingMetrics() },
  );
  return { time, queue, waiting };
}

/** Works on keys by a list of results for each; keeps when it worked on which. */
function work({ time, queue }: ReturnType<typeof arrange>, results: Record<string, WorkResult[]>) {
  const log: string[] = [];
  const running = runWorkers(queue, 1, async (key) => {
    log.push(`${key}@${time.nowMs()}`);
    return results[key]?.shift() ?? { kind: 'done' };
  });
  return { log, running };
}

test('a key that is added twice before it is taken is handed out once', async () => {
  const { queue } = arrange();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect(await queue.next()).toBe('a');
  expect(await queue.next()).toBe('b');
});

test('a key that is added while it is worked on is handed out once more afterwards, not before', async () => {
  const { queue } = arrange();
  queue.add('a');
  await queue.next();
  queue.add('a');
  queue.add('a');
  let handed: string | undefined;
  void queue.next().then((key) => {
    handed = key;
  });
  await settle();
  expect(handed).toBeUndefined();
  queue.done('a');
  await settle();
  expect(handed).toBe('a');
});

test('failures put a key off for 5, 10, 20 … and at most 300 s, and success starts over', async () => {
  const it = arrange();
  const failures = Array.from({ length: 8 }, (): WorkResult => ({ kind: 'failed' }));
  const { log } = work(it, { a: [...failures, { kind: 'done' }, { kind: 'failed' }] });
  it.queue.add('a');
  await settle();
  await it.time.advance(3_000_000);
  const times = log.map((entry) => Number(entry.split('@')[1]) / 1000);
  const delays = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(delays).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  it.queue.add('a');
  await settle();
  await it.time.advance(5_000);
  expect(log).toHaveLength(11);
});

test('an exact delay neither counts failures up nor forgets them', async () => {
  const it = arrange();
  const { log } = work(it, { a: [{ kind: 'failed' }, { kind: 'retry-after', delayMs: 1_234 }, { kind: 'failed' }] });
  it.queue.add('a');
  await settle();
  await it.time.advance(100_000);
  expect(log).toEqual(['a@0', 'a@5000', 'a@6234', 'a@16234']);
});

test('of two delays of one key the earlier counts', async () => {
  const it = arrange();
  const { log } = work(it, {});
  it.queue.addAfter('a', 5_000);
  it.queue.addAfter('a', 1_000);
  it.queue.addAfter('a', 9_000);
  await it.time.advance(20_000);
  expect(log).toEqual(['a@1000']);
});

test('parked keys come back in the order in which they came to wait, also when they wait on', async () => {
  const it = arrange();
  const wait: WorkResult = { kind: 'wait' };
  const { log } = work(it, { a: [wait, wait], b: [wait, wait], c: [wait] });
  for (const key of ['c', 'a', 'b']) it.queue.add(key);
  await settle();
  it.queue.add('b');
  await settle();
  log.length = 0;
  it.queue.addParked();
  await settle();
  expect(log.map((entry) => entry[0])).toEqual(['c', 'a', 'b']);
  expect(it.waiting).toEqual([1, 2, 3, 2, 1]);
});

test('a wake-up that comes while a key is about to be parked is not lost', async () => {
  const { queue } = arrange();
  queue.add('a');
  await queue.next();
  queue.addParked();
  queue.park('a');
  queue.done('a');
  expect(await queue.next()).toBe('a');
  queue.park('a');
  queue.done('a');
  let handed = false;
  void queue.next().then(() => {
    handed = true;
  });
  await settle();
  expect(handed).toBe(false);
});

test('a stop hands out nothing more and waits for what is worked on', async () => {
  const { queue, time } = arrange();
  queue.add('a');
  queue.addAfter('b', 1_000);
  await queue.next();
  const idle = queue.next();
  let stopped = false;
  void queue.stop().then(() => {
    stopped = true;
  });
  expect(await idle).toBeUndefined();
  expect(stopped).toBe(false);
  queue.done('a');
  await settle();
  expect(stopped).toBe(true);
  expect(time.armed).toBe(0);
  queue.add('c');
  expect(await queue.next()).toBeUndefined();
});
