import {
  arrayAt,
  deepEqual,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
} from '../json.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import { matchesFormat } from './formats.ts';
import { type Schema, schemaOf } from './structural.ts';

/**
 * What a value does that its schema does not allow, in the words of the real server. `before` is the stored value of an
 * update: what was wrong already and did not change is let through (KEP-4008 "CRD validation ratcheting").
 */
export function schemaErrors(value: Json, schema: Schema, path: string, before?: Json): FieldError[] {
  if (value === null && schema.nullable === true) return [];
  if (before !== undefined && deepEqual(value, before)) return [];
  const wrongType = typeError(value, schema, path);
  if (wrongType !== undefined) return [wrongType];
  return [
    ...enumErrors(value, schema, path),
    ...(typeof value === 'string' ? textErrors(value, schema, path) : []),
    ...(typeof value === 'number' ? numberErrors(value, schema, path) : []),
    ...(isArray(value) ? listErrors(value, schema, path) : []),
    ...(isObject(value) ? objectErrors(value, schema, { path, before }) : []),
    ...combinationErrors(value, schema, path),
  ];
}

function typeError(value: Json, schema: Schema, path: string): FieldError | undefined {
  const found = typeOf(value);
  if (schema['x-kubernetes-int-or-string'] === true) {
    return found === 'integer' || found === 'string'
      ? undefined
      : wrongTypeOf(path, { wanted: 'integer,string', found });
  }
  const wanted = stringAt(schema, 'type') ?? '';
  if (wanted === '' || wanted === found || (wanted === 'number' && found === 'integer')) return undefined;
  return wrongTypeOf(path, { wanted, found });
}

