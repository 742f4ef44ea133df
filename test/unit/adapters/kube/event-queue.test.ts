import { expect, test } from 'vitest';
import { EventCorrelator, type EventSeries } from '../../../../src/adapters/kube/events/event-correlator.ts';
import { EventQueue } from '../../../../src/adapters/kube/events/event-queue.ts';
import type { EventReason } from '../../../../src/ports/event-reasons.ts';
import type { EventType } from '../../../../src/ports/kubernetes.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const correlator = new EventCorrelator(new ManualTime());

function series(
  uid: string,
  reason: EventReason,
  more: { type?: EventType; supersedes?: readonly EventReason[] } = {},
) {
  const object = { kind: 'Service', apiVersion: 'v1', namespace: 'default', name: uid, uid };
  return correlator.correlate(object, { type: 'Normal', reason, message: reason, ...more });
}

function drained(queue: EventQueue): string[] {
  const told: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    told.push(`${next.object.uid} ${next.event.reason}`);
    queue.done(next);
  }
  return told;
}

test('warnings go first, and events about one object keep their order', () => {
  const queue = new EventQueue({ max: 10 });
  for (const each of [
    series('a', 'IPAllocated'),
    series('a', 'ClearAssignment'),
    series('b', 'AllocationFailed', { type: 'Warning' }),
  ])
    queue.add(each);
  expect(drained(queue)).toEqual(['b AllocationFailed', 'a IPAllocated', 'a ClearAssignment']);
});

test('an event that another one of its object supersedes is left out while it waits', () => {
  const queue = new EventQueue({ max: 10 });
  for (const each of [
    series('a', 'EnsuringLoadBalancer'),
    series('b', 'EnsuringLoadBalancer'),
    series('a', 'IPAllocated'),
  ])
    queue.add(each);
  queue.add(series('a', 'EnsuredLoadBalancer', { supersedes: ['EnsuringLoadBalancer'] }));
  expect(drained(queue)).toEqual(['a IPAllocated', 'a EnsuredLoadBalancer', 'b EnsuringLoadBalancer']);
});

test('of one object no second event is handed out while the first is being written', () => {
  const queue = new EventQueue({ max: 10 });
  for (const each of [series('a', 'IPAllocated'), series('a', 'ClearAssignment'), series('b', 'NotAnnounced')])
    queue.add(each);
  const first = queue.take() as EventSeries;
  expect([queue.take()?.object.uid, queue.take()]).toEqual(['b', undefined]);
  queue.done(first);
  expect(queue.take()?.event.reason).toBe('ClearAssignment');
});

test('a full queue takes nothing more but what waits already, and has room again for what was superseded', () => {
  const queue = new EventQueue({ max: 2 });
  const ensuring = series('a', 'EnsuringLoadBalancer');
  expect([queue.add(ensuring), queue.add(series('b', 'NotAnnounced'))]).toEqual([true, true]);
  expect([queue.add(series('c', 'NotAnnounced')), queue.add(ensuring)]).toEqual([false, true]);
  expect(queue.add(series('a', 'EnsuredLoadBalancer', { supersedes: ['EnsuringLoadBalancer'] }))).toBe(true);
  expect(drained(queue)).toEqual(['b NotAnnounced', 'a EnsuredLoadBalancer']);
});
