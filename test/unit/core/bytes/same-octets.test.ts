import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameOctets } from '../../../../src/core/bytes/index.ts';

describe('octets', () => {
  it('are the same when their lengths are and each of them is', () => {
    const octets = fc.uint8Array({ maxLength: 3, max: 1 });
    fc.assert(
      fc.property(octets, octets, (a, b) => {
        expect(sameOctets(a, b)).toBe(a.join() === b.join());
      }),
    );
  });

  it('that are zeros beyond the end of the others are not the same', () => {
    expect(sameOctets(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
    expect(sameOctets(Uint8Array.of(1, 0), Uint8Array.of(1))).toBe(false);
  });
});
