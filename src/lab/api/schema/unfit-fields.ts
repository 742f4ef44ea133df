import { isArray, isObject, type Json, objectAt, stringAt } from '../json.ts';
import { type Schema, schemaOf } from './structural.ts';

/** Fields of a value that its schema does not have, or has of another type: a server-side apply refuses them. */
export function unfitFields(value: Json, schema: Schema, path: string): string[] {
  if (value === null) return [];
  const wanted = stringAt(schema, 'type') ?? '';
  const fits = wanted === '' || isOfType(value, wanted);
  if (!fits) return [`${path}: expected ${wanted}, got ${isArray(value) ? 'list' : typeof value}`];
  if (isArray(value)) {
    const items = objectAt(schema, 'items');
    return items === undefined ? [] : value.flatMap((item, at) => unfitFields(item, items, `${path}[${at}]`));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([member, item]) => {
    if (path === '' && (member === 'apiVersion' || member === 'kind')) return [];
    const below = schemaOf(schema, member);
    if (below !== undefined && item !== undefined) return unfitFields(item, below, `${path}.${member}`);
    const known = schema['x-kubernetes-preserve-unknown-fields'] === true || item === undefined;
    return known ? [] : [`${path}.${member}: field not declared in schema`];
  });
}

function isOfType(value: Json, wanted: string): boolean {
  switch (wanted) {
    case 'array':
      return isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
    case 'number':
      return typeof value === 'number';
    default:
      return typeof value === wanted;
  }
}
