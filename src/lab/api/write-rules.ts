import { compactObject, deepEqual, type JsonObject } from './json.ts';
import { type KubeObject, type Metadata, nameOf, namespaceOf } from './kube-object.ts';
import type { Resource, Target, WriteScope } from './resource.ts';
import {
  badRequest,
  conflict,
  fieldErrors,
  forbidden,
  invalid,
  MODIFIED,
  notFound,
  StatusError,
} from './status-error.ts';

/** What a client says the object is like now; anything else is a conflict. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** A new object goes into a namespace that exists and stays. @throws StatusError 400, 403, 404 */
export function checkNamespace(
  target: Omit<Target, 'name'>,
  sent: KubeObject,
  namespaceNamed: (name: string) => KubeObject | undefined,
): void {
  const { resource, namespace } = target;
  const named = sent.metadata.namespace;
  if (named !== undefined && named !== namespace) throw badRequest(NAMESPACE_MISMATCH);
  if (!resource.namespaced) return;
  const owner = namespaceNamed(namespace);
  if (owner === undefined) throw notFound({ group: '', resource: 'namespaces', kind: 'Namespace' }, namespace);
  if (owner.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { message, details } = forbidden(resource, sent.metadata.name ?? '', why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new StatusError({ code: 403, reason: 'Forbidden', message, details: { ...details, causes: [cause] } });
}

const NAMESPACE_MISMATCH = 'the namespace of the provided object does not match the namespace sent on the request';

/** The object of an update is the one of the URL, in the state that the client saw. @throws StatusError 400, 409, 422 */
export function checkIdentity(target: Target, sent: KubeObject, stored: KubeObject): void {
  const { resource, name, namespace } = target;
  const named = sent.metadata;
  if (named.name !== undefined && named.name !== name) {
    throw badRequest(`the name of the object (${named.name}) does not match the name on the URL (${name})`);
  }
  if (named.namespace !== undefined && resource.namespaced && named.namespace !== namespace) {
    throw badRequest(NAMESPACE_MISMATCH);
  }
  if (named.resourceVersion === undefined && !resource.strategy.unconditionalUpdate) {
    const error = fieldErrors.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    // The real server names the plural here, not the kind.
    throw invalid({ ...resource, kind: resource.resource }, name, [error]);
  }
  if (named.resourceVersion !== undefined && !/^\d+$/.test(named.resourceVersion)) {
    const message = `strconv.ParseUint: parsing ${JSON.stringify(named.resourceVersion)}: invalid syntax`;
    throw new StatusError({ code: 500, reason: '', message });
  }
  if (named.resourceVersion !== undefined && named.resourceVersion !== stored.metadata.resourceVersion) {
    throw conflict(resource, name, MODIFIED);
  }
}

/** @throws StatusError 409 */
export function checkPreconditions(target: Target, stored: KubeObject, wanted: Preconditions): void {
  const { uid = '', resourceVersion = '' } = stored.metadata;
  const { kind, group } = target.resource;
  const subject = { kind, group, resource: kind };
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    const why = `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, target.name, why);
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(subject, target.name, why);
  }
}

/** What a client may leave out of an update, and what it cannot change, is taken from the stored object. */
export function inherit(sent: KubeObject, stored: KubeObject, resource: Resource): KubeObject {
  const kept = stored.metadata;
  const { generation: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, ...own } = sent.metadata;
  const metadata: Metadata = {
    ...own,
    name: nameOf(stored),
    ...(resource.namespaced ? { namespace: namespaceOf(stored) } : {}),
    uid: own.uid ?? kept.uid ?? '',
    resourceVersion: kept.resourceVersion ?? '',
    creationTimestamp: kept.creationTimestamp ?? '',
    ...(kept.generation === undefined ? {} : { generation: kept.generation }),
    ...(kept.deletionTimestamp === undefined ? {} : { deletionTimestamp: kept.deletionTimestamp }),
    ...(kept.deletionGracePeriodSeconds === undefined
      ? {}
      : { deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds }),
  };
  return { ...sent, metadata };
}

/** A write of the main resource keeps the stored status; a write of `/status` keeps all but status and metadata. */
export function withinScope(
  next: KubeObject,
  stored: KubeObject,
  { scope, resource }: { readonly scope: WriteScope; readonly resource: Resource },
): KubeObject {
  if (!resource.status) return next;
  if (scope === 'main') return { ...next, status: stored.status };
  return {
    ...stored,
    metadata: resource.strategy.statusKeepsMetadata ? stored.metadata : next.metadata,
    status: next.status,
  };
}

/** The object with its generation counted up when more than metadata (and status) changed. */
export function counted(next: KubeObject, stored: KubeObject, resource: Resource): KubeObject {
  const clean = compactKube(next);
  const generation = stored.metadata.generation;
  if (!resource.strategy.generation || generation === undefined) return clean;
  const inMetadata = resource.strategy.generationCountsMetadata;
  const content = (object: KubeObject): JsonObject => ({
    ...object,
    metadata: inMetadata ? { labels: object.metadata.labels, annotations: object.metadata.annotations } : undefined,
    ...(resource.status ? { status: undefined } : {}),
  });
  if (deepEqual(content(clean), content(stored))) return clean;
  return { ...clean, metadata: { ...clean.metadata, generation: generation + 1 } };
}

/** Nothing holds the object any more: it goes with this update. */
export function isReleased(next: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = next.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0;
}

/** Without undefined members, and in the order in which the real server writes members. */
export function compactKube(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  return { kind, apiVersion, metadata: compactObject(metadata), ...compactObject(rest) };
}