function wrongTypeOf(path: string, { wanted, found }: { readonly wanted: string; readonly found: string }): FieldError {
  return {
    reason: 'FieldValueTypeInvalid',
    field: path,
    message: `Invalid value: "${found}": ${path} in body must be of type ${wanted}: "${found}"`,
  };
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function enumErrors(value: Json, schema: Schema, path: string): FieldError[] {
  const allowed = arrayAt(schema, 'enum');
  if (allowed.length === 0 || allowed.some((item) => deepEqual(item, value))) return [];
  return [fieldErrors.notSupported(path, value, allowed.map(String))];
}

/** The first thing that is wrong with a text. */
function textErrors(value: string, schema: Schema, path: string): FieldError[] {
  const invalid = (why: string): FieldError[] => [fieldErrors.invalid(path, value, `${path} in body ${why}`)];
  const length = [...value].length;
  const longest = numberAt(schema, 'maxLength');
  const shortest = numberAt(schema, 'minLength') ?? 0;
  const pattern = stringAt(schema, 'pattern');
  const format = stringAt(schema, 'format');
  if (longest !== undefined && length > longest) {
    const message = `Too long: may not be more than ${longest} bytes`;
    return [{ reason: 'FieldValueTooLong', field: path, message }];
  }
  if (length < shortest) return invalid(`should be at least ${shortest} chars long`);
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return invalid(`should match '${pattern}'`);
  if (format === undefined || matchesFormat(value, format)) return [];
  const shown = JSON.stringify(value);
  const message = `Invalid value: ${shown}: ${path} in body must be of type ${format}: ${shown}`;
  return [{ reason: 'FieldValueTypeInvalid', field: path, message }];
}

function numberErrors(value: number, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (why: string): void => void errors.push(fieldErrors.invalid(path, value, `${path} in body ${why}`));
  const smallest = numberAt(schema, 'minimum');
  const largest = numberAt(schema, 'maximum');
  const step = numberAt(schema, 'multipleOf');
  const aboveOnly = schema.exclusiveMinimum === true;
  const belowOnly = schema.exclusiveMaximum === true;
  if (largest !== undefined && (belowOnly ? value >= largest : value > largest)) {
    invalid(`should be less than ${belowOnly ? '' : 'or equal to '}${largest}`);
  }
  if (smallest !== undefined && (aboveOnly ? value <= smallest : value < smallest)) {
    invalid(`should be greater than ${aboveOnly ? '' : 'or equal to '}${smallest}`);
  }
  if (step !== undefined && value % step !== 0) invalid(`should be a multiple of ${step}`);
  const format = stringAt(schema, 'format');
  if (format === 'int32' && Math.abs(value) > 2 ** 31) invalid(`must be of type int32: "${value}"`);
  return errors;
}

function listErrors(value: readonly Json[], schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const most = numberAt(schema, 'maxItems');
  const fewest = numberAt(schema, 'minItems') ?? 0;
  if (most !== undefined && value.length > most) {
    const message = `Too many: ${value.length}: must have at most ${most} items`;
    errors.push({ reason: 'FieldValueTooMany', field: path, message });
  }
  if (value.length < fewest) {
    errors.push(fieldErrors.invalid(path, value.length, `${path} in body should have at least ${fewest} items`));
  }
  const items = objectAt(schema, 'items');
  if (items !== undefined) {
    for (const [at, item] of value.entries()) errors.push(...schemaErrors(item, items, `${path}[${at}]`));
  }
  return [...errors, ...duplicateErrors(value, schema, path)];
}

function duplicateErrors(value: readonly Json[], schema: Schema, path: string): FieldError[] {
  const kind = stringAt(schema, 'x-kubernetes-list-type');
  if (kind !== 'set' && kind !== 'map') return [];
  const keys = stringsAt(schema, 'x-kubernetes-list-map-keys');
  const identity = (item: Json): Json =>
    kind === 'set' || !isObject(item) ? item : Object.fromEntries(keys.map((key) => [key, item[key] ?? null]));
  return value.flatMap((item, at) => {
    const id = identity(item);
    const earlier = value.slice(0, at).some((other) => deepEqual(identity(other), id));
    return earlier ? [fieldErrors.duplicate(`${path}[${at}]`, id)] : [];
  });
}

function objectErrors(
  value: JsonObject,
  schema: Schema,
  { path, before }: { readonly path: string; readonly before: Json | undefined },
): FieldError[] {
  const errors: FieldError[] = [];
  for (const member of stringsAt(schema, 'required')) {
    if (value[member] === undefined) errors.push(fieldErrors.required(under(path, member), ''));
  }
  const count = Object.keys(value).length;
  const most = numberAt(schema, 'maxProperties');
  if (most !== undefined && count > most) {
    const message = `Too many: ${count}: must have at most ${most} items`;
    errors.push({ reason: 'FieldValueTooMany', field: path, message });
  }
  const fewest = numberAt(schema, 'minProperties') ?? 0;
  if (count < fewest) {
    errors.push(fieldErrors.invalid(path, count, `${path} in body should have at least ${fewest} properties`));
  }
  for (const [member, item] of Object.entries(value)) {
    const below = schemaOf(schema, member);
    if (item === undefined || below === undefined) continue;
    errors.push(...schemaErrors(item, below, under(path, member), isObject(before) ? before[member] : undefined));
  }
  return errors;
}

function combinationErrors(value: Json, schema: Schema, path: string): FieldError[] {
  const fits = (alternative: Json): boolean =>
    isObject(alternative) && schemaErrors(value, alternative, path).length === 0;
  const errors: FieldError[] = arrayAt(schema, 'allOf').flatMap((part) =>
    isObject(part) ? schemaErrors(value, part, path) : [],
  );
  // The real server says `<nil>` where it cannot name the field.
  const invalid = (why: string): void =>
    void errors.push(fieldErrors.invalid('<nil>', '', `${JSON.stringify(path)} must ${why}`));
  const any = arrayAt(schema, 'anyOf');
  if (any.length > 0 && !any.some(fits)) invalid('validate at least one schema (anyOf)');
  const one = arrayAt(schema, 'oneOf');
  const fitting = one.filter(fits).length;
  if (one.length > 0 && fitting !== 1) {
    const found = fitting === 0 ? 'Found none valid' : `Found ${fitting} valid alternatives`;
    invalid(`validate one and only one schema (oneOf). ${found}`);
  }
  const not = objectAt(schema, 'not');
  if (not !== undefined && fits(not)) invalid('not validate the schema (not)');
  return errors;
}

export function under(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`;
}
