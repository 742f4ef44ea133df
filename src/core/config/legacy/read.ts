import { formatField } from '../problem.ts';
import type { PositionedProblem } from './positioned-problem.ts';
import type { FieldsShape, Shape } from './shape.ts';
import { isNull, type Position, plainValue, scalarValue, type YamlEntry, type YamlNode } from './yaml-node.ts';

/** Where a field of an object was written. */
export interface Place {
  /** Its path in the legacy configuration. */
  readonly field: string;
  readonly position?: Position;
}

/** What reading one entry of the configuration finds. */
export class Findings {
  readonly problems: PositionedProblem[] = [];
  /** Keys that stand at the wrong indentation: what else is wrong follows from that. */
  readonly slips: PositionedProblem[] = [];
  /** By the path in the object. BOUNDED: by the size of the text. */
  readonly places = new Map<string, Place>();
}

type Path = readonly (string | number)[];

/** Where the reader is, in the text and in the object that it makes of it. */
export interface Reading {
  readonly legacy: Path;
  readonly object: Path;
  readonly findings: Findings;
}

/** The node in the form that our objects have. What has another form than it should is left for the decoder of the object. */
export function read(node: YamlNode, shape: Shape, at: Reading): unknown {
  note(node.position, at);
  if (isNull(node)) return undefined;
  switch (shape.kind) {
    case 'text':
    case 'number':
    case 'boolean':
      return node.kind === 'scalar' ? scalarValue(node, shape.kind) : plainValue(node);
    case 'list':
      if (node.kind !== 'list') return plainValue(node);
      return node.items.map((item, index) => read(item, shape.item, below(at, index, index)) ?? null);
    case 'map':
      if (node.kind !== 'mapping') return plainValue(node);
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [key, read(value, { kind: 'text' }, below(at, key, key)) ?? '']),
      );
    case 'fields':
      return node.kind === 'mapping' ? readFields(node, shape, at) : plainValue(node);
  }
}

function readFields(node: YamlNode & { kind: 'mapping' }, shape: FieldsShape, at: Reading): Record<string, unknown> {
  const { entries } = node;
  const values: Record<string, unknown> = {};
  for (const [legacy, { to, shape: inner, required }] of Object.entries(shape.fields)) {
    const entry = entries.find(({ key }) => key === legacy);
    const here = below(at, legacy, to);
    const value = entry === undefined ? undefined : read(entry.value, inner, here);
    note(entry?.position ?? node.position, here);
    if (value !== undefined) values[to] = value;
    else if (required !== undefined) {
      at.findings.problems.push({
        ...placeOf(here, entry?.position ?? node.position),
        value: undefined,
        message: `is missing; ${required}`,
      });
    }
  }
  for (const [index, entry] of entries.entries()) {
    if (!Object.hasOwn(shape.fields, entry.key)) unknownKey(entry, { shape, before: entries.slice(0, index), at });
  }
  return values;
}

/** Unknown keys are refused, as MetalLB did: a typing error would else be silence. */
export function unknownKey(
  { key, position }: YamlEntry,
  { shape, before, at }: { readonly shape: FieldsShape; readonly before: readonly YamlEntry[]; readonly at: Reading },
): void {
  const here = placeOf(below(at, key, key), position);
  const owner = before.findLast((sibling) => itemFields(shape, sibling.key)?.[key] !== undefined);
  const last = owner?.value.kind === 'list' ? owner.value.items.at(-1) : undefined;
  if (owner !== undefined && last !== undefined) {
    const line = last.position === undefined ? '' : ` that begins on line ${last.position.line}`;
    const first = last.kind === 'mapping' ? last.entries[0] : undefined;
    const where = first === undefined ? 'below its "-" and two blanks' : `below "${first.key}"${columnOf(first)}`;
    at.findings.slips.push({
      ...here,
      value: undefined,
      message: `stands outside the entry of "${owner.key}"${line}, to which it belongs; indent it, with all that is below it, so that it stands ${where}`,
    });
    return;
  }
  const known = Object.keys(shape.fields);
  const meant = known.find((name) => letters(name) === letters(key));
  at.findings.problems.push({
    ...here,
    value: undefined,
    message: `is not known here; write ${meant === undefined ? `one of ${known.join(', ')}` : `"${meant}"`}`,
  });
}

function columnOf({ position }: YamlEntry): string {
  return position === undefined ? '' : ` in column ${position.column}`;
}

/** The fields of the entries of a list, where a field is such a list. */
function itemFields({ fields }: FieldsShape, key: string): FieldsShape['fields'] | undefined {
  const shape = Object.hasOwn(fields, key) ? fields[key]?.shape : undefined;
  return shape?.kind === 'list' && shape.item.kind === 'fields' ? shape.item.fields : undefined;
}

/** `autoAssign`, `auto_assign` and `Auto-Assign` are all meant to be `auto-assign`. */
function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** One step further down, by its name in the old file and by that in the object that is made of it. */
function below(at: Reading, legacy: string | number, object: string | number): Reading {
  return { ...at, legacy: [...at.legacy, legacy], object: [...at.object, object] };
}

function note(position: Position | undefined, at: Reading): void {
  at.findings.places.set(formatField(at.object), placeOf(at, position));
}

/** Legacy keys have dashes: those need no quotes. */
function placeOf({ legacy }: Reading, position: Position | undefined): Place {
  const field = legacy.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    if (!/^[\w-]+$/.test(key)) return path === '' ? JSON.stringify(key) : `${path}[${JSON.stringify(key)}]`;
    return path === '' ? key : `${path}.${key}`;
  }, '');
  return position === undefined ? { field } : { field, position };
}
