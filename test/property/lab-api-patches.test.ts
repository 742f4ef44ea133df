import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compact, deepEqual, isObject, type Json } from '../../src/lab/api/json.ts';
import { applyJsonPatch } from '../../src/lab/api/patch/json-patch.ts';
import { applyMergePatch } from '../../src/lab/api/patch/merge-patch.ts';

const key = fc.constantFrom('a', 'b', 'c', 'a/b', 'm~n', '__proto__', '');
const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, 0, 1, '', 'x'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 3 }).map((members) => Object.fromEntries(members)),
  ),
})).json;

describe('a JSON merge patch (RFC 7396)', () => {
  it('applied twice is the same as once', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = applyMergePatch(target, patch);
        expect(deepEqual(applyMergePatch(once, patch), once)).toBe(true);
      }),
    );
  });

  it('that is no object replaces the document', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        fc.pre(!isObject(patch));
        expect(applyMergePatch(target, patch)).toEqual(patch);
      }),
    );
  });

  it('leaves its target alone', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify(target);
        applyMergePatch(target, patch);
        expect(JSON.stringify(target)).toBe(before);
      }),
    );
  });
});

describe('a JSON patch (RFC 6902)', () => {
  const pointer = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const members = json.filter(isObject);

  it('that adds a member and removes it again changes nothing else', () => {
    fc.assert(
      fc.property(members, json, (document, value) => {
        fc.pre(isObject(document));
        const path = pointer('fresh/na~me');
        const added = applyJsonPatch(document, [
          { op: 'add', path, value },
          { op: 'test', path, value },
        ]);
        expect(compact(applyJsonPatch(added, [{ op: 'remove', path }]))).toEqual(compact(document));
      }),
    );
  });

  it('refuses any operation on a path that is not there', () => {
    fc.assert(
      fc.property(members, fc.constantFrom('remove', 'replace', 'move', 'copy'), (document, op) => {
        const path = '/not/there';
        expect(() => applyJsonPatch(document, [{ op, path, from: path, value: 1 }])).toThrow();
      }),
    );
  });
});
