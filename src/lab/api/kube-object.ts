import { isObject, type Json, type JsonObject, stringAt } from './json.ts';
import { badRequest } from './status-error.ts';

/** @see Kubernetes API meta/v1 ObjectMeta */
export interface Metadata extends JsonObject {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly JsonObject[];
  readonly managedFields?: readonly JsonObject[];
}

/** Any object of any kind. Stored objects are shared: never change one. */
export interface KubeObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

export function nameOf(object: KubeObject): string {
  return object.metadata.name ?? '';
}

export function namespaceOf(object: KubeObject): string {
  return object.metadata.namespace ?? '';
}

/** `namespace/name`, or `name` of an object without namespace. Storage lists in the order of these. */
export function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

const TEXT_MEMBERS = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'selfLink'];
const TIME_MEMBERS = ['creationTimestamp', 'deletionTimestamp'];
const KNOWN_MEMBERS = [
  ...TEXT_MEMBERS,
  ...TIME_MEMBERS,
  'generation',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'managedFields',
];

/** The object of a request body, its metadata checked and unknown members of it dropped. @throws StatusError 400 */
export function decodeObject(
  body: Json | undefined,
  expected: { readonly apiVersion: string; readonly kind: string },
): KubeObject {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind})`);
  const apiVersion = stringAt(body, 'apiVersion') ?? expected.apiVersion;
  const kind = stringAt(body, 'kind') ?? expected.kind;
  if (kind !== expected.kind)
    throw badRequest(`${kind} in version "${apiVersion}" cannot be handled as a ${expected.kind}`);
  if (apiVersion !== expected.apiVersion) {
    const why = `does not match the expected API version (${expected.apiVersion})`;
    throw badRequest(`the API version in the data (${apiVersion}) ${why}`);
  }
  return { ...body, apiVersion, kind, metadata: decodeMetadata(body.metadata, kind) };
}

function decodeMetadata(value: Json | undefined, kind: string): Metadata {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw wrongType(kind, 'metadata', 'v1.ObjectMeta');
  const metadata: Record<string, Json> = {};
  for (const member of KNOWN_MEMBERS) {
    const item = value[member];
    if (item === undefined || item === null || item === '') continue;
    checkMember(member, item, kind);
    if (typeof item === 'object' && Object.keys(item).length === 0) continue;
    metadata[member] = item;
  }
  // Each member was checked above: here unknown JSON becomes a Metadata, as a branded value is made by its parser.
  return metadata as Metadata;
}

function checkMember(member: string, item: Json, kind: string): void {
  const path = `metadata.${member}`;
  if (TEXT_MEMBERS.includes(member) || TIME_MEMBERS.includes(member)) {
    if (typeof item !== 'string') throw wrongType(kind, path, 'string');
    if (TIME_MEMBERS.includes(member) && Number.isNaN(Date.parse(item))) throw wrongType(kind, path, 'v1.Time');
  } else if (member === 'labels' || member === 'annotations') {
    if (!isObject(item)) throw wrongType(kind, path, 'map[string]string');
    for (const text of Object.values(item)) if (typeof text !== 'string') throw wrongType(kind, path, 'string');
  } else if (member === 'generation' || member === 'deletionGracePeriodSeconds') {
    if (typeof item !== 'number') throw wrongType(kind, path, 'int64');
  } else if (!Array.isArray(item)) {
    throw wrongType(kind, path, 'slice');
  } else if (member === 'finalizers') {
    for (const text of item) if (typeof text !== 'string') throw wrongType(kind, path, 'string');
  }
}

function wrongType(kind: string, path: string, goType: string): Error {
  return badRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal into Go struct field ObjectMeta.${path} of type ${goType}`,
  );
}
