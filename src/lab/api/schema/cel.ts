import { isIP } from 'node:net';
import { Environment } from '@marcbachmann/cel-js';
import { arrayAt, deepEqual, isArray, isObject, type Json, type JsonObject, objectAt, stringAt } from '../json.ts';
import type { FieldError } from '../status-error.ts';
import { isCidr } from './formats.ts';
import { type Schema, schemaOf } from './structural.ts';
import { under } from './validate.ts';

/** What the real server adds to CEL, as far as our CRDs use it. @see Kubernetes "CEL in Kubernetes" */
const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })
  .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0 && !text.includes('%'))
  .registerFunction('isCIDR(string): bool', (text: string) => isCidr(text));

type Program = (context: Readonly<Record<string, unknown>>) => unknown;

interface Rule {
  readonly holds: Program;
  readonly isTransition: boolean;
  readonly message: string;
  readonly messageOf: Program | undefined;
  readonly reason: string;
  readonly fieldPath: string;
}

/** BOUNDED: by the schemas that are served; an entry lives as long as its schema. */
const compiled = new WeakMap<Schema, readonly Rule[]>();

/** Which `x-kubernetes-validations` of a schema a value breaks. `before` is the stored value of an update. */
export function celErrors(
  values: { readonly value: Json; readonly before: Json | undefined },
  schema: Schema,
  path: string,
): FieldError[] {
  // What did not change since it was stored is let through, but for rules about the change itself.
  const unchanged = values.before !== undefined && deepEqual(values.before, values.value);
  const rules = rulesOf(schema).filter((rule) => rule.isTransition || !unchanged);
  const errors = rules.flatMap((rule) => ruleErrors(rule, values, { schema, path }));
  return [...errors, ...errorsBelow(values, schema, path)];
}

/** Whether a schema has rules anywhere. */
export function hasRules(schema: Schema): boolean {
  return JSON.stringify(schema).includes('"x-kubernetes-validations":[{');
}

/** Compiles all rules of a schema. @throws Error that says which rule is no CEL */
export function compileRules(schema: Schema): void {
  rulesOf(schema);
  for (const below of Object.values(objectAt(schema, 'properties') ?? {})) if (isObject(below)) compileRules(below);
  for (const member of ['items', 'additionalProperties']) {
    const below = objectAt(schema, member);
    if (below !== undefined) compileRules(below);
  }
}

function rulesOf(schema: Schema): readonly Rule[] {
  let rules = compiled.get(schema);
  if (rules === undefined) {
    rules = arrayAt(schema, 'x-kubernetes-validations').filter(isObject).map(compile);
    compiled.set(schema, rules);
  }
  return rules;
}

function compile(rule: JsonObject): Rule {
  const expression = stringAt(rule, 'rule') ?? '';
  const messageExpression = stringAt(rule, 'messageExpression');
  return {
    holds: environment.parse(expression),
    isTransition: /\boldSelf\b/.test(expression) && rule.optionalOldSelf !== true,
    message: stringAt(rule, 'message') ?? `failed rule: ${expression.trim()}`,
    messageOf: messageExpression === undefined ? undefined : environment.parse(messageExpression),
    reason: stringAt(rule, 'reason') ?? 'FieldValueInvalid',
    fieldPath: stringAt(rule, 'fieldPath') ?? '',
  };
}

function ruleErrors(
  rule: Rule,
  { value, before }: { readonly value: Json; readonly before: Json | undefined },
  { schema, path }: { readonly schema: Schema; readonly path: string },
): FieldError[] {
  if (rule.isTransition && before === undefined) return [];
  const context = {
    self: typed(value, schema),
    ...(before === undefined ? {} : { oldSelf: typed(before, schema) }),
  };
  try {
    if (rule.holds(context) === true) return [];
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [broken(rule, { value, path, message: `rule evaluation error: ${why}` })];
  }
  return [broken(rule, { value, path, message: messageFor(rule, context) })];
}

function messageFor(rule: Rule, context: Readonly<Record<string, unknown>>): string {
  try {
    const message = rule.messageOf?.(context);
    return typeof message === 'string' && message.trim() !== '' ? message : rule.message;
  } catch {
    return rule.message;
  }
}

function broken(
  rule: Rule,
  { value, path, message }: { readonly value: Json; readonly path: string; readonly message: string },
): FieldError {
  const field = `${path}${rule.fieldPath}`;
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${message}` };
    case 'FieldValueRequired':
      return { reason: 'FieldValueRequired', field, message: `Required value: ${message}` };
    case 'FieldValueDuplicate':
      return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` };
    default:
      return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown(value)}: ${message}` };
  }
}

/** The real server names the type of a value that breaks a rule, never the value. */
function shown(value: Json): string {
  if (isArray(value)) return '"array"';
  if (typeof value === 'number') return Number.isInteger(value) ? '"integer"' : '"number"';
  return JSON.stringify(value === null ? 'null' : typeof value);
}

function errorsBelow(
  { value, before }: { readonly value: Json; readonly before: Json | undefined },
  schema: Schema,
  path: string,
): FieldError[] {
  if (isArray(value)) {
    const items = objectAt(schema, 'items');
    if (items === undefined) return [];
    // Items have no identity of their own here: transition rules inside lists are not followed.
    return value.flatMap((item, at) => celErrors({ value: item, before: undefined }, items, `${path}[${at}]`));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([member, item]) => {
    const below = schemaOf(schema, member);
    if (below === undefined || item === undefined) return [];
    const old = isObject(before) ? before[member] : undefined;
    return celErrors({ value: item, before: old }, below, under(path, member));
  });
}

/** The value as CEL sees it: integers are not doubles. */
function typed(value: Json, schema: Schema | undefined): unknown {
  if (isArray(value)) return value.map((item) => typed(item, objectAt(schema, 'items')));
  if (isObject(value)) {
    const members = Object.entries(value).map(([member, item]) => [
      member,
      typed(item ?? null, schema === undefined ? undefined : schemaOf(schema, member)),
    ]);
    return Object.fromEntries(members);
  }
  const whole = schema?.type === 'integer' || schema?.['x-kubernetes-int-or-string'] === true;
  return typeof value === 'number' && whole ? BigInt(value) : value;
}
