import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseYaml } from '../../../src/adapters/yaml/positioned-yaml.ts';
import { problemsOf } from '../../../src/core/config/legacy/foreign-entries.ts';
import { decodeLegacy, decodeLegacyText } from '../../../src/core/config/legacy/legacy-config.ts';
import { LEGACY_NAMES, ROOT } from '../../../src/core/config/legacy/shape.ts';
import { nodeOf } from '../../../src/core/config/legacy/yaml-node.ts';
import { describeProblem } from '../../../src/core/config/problem.ts';

const source = { namespace: 'metallb-system', name: 'config', uid: 'u', creationTimestamp: '' };
const options = { source, names: 'legal' } as const;

const key = fc.oneof(fc.constantFrom(...LEGACY_NAMES.values(), ...Object.keys(ROOT.fields)), fc.string());
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constantFrom('layer2', 'bgp', '10.0.0.0/24', '10.0.0.9-10.0.0.1', 'fd00::/64', '64512:100', '90s', 'yes', null),
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const listsOfEntries = fc.dictionary(fc.constantFrom(...Object.keys(ROOT.fields)), fc.array(value, { maxLength: 3 }), {
  noNullPrototype: true,
});

/** Ten thousand runs take a loaded machine longer than the common limit. */
const UNHURRIED = { timeout: 180_000 };

it('any value at all is decoded, or refused with a field and a sentence', UNHURRIED, () => {
  fc.assert(
    fc.property(fc.oneof(value, listsOfEntries), (root) => {
      const sentences = problemsOf(decodeLegacy(nodeOf(root), options)).map(describeProblem);
      expect(sentences.filter((text) => /^:|Invalid input|undefined|\[object|spec\./.test(text))).toEqual([]);
    }),
    { numRuns: 10_000 },
  );
});

it('any text at all is decoded, or refused with line and column', () => {
  // Texts that are nearly right: some blanks and signs of a good one are lost or doubled.
  const damaged = fc
    .tuple(
      listsOfEntries.map((root) => stringify(root)),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('', ' ', '\n', '- ', ': ', '"')), { maxLength: 3 }),
    )
    .map(([text, edits]) =>
      edits.reduce((now, [at, sign]) => {
        const place = at % (now.length + 1);
        return `${now.slice(0, place)}${sign}${now.slice(place + 1)}`;
      }, text),
    );
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string()), (text) => {
      const lines = text.split('\n').length;
      for (const { position } of problemsOf(decodeLegacyText(text, parseYaml(text), options))) {
        expect(position?.line).toBeGreaterThan(0);
        expect(position?.line).toBeLessThanOrEqual(lines + 1);
        expect(position?.column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});
