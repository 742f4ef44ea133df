import { describe, expect, it } from 'vitest';
import { macFromValue } from '../../../../src/core/net/index.ts';
import { RequesterLimit } from '../../../../src/speaker/packet/requester-limit.ts';

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
