import { describe, expect, it } from 'vitest';
import { structuralSchema } from '../../../../src/core/config/crd.ts';
import { describeProblem } from '../../../../src/core/config/problem.ts';
import { KINDS } from '../../../../src/core/config/schema/kinds.ts';

/** The part of a structural schema that is looked at here. */
interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema;
}

interface Field {
  readonly path: readonly (string | number)[];
  readonly schema: FieldSchema;
}

const WHOLE = 'must be a whole number; write it without quotes and without a fraction';
const NUMBER = 'must be a number; write it without quotes';
const LIST = 'must be a list; write each entry on a line of its own that begins with "- "';
const MAPPING = 'must be a mapping of names to values; indent its fields below it';
const TEXT = 'must be a text; put it between quotes';
const TRUTH = 'must be true or false; write it without quotes';

/** For each type, what users write in its place, and what they are told. */
const WRONG: Readonly<Record<string, readonly (readonly [value: unknown, message: string])[]>> = {
  string: [
    [5, TEXT],
    [true, TEXT],
    [['a'], TEXT],
    [{ a: 'b' }, TEXT],
  ],
  integer: [
    ['5', NUMBER],
    [1.5, WHOLE],
    [true, NUMBER],
    [[5], NUMBER],
    [{ a: 5 }, NUMBER],
  ],
  boolean: [
    ['true', TRUTH],
    ['no', TRUTH],
    [1, TRUTH],
    [[true], TRUTH],
  ],
  array: [
    ['a', LIST],
    [5, LIST],
    [{ a: 'b' }, LIST],
    [false, LIST],
  ],
  object: [
    ['a', MAPPING],
    [5, MAPPING],
    [['a'], MAPPING],
    [true, MAPPING],
  ],
};

function fieldsBelow(schema: FieldSchema, path: Field['path']): Field[] {
  const { items, properties = {}, additionalProperties } = schema;
  const below = [
    ...Object.entries(properties),
    ...(items === undefined ? [] : [[0, items] as const]),
    ...(additionalProperties === undefined ? [] : [['label', additionalProperties] as const]),
  ];
  return [{ path, schema }, ...below.flatMap(([key, inner]) => fieldsBelow(inner, [...path, key]))];
}

/** A spec that has nothing but `value` at a path. */
function specWith(path: Field['path'], value: unknown): unknown {
  return path.reduceRight((inner: unknown, key) => (typeof key === 'number' ? [inner] : { [key]: inner }), value);
}

function pathText(path: Field['path']): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), 'spec');
}

const versions = KINDS.flatMap(({ kind, versions: each }) => each.map((version) => ({ kind, version })));

describe.each(versions)('$kind of $version.group/$version.version', ({ kind, version }) => {
  const fields = fieldsBelow(structuralSchema(version.spec) as FieldSchema, []);
  const cases = fields.flatMap(({ path, schema }) =>
    (WRONG[schema.type ?? ''] ?? []).map(([value, message]) => ({ path, value, message, options: schema.enum })),
  );

  it.each(cases)('is told when $path is $value', ({ path, value, message, options }) => {
    const origin = { apiVersion: `${version.group}/${version.version}`, kind, namespace: 'a', name: 'b' };
    const result = version.decode(specWith(path, value), { origin, labels: {} });
    const told = result.kind === 'ok' ? [] : result.problems.map(describeProblem);
    const shown = path.includes('password') ? '"(not shown)"' : JSON.stringify(value);
    const sentence = options === undefined ? message : `is not known here; write one of ${options.join(', ')}`;
    expect(told).toContain(`${pathText(path)} ${shown}: ${sentence}`);
  });
});
