import { booleanAt, define, isArray, isObject, type Json, type JsonObject, objectAt } from '../json.ts';

/** A structural schema of a custom kind. @see Kubernetes "Specifying a structural schema" */
export type Schema = JsonObject;

const OBJECT_MEMBERS = ['apiVersion', 'kind', 'metadata'];

/** The value without members that the schema does not know, and with its defaults. The root is a whole object. */
export function pruneAndDefault(value: Json, schema: Schema, isRoot: boolean): Json {
  if (isArray(value)) {
    const items = objectAt(schema, 'items');
    return items === undefined ? value : value.map((item) => pruneAndDefault(item, items, false));
  }
  if (!isObject(value)) return value;
  const kept: Record<string, Json> = {};
  const whole = isRoot || booleanAt(schema, 'x-kubernetes-embedded-resource') === true;
  for (const [member, item] of Object.entries(value)) {
    const below = schemaOf(schema, member);
    if (item === undefined || isMeaninglessNull(item, below)) continue;
    if (whole && OBJECT_MEMBERS.includes(member)) define(kept, member, item);
    else if (below !== undefined) define(kept, member, pruneAndDefault(item, below, false));
    else if (keepsUnknown(schema)) define(kept, member, item);
  }
  for (const [member, property] of Object.entries(objectAt(schema, 'properties') ?? {})) {
    const fallback = isObject(property) ? property.default : undefined;
    if (fallback === undefined || kept[member] !== undefined || !isObject(property)) continue;
    kept[member] = pruneAndDefault(fallback, property, false);
  }
  return kept;
}

/** The schema of a member: by name, or that of all other members. */
export function schemaOf(schema: Schema, member: string): Schema | undefined {
  const properties = objectAt(schema, 'properties');
  if (properties !== undefined && Object.hasOwn(properties, member)) return objectAt(properties, member);
  const others = schema.additionalProperties;
  if (others === true) return { 'x-kubernetes-preserve-unknown-fields': true };
  return isObject(others) ? others : undefined;
}

function keepsUnknown(schema: Schema): boolean {
  return booleanAt(schema, 'x-kubernetes-preserve-unknown-fields') === true;
}

/** A null where the schema has no null means that the member is absent. */
function isMeaninglessNull(item: Json, schema: Schema | undefined): boolean {
  return item === null && schema !== undefined && schema.nullable !== true && typeof schema.type === 'string';
}
