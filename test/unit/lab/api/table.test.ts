import { describe, expect, it } from 'vitest';
import { age } from '../../../../src/lab/api/table/age.ts';
import { jsonPathValue } from '../../../../src/lab/api/table/json-path.ts';

const NOW = new Date('2026-01-10T00:00:00Z');

describe('an age', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [200, '3m20s'],
    [600, '10m'],
    [10_799, '179m'],
    [10_800, '3h'],
    [11_400, '3h10m'],
    [28_800, '8h'],
    [172_800, '2d'],
    [176_400, '2d1h'],
    [691_200, '8d'],
  ])('of %d seconds is %s', (seconds, expected) => {
    expect(age(new Date(NOW.getTime() - seconds * 1000).toISOString(), NOW)).toBe(expected);
  });

  it('of the future is none, and of no timestamp unknown', () => {
    expect(age('2027-01-01T00:00:00Z', NOW)).toBe('0s');
    expect(age(undefined, NOW)).toBe('<unknown>');
  });
});

describe('a printer column', () => {
  const object = {
    spec: { addresses: ['a', 'b'], 'odd.name': 1 },
    status: { conditions: [{ type: 'Valid', status: 'True' }, { type: 'Other' }] },
  };
  it.each([
    ['.spec.addresses[1]', 'b'],
    ['.spec.addresses[*]', 'a'],
    ['.spec.odd\\.name', 1],
    ['.status.conditions[?(@.type=="Valid")].status', 'True'],
    ['.status.conditions[?(@.type=="None")].status', undefined],
    ['.spec.nothing.there', undefined],
  ])('finds %s', (path, expected) => {
    expect(jsonPathValue(object, path)).toEqual(expected);
  });
});
