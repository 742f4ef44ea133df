import { expect, it } from 'vitest';
import { abridged } from '../../../../src/controller/announcer/abridged.ts';

it.each([
  [[], ''],
  [['a is down', 'b is down'], 'a is down; b is down'],
  [['a is down', 'b is down', 'c is down', 'd is down'], 'a is down; b is down; and 2 more'],
])('clauses %j are told as "%s"', (clauses, expected) => {
  expect(abridged(clauses, 2)).toBe(expected);
});

it('names stand between commas, and are counted where there are more', () => {
  expect(abridged(['a', 'b'], 2, ', ')).toBe('a, b');
  expect(abridged(['a', 'b', 'c'], 2, ', ')).toBe('a, b and 1 more');
});
