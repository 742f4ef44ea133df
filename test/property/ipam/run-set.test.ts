import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunSet } from '../../../src/core/ipam/run-set.ts';

/** Small enough that runs meet, large enough that chunks split. */
const UNIVERSE = 3_000;

function lowestAbsent(model: ReadonlySet<number>, from: number): number {
  let at = from;
  while (model.has(at)) at += 1;
  return at;
}

function lowestPresent(model: ReadonlySet<number>, from: number): number | undefined {
  return [...model].filter((value) => value >= from).sort((a, b) => a - b)[0];
}

function fill(values: Iterable<number>): { runs: RunSet; model: Set<number> } {
  const runs = new RunSet();
  for (const value of values) runs.add(value);
  return { runs, model: new Set(values) };
}

const value = fc.integer({ min: 0, max: UNIVERSE });
const operation = fc.record({ kind: fc.constantFrom('add', 'delete', 'absent', 'present'), value });

describe('RunSet', () => {
  it('agrees with a Set after any operations', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 1_500 }),
        fc.array(operation, { maxLength: 300 }),
        (first, operations) => {
          const { runs, model } = fill(first);
          for (const { kind, value: at } of operations) {
            if (kind === 'add') expect(runs.add(at)).toBe(!model.has(at) && model.add(at).has(at));
            if (kind === 'delete') expect(runs.delete(at)).toBe(model.delete(at));
            if (kind === 'absent') expect(runs.firstAbsent(at)).toBe(lowestAbsent(model, at));
            if (kind === 'present') expect(runs.firstPresent(at)).toBe(lowestPresent(model, at));
            expect(runs.has(at)).toBe(model.has(at));
          }
          expect(runs.isEmpty).toBe(model.size === 0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps its runs ascending and as long as they can be', () => {
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 2_000 }), fc.array(value), (first, removed) => {
        const { runs, model } = fill(first);
        for (const each of removed) {
          runs.delete(each);
          model.delete(each);
        }
        const listed = [...runs.runs()];
        for (const [at, run] of listed.entries()) {
          expect(run.first).toBeLessThanOrEqual(run.last);
          expect(run.first).toBeGreaterThan((listed[at - 1]?.last ?? -2) + 1);
        }
        expect(listed.reduce((sum, run) => sum + run.last - run.first + 1, 0)).toBe(model.size);
      }),
      { numRuns: 100 },
    );
  });

  it('begins a run of the next chunk earlier when a value right before it comes', () => {
    // Every fourth value is a run of its own, and a chunk holds 256 of them at the most.
    const firsts = Array.from({ length: 1_000 }, (_, at) => at * 4);
    const { runs } = fill(firsts);
    for (const first of firsts.slice(1)) expect(runs.add(first - 1)).toBe(true);
    expect([...runs.runs()].slice(1)).toEqual(firsts.slice(1).map((first) => ({ first: first - 1, last: first })));
  });

  it('stays right when every second value is in it, so that chunks split and empty again', () => {
    const even = Array.from({ length: 5_000 }, (_, at) => at * 2);
    const { runs } = fill(even);
    expect([...runs.runs()]).toHaveLength(5_000);
    for (const each of even) expect(runs.add(each + 1)).toBe(true);
    expect([...runs.runs()]).toEqual([{ first: 0, last: 9_999 }]);
    for (const each of even) expect(runs.delete(each)).toBe(true);
    for (const each of even) expect(runs.delete(each + 1)).toBe(true);
    expect(runs.isEmpty).toBe(true);
    expect(runs.firstAbsent(7)).toBe(7);
  });
});
