import { isObject, type Json, type JsonObject, stringAt } from './json.ts';
import { anything, integer, list, map, optionalInteger, optionalText, struct, text, time } from './kinds/shape.ts';
import { badRequest, fieldErrors, invalid } from './status-error.ts';

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

/** The object of a request body, its metadata checked and unknown members of it dropped. @throws StatusError 400, ShapeError */
export function decodeObject(body: Json | undefined, expected: ExpectedType): KubeObject {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind})`);
  const { apiVersion, kind } = expected;
  const sent = { apiVersion: stringAt(body, 'apiVersion') ?? '', kind: stringAt(body, 'kind') ?? '' };
  if (expected.named && (sent.kind === '' || sent.apiVersion === '')) {
    const missing = sent.kind === '' ? "Object 'Kind' is missing" : "Object 'apiVersion' is missing";
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${missing}`);
  }
  if (sent.kind !== '' && sent.kind !== kind) throw wrongKind(body, sent.kind, expected);
  if (sent.apiVersion !== '' && sent.apiVersion !== apiVersion) {
    const why = `does not match the expected API version (${apiVersion})`;
    throw badRequest(`the API version in the data (${sent.apiVersion}) ${why}`);
  }
  return { ...body, apiVersion, kind, metadata: decodeMetadata(body.metadata) };
}

export interface ExpectedType {
  readonly apiVersion: string;
  readonly kind: string;
  /** Whether the body must name both itself: custom kinds. */
  readonly named: boolean;
}

function wrongKind(body: JsonObject, sent: string, { apiVersion, kind, named }: ExpectedType): Error {
  if (!named) return badRequest(`${sent} in version "${apiVersion}" cannot be handled as a ${kind}`);
  const group = apiVersion.split('/')[0] ?? '';
  const error = fieldErrors.invalid('kind', sent, `must be ${kind}`);
  return invalid({ group, resource: sent, kind: sent }, stringAt(body, 'metadata', 'name') ?? '', [error]);
}

const metadataShape = struct({
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: integer,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: optionalInteger,
  labels: map(optionalText),
  annotations: map(optionalText),
  ownerReferences: list(anything),
  finalizers: list(optionalText),
  managedFields: list(anything),
});

function decodeMetadata(value: Json | undefined): Metadata {
  // The shape was checked just here: unknown JSON becomes a Metadata, as a branded value is made by its parser.
  return value === undefined || value === null ? {} : (metadataShape(value, 'metadata') as Metadata);
}
