/** A value of RFC 8259. An absent member may be spelled `undefined`: it is never written out. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json | undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value under a path of member names; undefined where the path ends early. */
export function valueAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current = value;
  for (const member of path) {
    if (!isObject(current)) return undefined;
    current = current[member];
  }
  return current;
}

export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject | undefined {
  const found = valueAt(value, ...path);
  return isObject(found) ? found : undefined;
}

export function arrayAt(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = valueAt(value, ...path);
  return isArray(found) ? found : [];
}

export function stringAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: Json | undefined, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function booleanAt(value: Json | undefined, ...path: readonly string[]): boolean | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'boolean' ? found : undefined;
}

/** The strings of an array; what is not a string is left out. */
export function stringsAt(value: Json | undefined, ...path: readonly string[]): string[] {
  return arrayAt(value, ...path).filter((item) => typeof item === 'string');
}

/** The members of a map of strings; other members are left out. */
export function stringMapAt(value: Json | undefined, ...path: readonly string[]): Record<string, string> {
  const entries = Object.entries(objectAt(value, ...path) ?? {});
  return Object.fromEntries(entries.flatMap(([name, item]) => (typeof item === 'string' ? [[name, item]] : [])));
}

/** Equality of values; a member that is undefined equals an absent one. Member order does not count. */
export function deepEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, at) => deepEqual(item, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const name of names) if (!deepEqual(a[name], b[name])) return false;
  return true;
}

/** A deep copy without undefined members. */
export function compact(value: Json): Json {
  if (isArray(value)) return value.map(compact);
  return isObject(value) ? compactObject(value) : value;
}

export function compactObject(object: JsonObject): JsonObject {
  const copy: Record<string, Json> = {};
  for (const [member, value] of Object.entries(object)) if (value !== undefined) define(copy, member, compact(value));
  return copy;
}

/** Sets an own member even when it is called `__proto__`. */
export function define(target: Record<string, Json>, member: string, value: Json): void {
  if (member === '__proto__') Object.defineProperty(target, member, { value, enumerable: true, configurable: true });
  else target[member] = value;
}

/** The parsed text. @throws SyntaxError when it is not JSON. */
export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}
