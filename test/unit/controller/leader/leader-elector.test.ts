import { describe, expect, test } from 'vitest';
import { invalidTimings, LeaderElector, type Leadership } from '../../../../src/controller/leader/leader-elector.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import { FakeLeaseStore } from '../../../support/kube/fake-lease-store.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const TIMINGS = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const LEASE = { namespace: 'kube-system', name: 'heraldlb-controller' };

function candidate(identity: string, leases: FakeLeaseStore, time: ManualTime) {
  const metrics = new RecordingMetrics();
  const log = new RecordingLog();
  const elector = new LeaderElector(
    { lease: LEASE, identity, ...TIMINGS },
    { leases, clock: time, timers: time, random: seededRandom(1), log, metrics },
  );
  const stop = new AbortController();
  const terms: Leadership[] = [];
  const ends: string[] = [];
  /** How long the work takes to wind down. */
  let windDown: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    const end = await elector.run(async (leadership) => {
      terms.push(leadership);
      await new Promise<void>((resolve) =>
        leadership.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      await windDown;
    }, stop.signal);
    ends.push(end);
  };
  return {
    elector,
    log,
    metrics,
    terms,
    ends,
    start: () => void run(),
    stop: () => stop.abort(),
    slowDown: (until: Promise<void>) => {
      windDown = until;
    },
    leads: () => terms.length > ends.length && terms.at(-1)?.signal.aborted === false,
  };
}

function arrange() {
  const time = new ManualTime();
  const leases = new FakeLeaseStore();
  return { time, leases, a: candidate('a', leases, time), b: candidate('b', leases, time) };
}

