import { isObject, type JsonObject, numberAt, parseJson, stringAt } from '../json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../kube-object.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { badRequest, expired, StatusError } from '../status-error.ts';
import type { Collection } from '../store/collection.ts';
import { fieldFilter, labelFilter, type ObjectFilter } from '../store/selectors.ts';
import { asVersion } from '../writes.ts';
import { type ListOptions, listOptions } from './list-options.ts';

/** The objects that a list request names. */
export interface Listed {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** The filter of labelSelector and fieldSelector. @throws StatusError 400 */
export function filterOf(query: URLSearchParams, resource: Resource): ObjectFilter {
  const labels = labelFilter(query.get('labelSelector') ?? '');
  const fields = fieldFilter(query.get('fieldSelector') ?? '', {
    'metadata.name': nameOf,
    ...(resource.namespaced || resource.group === '' ? { 'metadata.namespace': namespaceOf } : {}),
    ...resource.strategy.selectableFields,
  });
  return (object) => labels(object) && fields(object);
}

/** @throws StatusError 400, 410, 422, 504 */
export function listObjects(
  request: { readonly query: URLSearchParams; readonly namespace: string; readonly resource: Resource },
  storage: { readonly collection: Collection; readonly currentRevision: number },
): Listed {
  const { query, resource, namespace } = request;
  const filter = filterOf(query, resource);
  const options = listOptions(query, 'list');
  const token = options.continue;
  const start = token === '' ? undefined : decodeContinue(token);
  const revision = start?.revision ?? exactRevision(options, storage.currentRevision);
  const stored = listAt(storage.collection, { revision, namespace, token });
  // The real server answers "any revision" from its cache, which knows no limit.
  const limit = options.revision === 0 && token === '' ? 0 : options.limit;
  const matching = stored
    .filter((object) => start === undefined || keyOf(namespaceOf(object), nameOf(object)) > start.after)
    .map((object) => asVersion(object, resource))
    .filter(filter);
  const resourceVersion = String(revision ?? storage.currentRevision);
  if (!(limit > 0) || matching.length <= limit) return { items: matching, resourceVersion };
  const items = matching.slice(0, limit);
  const last = items.at(-1);
  const after = last === undefined ? '' : keyOf(namespaceOf(last), nameOf(last));
  const selective = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  return {
    items,
    resourceVersion,
    continue: encodeContinue({ revision: revision ?? storage.currentRevision, after }),
    ...(selective ? {} : { remainingItemCount: matching.length - limit }),
  };
}

function listAt(
  collection: Collection,
  at: { readonly revision: number | undefined; readonly namespace: string; readonly token: string },
): readonly KubeObject[] {
  if (at.revision === undefined) return collection.list(at.namespace);
  try {
    return collection.listAt(at.revision, at.namespace);
  } catch (error) {
    if (at.token === '' || !(error instanceof StatusError)) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
}

/** The revision to list at; undefined means now. */
function exactRevision({ revision, match, limit }: ListOptions, current: number): number | undefined {
  if (revision !== undefined && revision > current) throw tooLarge(revision, current);
  const exact = match === 'Exact' || (match === '' && limit > 0 && revision !== 0);
  return exact ? revision : undefined;
}

function tooLarge(revision: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}

interface ContinueAt {
  readonly revision: number;
  readonly after: string;
}

function encodeContinue(at: ContinueAt): string {
  const body = JSON.stringify({ v: 'meta.k8s.io/v1', rv: at.revision, start: at.after });
  return Buffer.from(body).toString('base64url');
}

function decodeContinue(token: string): ContinueAt {
  try {
    const body = parseJson(Buffer.from(token, 'base64url').toString('utf8'));
    const revision = numberAt(body, 'rv');
    const after = stringAt(body, 'start');
    if (isObject(body) && revision !== undefined && after !== undefined) return { revision, after };
  } catch {
    // Falls through: any token that is not ours is refused alike.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

export function listMetadata(listed: Listed): JsonObject {
  return {
    resourceVersion: listed.resourceVersion,
    ...(listed.continue === undefined ? {} : { continue: listed.continue }),
    ...(listed.remainingItemCount === undefined ? {} : { remainingItemCount: listed.remainingItemCount }),
  };
}

export function listHead(resource: Resource): string {
  return `"kind":${JSON.stringify(resource.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(resource))}`;
}
