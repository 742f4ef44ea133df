import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTable } from '../../../src/inspect/table.ts';

const COLUMNS = [
  { title: 'NAME', text: ([name]: readonly string[]) => name ?? '' },
  { title: 'WHAT', text: ([, what]: readonly string[]) => what ?? '' },
];

it('aligns every column below its heading, and shows nothing as a dash', () => {
  expect(
    formatTable(COLUMNS, [
      ['a', ''],
      ['longer', 'x\n y'],
    ]),
  ).toBe('NAME     WHAT\na        -\nlonger   x y\n');
});

it('has one line for each row, whatever its texts', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (rows) => {
      expect(formatTable(COLUMNS, rows).split('\n')).toHaveLength(rows.length + 2);
    }),
  );
});
