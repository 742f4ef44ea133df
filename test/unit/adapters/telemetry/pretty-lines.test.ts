import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prettyLine } from '../../../../src/adapters/telemetry/pretty-lines.ts';

const LINE =
  '{"level":"warn","time":"2026-01-01T12:00:00.123Z","node":"node-a","event":"address-conflict","mac":"02:00:00:00:00:01","why":"it answers"}';

it('a line for people has the time of day, the level, the event and its fields', () => {
  expect(prettyLine(LINE, false)).toBe(
    '12:00:00.123 warn  address-conflict node=node-a mac=02:00:00:00:00:01 why="it answers"\n',
  );
});

it('colour is only around the level', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colour is made of.
  expect(prettyLine(LINE, true).replaceAll(/\u001b\[\d+m/g, '')).toBe(prettyLine(LINE, false));
});

it('every line stays one line, whatever is in its fields', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
      const line = prettyLine(JSON.stringify({ level: 'info', time: '', event: 'x', ...fields }), false);
      expect(line.slice(0, -1)).not.toContain('\r\n');
      expect(line.endsWith('\n')).toBe(true);
    }),
  );
});

it('what is no JSON stays as it is', () => {
  expect(prettyLine('not json\n', false)).toBe('not json\n');
});
