import { expect, test } from 'vitest';
import { EventCorrelator, type EventSeries } from '../../../../src/adapters/kube/events/event-correlator.ts';
import { EventQueue } from '../../../../src/adapters/kube/events/event-queue.ts';
import type { EventType } from '../../../../src/ports/kubernetes.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const correlator = new EventCorrelator(new ManualTime());

function series(uid: string, reason: string, more: { type?: EventType; supersedes?: readonly string[] } = {}) {
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
  for (const each of [series('a', 'First'), series('a', 'Second'), series('b', 'Bad', { type: 'Warning' })])
    queue.add(each);
  expect(drained(queue)).toEqual(['b Bad', 'a First', 'a Second']);
});

test('an event that another one of its object supersedes is left out while it waits', () => {
  const queue = new EventQueue({ max: 10 });
  for (const each of [series('a', 'Ensuring'), series('b', 'Ensuring'), series('a', 'Allocated')]) queue.add(each);
  queue.add(series('a', 'Ensured', { supersedes: ['Ensuring'] }));
  expect(drained(queue)).toEqual(['a Allocated', 'a Ensured', 'b Ensuring']);
});

test('of one object no second event is handed out while the first is being written', () => {
  const queue = new EventQueue({ max: 10 });
  for (const each of [series('a', 'First'), series('a', 'Second'), series('b', 'Other')]) queue.add(each);
  const first = queue.take() as EventSeries;
  expect([queue.take()?.object.uid, queue.take()]).toEqual(['b', undefined]);
  queue.done(first);
  expect(queue.take()?.event.reason).toBe('Second');
});

test('a full queue takes nothing more but what waits already, and has room again for what was superseded', () => {
  const queue = new EventQueue({ max: 2 });
  const ensuring = series('a', 'Ensuring');
  expect([queue.add(ensuring), queue.add(series('b', 'Other'))]).toEqual([true, true]);
  expect([queue.add(series('c', 'Other')), queue.add(ensuring)]).toEqual([false, true]);
  expect(queue.add(series('a', 'Ensured', { supersedes: ['Ensuring'] }))).toBe(true);
  expect(drained(queue)).toEqual(['b Other', 'a Ensured']);
});
