import { expect, test } from 'vitest';
import { EventCorrelator } from '../../../../src/adapters/kube/events/event-correlator.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const OBJECT = { kind: 'Service', apiVersion: 'v1', namespace: 'default', name: 'web', uid: 'u' };
const event = (message: string) => ({ type: 'Warning', reason: 'AllocationFailed', message }) as const;

test('equal events within ten minutes are one that counts', async () => {
  const time = new ManualTime();
  const correlator = new EventCorrelator(time);
  const first = correlator.correlate(OBJECT, event('no address is free'));
  await time.advance(599_000);
  expect(correlator.correlate(OBJECT, event('no address is free'))).toBe(first);
  expect(first).toMatchObject({
    count: 2,
    firstAt: new Date('2026-01-01T00:00:00Z'),
    lastAt: new Date('2026-01-01T00:09:59Z'),
  });
  await time.advance(1_000);
  expect(correlator.correlate(OBJECT, event('no address is free'))).not.toBe(first);
});

test('events of other objects, reasons or messages are events of their own', () => {
  const correlator = new EventCorrelator(new ManualTime());
  const series = [
    correlator.correlate(OBJECT, event('a')),
    correlator.correlate(OBJECT, event('b')),
    correlator.correlate(OBJECT, { ...event('a'), reason: 'IPAllocated' }),
    correlator.correlate({ ...OBJECT, uid: 'v' }, event('a')),
  ];
  expect(new Set(series).size).toBe(4);
});

test('after ten different messages of one reason the others are told as one', () => {
  const correlator = new EventCorrelator(new ManualTime());
  const series = Array.from({ length: 15 }, (_, index) => correlator.correlate(OBJECT, event(`attempt ${index}`)));
  expect(new Set(series).size).toBe(11);
  expect(series.at(-1)?.event.message).toBe('(combined from similar events): attempt 10');
  expect(series.at(-1)?.count).toBe(5);
});

test('what is remembered is bounded, and the oldest goes first', () => {
  const correlator = new EventCorrelator(new ManualTime());
  const first = correlator.correlate({ ...OBJECT, uid: 'first' }, event('a'));
  for (let index = 0; index < 1_024; index += 1) correlator.correlate({ ...OBJECT, uid: String(index) }, event('a'));
  expect(correlator.correlate({ ...OBJECT, uid: 'first' }, event('a'))).not.toBe(first);
  const last = correlator.correlate({ ...OBJECT, uid: '1023' }, event('a'));
  expect(last.count).toBe(2);
});