test('the first to ask makes the Lease and leads with generation 0', async () => {
  const { a, leases } = arrange();
  a.start();
  await settle();
  expect(a.leads()).toBe(true);
  expect(a.terms[0]?.generation).toBe(0);
  expect(leases.record).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(leases.record?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(a.metrics.value('leader_election_master_status', { name: 'heraldlb-controller' })).toBe(1);
});

test('a second waits for as long as the first renews, whatever the clocks of others say', async () => {
  const { a, b, time } = arrange();
  a.start();
  await settle();
  b.start();
  await time.advance(120_000);
  expect([a.leads(), b.leads()]).toEqual([true, false]);
});

test('an orderly stop releases the Lease after the work has ended, and the next leads at once', async () => {
  const { a, b, time, leases } = arrange();
  a.start();
  await settle();
  b.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  a.slowDown(promise);
  a.stop();
  await time.advance(20_000);
  expect(leases.record?.holderIdentity).toBe('a');
  expect(b.leads()).toBe(false);
  resolve();
  await settle();
  expect(leases.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  await time.advance(2_400);
  expect(b.leads()).toBe(true);
  expect(a.ends).toEqual(['stopped']);
  expect(b.terms[0]?.generation).toBe(1);
});

test('a leader that vanished is followed when its lease duration has passed since it was last seen', async () => {
  const { a, b, time, leases } = arrange();
  a.start();
  await settle();
  b.start();
  await time.advance(5_000);
  leases.partition('a');
  await time.advance(13_000);
  expect(b.leads()).toBe(false);
  await time.advance(8_000);
  expect(b.leads()).toBe(true);
  expect(b.terms[0]?.generation).toBe(1);
});

test('a leader that cannot renew stops before anybody else may lead', async () => {
  const { a, b, time, leases } = arrange();
  a.start();
  b.start();
  await time.advance(5_000);
  leases.partition('a');
  for (let ms = 0; ms < 40_000; ms += 100) {
    await time.advance(100);
    expect(a.leads() && b.leads()).toBe(false);
  }
  expect(a.ends).toEqual(['lost']);
  expect(b.leads()).toBe(true);
});

test('a leader whose renewals are never answered stops after the renew deadline', async () => {
  const { a, time, leases } = arrange();
  a.start();
  await settle();
  await time.advance(2_500);
  leases.silent = true;
  await time.advance(10_000);
  expect(a.ends).toEqual(['lost']);
});

test('a renewal counts from when it was asked for, not from when its answer came', async () => {
  const { a, time, leases } = arrange();
  a.start();
  await settle();
  leases.delayUpdates((ms) => new Promise((resolve) => void time.start(ms, resolve)), 6_000);
  // Asked at 2 s, stored at once, answered at 8 s; from 10 s on the API is away.
  await time.advance(9_000);
  leases.partition('a');
  await time.advance(2_900);
  expect(a.leads()).toBe(true);
  await time.advance(200);
  expect(a.leads()).toBe(false);
});

test('a leader that lost its Lease to an outage leads again at once with a larger generation', async () => {
  const { a, time, leases } = arrange();
  a.start();
  await settle();
  leases.partition('a');
  await time.advance(60_000);
  expect(a.ends).toEqual(['lost']);
  a.start();
  await time.advance(5_000);
  leases.heal();
  await time.advance(600);
  expect(a.leads()).toBe(true);
  expect(a.terms[1]?.generation).toBe(1);
});

test('a conflict with somebody who edits the Lease does not end the leadership', async () => {
  const { a, time, leases } = arrange();
  a.start();
  await settle();
  leases.failures.push(new ApiError('conflict', 'changed'), new ApiError('conflict', 'changed'));
  await time.advance(30_000);
  expect(a.leads()).toBe(true);
});

test('a Lease that somebody deletes is made again without a generation that was used', async () => {
  const { a, time, leases } = arrange();
  a.start();
  await settle();
  leases.remove();
  await time.advance(2_000);
  expect(a.leads()).toBe(true);
  expect(leases.record?.leaseTransitions).toBe(1);
});

test('work that fails gives the Lease up and says why', async () => {
  const { time, leases } = arrange();
  const { elector } = candidate('c', leases, time);
  const run = elector.run(async () => {
    throw new Error('no port');
  }, new AbortController().signal);
  await expect(run).rejects.toThrow('no port');
  expect(leases.record?.holderIdentity).toBe('');
});

test('what still runs of work that fails is told to end before the Lease is given up', async () => {
  const { time, leases } = arrange();
  const { elector } = candidate('c', leases, time);
  let holderAtTheEnd: string | undefined;
  const run = elector.run(async ({ signal }) => {
    signal.addEventListener('abort', () => {
      holderAtTheEnd = leases.record?.holderIdentity;
    });
    throw new Error('no port');
  }, new AbortController().signal);
  await expect(run).rejects.toThrow('no port');
  expect(holderAtTheEnd).toBe('c');
});

test('a stop before anything was acquired ends at once', async () => {
  const { a, b, time } = arrange();
  a.start();
  await settle();
  b.start();
  await time.advance(1_000);
  b.stop();
  await settle();
  expect(b.ends).toEqual(['stopped']);
});

test('a leader is unhealthy only when it believes to lead long after its last renewal', async () => {
  const { a, time } = arrange();
  expect(a.elector.healthy).toBe(true);
  a.start();
  await time.advance(60_000);
  expect(a.elector.healthy).toBe(true);
});

describe('timings', () => {
  test.each([
    [TIMINGS, undefined],
    [{ ...TIMINGS, retryPeriodMs: 0 }, 'the retry period must be greater than 0'],
    [{ ...TIMINGS, retryPeriodMs: 9_000 }, 'the renew deadline must be greater than 1.2 x the retry period'],
    [{ ...TIMINGS, leaseDurationMs: 10_000 }, 'the lease duration must be greater than the renew deadline'],
  ])('%j are good or say why not', (timings, expected) => {
    expect(invalidTimings(timings)).toBe(expected);
  });
});

test('an outage is told once, a new cause once more, and its end', async () => {
  const { a, leases, time } = arrange();
  a.start();
  await settle();
  const away = new ApiError('unavailable', 'no answer');
  leases.failures.push(away, away, away, new ApiError('throttled', 'too many'), away);
  await time.advance(9_000);
  const told = a.log.lines.filter(({ event }) => event.startsWith('lease-')).map(({ fields }) => fields.error);
  expect(told).toEqual(['no answer', 'too many', 'no answer', undefined]);
  expect(a.log.lines.at(-1)?.event).toBe('lease-updated-again');
});
