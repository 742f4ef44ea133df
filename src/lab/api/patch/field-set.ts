import { deepEqual, isArray, isObject, type Json, type JsonObject } from '../json.ts';
import type { ListTopology, Topology } from './list-topology.ts';

/**
 * Fields of an object, as a tree. Children are named as FieldsV1 names them: `f:name`, `k:{"port":80}` for the item of a list
 * with keys, `v:"text"` for the item of a set. @see Kubernetes API meta/v1 FieldsV1
 */
export interface FieldNode {
  /** Whether the field itself is in the set, beside what is below it. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldNode>;
  /** The value of a field that has nothing below it, where the tree was made from an object. */
  readonly value?: Json;
}

export const NO_FIELDS: FieldNode = { member: false, children: new Map() };

/**
 * All fields of a value. `containers`: maps and lists count as fields of their own beside what they hold, as in the count of
 * an update; what is applied is counted without them.
 */
export function fieldsOf(value: Json, how: FieldCount, path: readonly string[] = []): FieldNode {
  const { topology, containers } = how;
  if (isObject(value)) {
    const kind = topology.object(path);
    if (kind === 'atomic' || (Object.keys(value).length === 0 && path.length > 0)) return leaf(value);
    const children = new Map<string, FieldNode>();
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined) children.set(`f:${name}`, fieldsOf(member, how, [...path, name]));
    }
    return { member: containers && kind === 'map', children };
  }
  if (!isArray(value)) return leaf(value);
  const kind = topology.list(path);
  if (kind.kind === 'atomic' || value.length === 0) return leaf(value);
  const children = new Map<string, FieldNode>();
  for (const item of value) {
    const below = kind.kind === 'set' ? leaf(item) : { ...fieldsOf(item, how, [...path, '*']), member: true };
    children.set(itemName(item, kind), below);
  }
  return { member: containers, children };
}

export interface FieldCount {
  readonly topology: Topology;
  readonly containers: boolean;
}

/** How an item of a list with identity is called. */
export function itemName(item: Json, topology: ListTopology): string {
  if (topology.kind !== 'map' || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const keys = topology.keys.toSorted().map((key) => [key, item[key] ?? topology.defaults?.[key] ?? null]);
  return `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

function leaf(value: Json): FieldNode {
  return { member: true, children: new Map(), value };
}

export function isEmpty(set: FieldNode): boolean {
  return !set.member && set.children.size === 0;
}

export function union(a: FieldNode, b: FieldNode): FieldNode {
  const children = new Map(a.children);
  for (const [name, child] of b.children) children.set(name, union(children.get(name) ?? NO_FIELDS, child));
  return { member: a.member || b.member, children };
}

/** The fields of `a` that `takes` says yes to, given the node of the same field in `b`. */
function filtered(a: FieldNode, b: FieldNode, takes: (a: FieldNode, b: FieldNode) => boolean): FieldNode {
  const children = new Map<string, FieldNode>();
  for (const [name, child] of a.children) {
    const kept = filtered(child, b.children.get(name) ?? NO_FIELDS, takes);
    if (!isEmpty(kept)) children.set(name, kept);
  }
  const { value } = a;
  const member = a.member && takes(a, b);
  return { member, children, ...(value === undefined ? {} : { value }) };
}

export function difference(a: FieldNode, b: FieldNode): FieldNode {
  return filtered(a, b, (_, other) => !other.member);
}

export function intersection(a: FieldNode, b: FieldNode): FieldNode {
  return filtered(a, b, (_, other) => other.member);
}

/** The fields of `next` that `before` lacks or has with another value. */
export function changed(next: FieldNode, before: FieldNode): FieldNode {
  return filtered(next, before, (now, old) => {
    if (!old.member) return true;
    const isLeaf = now.children.size === 0 && old.children.size === 0;
    return isLeaf && !deepEqual(now.value, old.value);
  });
}

/** The names of all fields in a set, as refusals write them: `.spec.ports[port=80]`. */
export function pathsOf(set: FieldNode, prefix = ''): string[] {
  const own = set.member && prefix !== '' && set.children.size === 0 ? [prefix] : [];
  return [...own, ...[...set.children].flatMap(([name, child]) => pathsOf(child, `${prefix}${shown(name)}`))];
}

function shown(name: string): string {
  const rest = name.slice(2);
  if (name.startsWith('f:')) return `.${rest}`;
  if (name.startsWith('v:')) return `[=${rest}]`;
  const parsed: JsonObject = JSON.parse(rest);
  return `[${Object.entries(parsed)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

/** @see Kubernetes API meta/v1 FieldsV1 */
export function encodeFields(set: FieldNode): JsonObject {
  const members = [...set.children].map(([name, child]): [string, Json] => [name, encodeFields(child)]);
  const own: [string, Json][] = set.member && members.length > 0 ? [['.', {}]] : [];
  return Object.fromEntries([...own, ...members]);
}

export function decodeFields(fields: Json | undefined): FieldNode {
  return { ...decodeNode(isObject(fields) ? fields : {}), member: false };
}

function decodeNode(fields: JsonObject): FieldNode {
  const names = Object.keys(fields).filter((name) => name !== '.');
  const children = names.map((name): [string, FieldNode] => {
    const below = fields[name];
    return [name, decodeNode(isObject(below) ? below : {})];
  });
  return { member: fields['.'] !== undefined || names.length === 0, children: new Map(children) };
}
