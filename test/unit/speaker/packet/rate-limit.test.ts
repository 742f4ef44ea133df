import { describe, expect, it } from 'vitest';
import { macFromValue } from '../../../../src/core/net/index.ts';
import { RequesterLimit, TokenBucket } from '../../../../src/speaker/packet/rate-limit.ts';

const RATE = { perSecond: 50, burst: 100 };

describe('a token bucket', () => {
  it('lets its burst through at once, and then its rate', () => {
    const bucket = new TokenBucket(RATE, 0);
    const passed = (atMs: number): number =>
      Array.from({ length: 500 }, () => bucket.take(atMs)).filter(Boolean).length;
    expect(passed(0)).toBe(100);
    expect(passed(1000)).toBe(50);
    expect(passed(1010)).toBe(0);
    expect(passed(1020)).toBe(1);
    expect(passed(1_000_000)).toBe(100);
  });
});

describe('the limit for requesters', () => {
  it('treats each requester apart', () => {
    const limit = new RequesterLimit({ perSecond: 1, burst: 1 }, 10);
    expect(limit.take(macFromValue(1), 0)).toBe(true);
    expect(limit.take(macFromValue(1), 0)).toBe(false);
    expect(limit.take(macFromValue(2), 0)).toBe(true);
  });

  it('remembers no more requesters than its capacity, and forgets first who was not heard of for longest', () => {
    const limit = new RequesterLimit({ perSecond: 0, burst: 1 }, 4096);
    for (let requester = 1; requester <= 4096; requester += 1) limit.take(macFromValue(requester), 0);
    limit.take(macFromValue(1), 0);
    for (let requester = 5000; requester < 100_000; requester += 1) {
      limit.take(macFromValue(requester), 0);
      limit.take(macFromValue(1), 0);
    }
    expect(limit.size).toBe(4096);
    expect(limit.take(macFromValue(1), 0)).toBe(false);
    expect(limit.take(macFromValue(2), 0)).toBe(true);
  });
});
