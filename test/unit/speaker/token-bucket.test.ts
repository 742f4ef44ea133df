import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../src/speaker/token-bucket.ts';

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
