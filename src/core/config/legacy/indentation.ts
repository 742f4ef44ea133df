import type { PositionedProblem } from './positioned-problem.ts';
import type { YamlSyntaxError } from './yaml-node.ts';

const KEY = /^( *)([\w-]+):(?:\s|$)/;
const ITEM = /^( *)-( +)([\w-]+):/;

/**
 * What is wrong at the place of a syntax error, for people. Most often it is a key of a list entry that is not indented as
 * the others are, of which the parser says only that it does not fit.
 */
export function syntaxProblem({ message, position }: YamlSyntaxError, lines: readonly string[]): PositionedProblem {
  const { line } = position;
  const slip = lines[line - 1]?.includes('\t') ? undefined : misplacedKey(line, lines);
  if (slip !== undefined) return slip;
  const text = (lines[line - 1] ?? '').trim();
  const remedy = /^\s*\t/.test(lines[line - 1] ?? '')
    ? 'indent it with blanks, not with tabs'
    : 'compare its indentation, quotes and brackets with those of the lines above';
  return { field: 'config', value: text, message: `is no YAML (${message}); ${remedy}`, position };
}

/** A key that stands between the dash of an entry and the keys of that entry. */
function misplacedKey(line: number, lines: readonly string[]): PositionedProblem | undefined {
  const [, blanks = '', key] = KEY.exec(lines[line - 1] ?? '') ?? [];
  if (key === undefined) return undefined;
  for (let above = line - 1; above >= 1; above -= 1) {
    const text = lines[above - 1] ?? '';
    const [, before, gap, first] = ITEM.exec(text) ?? [];
    if (before !== undefined && gap !== undefined && before.length <= blanks.length) {
      const column = before.length + gap.length + 2;
      if (blanks.length + 1 >= column) return undefined;
      return {
        field: key,
        value: undefined,
        message: `stands outside the list entry that begins on line ${above}, to which it belongs; indent it, with all that is below it, so that it stands below "${first}" in column ${column}`,
        position: { line, column: blanks.length + 1 },
      };
    }
    if (KEY.test(text) && text.search(/\S/) < blanks.length) return undefined;
  }
  return undefined;
}
