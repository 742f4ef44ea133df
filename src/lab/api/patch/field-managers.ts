import { type JsonObject, stringAt } from '../json.ts';
import type { KubeObject, Metadata } from '../kube-object.ts';
import {
  changed,
  decodeFields,
  difference,
  encodeFields,
  type FieldCount,
  type FieldNode,
  fieldsOf,
  isEmpty,
  NO_FIELDS,
  union,
} from './field-set.ts';
import type { Topology } from './list-topology.ts';

/** Who writes: one entry of managedFields. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339 */
  readonly time: string;
}

/** An entry of managedFields with its fields as a tree. */
export interface Managed {
  readonly entry: JsonObject;
  readonly fields: FieldNode;
}

const SERVER_MEMBERS = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
];

/** The fields of an object that somebody can own. */
export function ownedFieldsOf(object: KubeObject, how: FieldCount): FieldNode {
  const { apiVersion: _, kind: __, metadata, ...content } = object;
  const own = Object.entries(metadata).filter(([member]) => !SERVER_MEMBERS.includes(member));
  const rest: JsonObject = own.length === 0 ? content : { ...content, metadata: Object.fromEntries(own) };
  return { ...fieldsOf(rest, how), member: false };
}

export function managedIn(metadata: Metadata): Managed[] {
  return (metadata.managedFields ?? []).map((entry) => ({ entry, fields: decodeFields(entry.fieldsV1) }));
}

export function isOf(entry: JsonObject, writer: Writer): boolean {
  return (
    stringAt(entry, 'manager') === writer.manager &&
    stringAt(entry, 'operation') === writer.operation &&
    stringAt(entry, 'apiVersion') === writer.apiVersion &&
    (stringAt(entry, 'subresource') ?? '') === writer.subresource
  );
}

/** managedFields after a write that is no apply: who changes a field owns it, and nobody else does. */
export function afterUpdate(
  { next, previous }: { readonly next: KubeObject; readonly previous: KubeObject | undefined },
  writer: Writer,
  topology: Topology,
): readonly JsonObject[] {
  const how = { topology, containers: true };
  const now = ownedFieldsOf(next, how);
  const before = previous === undefined ? NO_FIELDS : ownedFieldsOf(previous, how);
  const touched = changed(now, before);
  const removed = difference(before, now);
  const lost = union(touched, removed);
  const managers = managedIn(previous?.metadata ?? {}).map((managed) => {
    const fields = isOf(managed.entry, writer) ? difference(managed.fields, removed) : difference(managed.fields, lost);
    return { ...managed, fields };
  });
  return withWriter(managers, writer, (own) => union(own, touched));
}

/** The entries with that of the writer changed; those that own nothing any more are left out. */
export function withWriter(
  managers: readonly Managed[],
  writer: Writer,
  change: (own: FieldNode) => FieldNode,
): readonly JsonObject[] {
  const own = managers.find(({ entry }) => isOf(entry, writer));
  const fields = change(own?.fields ?? NO_FIELDS);
  const others = managers.filter(({ entry }) => !isOf(entry, writer)).map(encoded);
  if (isEmpty(fields)) return others;
  const fieldsV1 = encodeFields(fields);
  const same = own !== undefined && JSON.stringify(fieldsV1) === JSON.stringify(own.entry.fieldsV1);
  const entry = same ? own.entry : entryOf(writer, fieldsV1);
  return [...others, entry].filter((one) => Object.keys(one).length > 0);
}

function encoded({ entry, fields }: Managed): JsonObject {
  return isEmpty(fields) ? {} : { ...entry, fieldsV1: encodeFields(fields) };
}

function entryOf(writer: Writer, fieldsV1: JsonObject): JsonObject {
  return {
    manager: writer.manager,
    operation: writer.operation,
    apiVersion: writer.apiVersion,
    time: writer.time,
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(writer.subresource === '' ? {} : { subresource: writer.subresource }),
  };
}
