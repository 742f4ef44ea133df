import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SteadyMap } from '../../../src/core/ipam/steady-map.ts';

describe('SteadyMap', () => {
  it('agrees with a Map after any operations', () => {
    const operation = fc.record({ kind: fc.constantFrom('set', 'delete'), key: fc.nat(300), value: fc.object() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 600, size: 'max' }), (operations) => {
        const steady = new SteadyMap<number, object>();
        const model = new Map<number, object>();
        for (const { kind, key, value } of operations) {
          if (kind === 'set') {
            steady.set(key, value);
            model.set(key, value);
          } else {
            steady.delete(key);
            model.delete(key);
          }
          expect(steady.get(key)).toBe(model.get(key));
          expect(steady.has(key)).toBe(model.has(key));
          expect(steady.size).toBe(model.size);
        }
        expect([...steady.keys()].sort()).toEqual([...model.keys()].sort());
      }),
      { numRuns: 30 },
    );
  });
});
