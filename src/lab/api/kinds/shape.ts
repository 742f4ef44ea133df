import { define, isArray, isObject, type Json } from '../json.ts';

/**
 * The form of a built-in type, as the real server decodes it: a value of another type is refused, unknown members are
 * dropped, and a member that is empty is left out where Go leaves it out (`omitempty`).
 */
export type Shape = (value: Json, path: string) => Json | undefined;

/** A value that a built-in type cannot hold. Becomes 400 for a whole object, 422 for a patch. */
export class ShapeError extends Error {}

function wrong(value: Json, path: string, goType: string): ShapeError {
  const found = isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return new ShapeError(`json: cannot unmarshal ${found} into Go struct field ${path} of type ${goType}`);
}

/** Text that is left out when it is empty. */
export const text: Shape = (value, path) => optionalText(value, path) || undefined;

/** Text behind a pointer: an empty one stays. */
export const optionalText = (value: Json, path: string): string => {
  if (typeof value !== 'string') throw wrong(value, path, 'string');
  return value;
};

/** A whole number behind a pointer: 0 stays. */
export const optionalInteger: Shape = (value, path) => {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(value, path, 'int32');
  return value;
};

/** A whole number that is left out when it is 0. */
export const integer: Shape = (value, path) => optionalInteger(value, path) || undefined;

export const optionalBoolean: Shape = (value, path) => {
  if (typeof value !== 'boolean') throw wrong(value, path, 'bool');
  return value;
};

export const boolean: Shape = (value, path) => optionalBoolean(value, path) || undefined;

export const integerOrText: Shape = (value, path) => {
  if (typeof value === 'string') return value;
  return optionalInteger(value, path);
};

/** RFC 3339 in whole seconds. */
export const time: Shape = (value, path) => {
  const at = Date.parse(optionalText(value, path));
  if (Number.isNaN(at)) throw new ShapeError(`parsing time ${JSON.stringify(value)}`);
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
};

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 with exactly six decimals: the real server refuses any other. */
export const microTime: Shape = (value, path) => {
  const written = optionalText(value, path);
  if (!MICRO_TIME.test(written)) {
    throw new ShapeError(`parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00"`);
  }
  return written;
};

const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const base64: Shape = (value, path) => {
  const written = optionalText(value, path);
  if (!BASE64.test(written)) throw new ShapeError('illegal base64 data');
  return written;
};

export const anything: Shape = (value) => value;

/** A list that is left out when it is empty. */
export function list(item: Shape): Shape {
  const all = everyItem(item);
  return (value, path) => {
    const items = all(value, path);
    return isArray(items) && items.length > 0 ? items : undefined;
  };
}

/** A list that stays when it is empty. */
export function everyItem(item: Shape): Shape {
  return (value, path) => {
    if (!isArray(value)) throw wrong(value, path, '[]');
    return value.map((one) => item(one, path) ?? null);
  };
}

/** A map that is left out when it is empty. */
export function map(item: Shape): Shape {
  return (value, path) => {
    if (!isObject(value)) throw wrong(value, path, 'map[string]');
    const members = Object.entries(value).filter(([, one]) => one !== undefined);
    if (members.length === 0) return undefined;
    const decoded: Record<string, Json> = {};
    for (const [name, one] of members) define(decoded, name, item(one ?? null, path) ?? '');
    return decoded;
  };
}

/** An object; `always` are the members that are written even when the client left them out, with their empty value. */
export function struct(members: Readonly<Record<string, Shape>>, always: Readonly<Record<string, Json>> = {}): Shape {
  const shapes = Object.entries(members);
  return (value, path) => {
    if (!isObject(value)) throw wrong(value, path, 'struct');
    const decoded: Record<string, Json> = {};
    for (const [name, shape] of shapes) {
      const sent = value[name];
      const kept =
        sent === undefined || sent === null ? undefined : shape(sent, path === '' ? name : `${path}.${name}`);
      if (kept !== undefined) decoded[name] = kept;
      else if (always[name] !== undefined) decoded[name] = always[name];
    }
    return decoded;
  };
}
