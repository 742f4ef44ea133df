import { isObject, numberAt, parseJson, stringAt } from '../json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../kube-object.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { badRequest, expired, fieldErrors, invalid, StatusError } from '../status-error.ts';
import type { Collection } from '../store/collection.ts';
import { fieldFilter, labelFilter, type ObjectFilter } from '../store/selectors.ts';
import { asVersion } from '../writes.ts';

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

/** A resourceVersion parameter; undefined when absent. @throws StatusError 400 */
export function revisionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    throw badRequest(`invalid resource version "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  }
  return Number(text);
}

/** @throws StatusError 400, 410, 422, 504 */
export function listObjects(
  request: { readonly query: URLSearchParams; readonly namespace: string; readonly resource: Resource },
  storage: { readonly collection: Collection; readonly currentRevision: number },
): Listed {
  const { query, resource, namespace } = request;
  const filter = filterOf(query, resource);
  const token = query.get('continue') ?? '';
  const start = token === '' ? undefined : decodeContinue(token);
  const revision = start?.revision ?? exactRevision(query, storage.currentRevision);
  const stored = listAt(storage.collection, { revision, namespace, token });
  const limit = Number(query.get('limit') ?? 0);
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
function exactRevision(query: URLSearchParams, current: number): number | undefined {
  const revision = revisionOf(query);
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && revision === undefined) {
    const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    throw invalid({ group: 'meta.k8s.io', resource: 'listoptions', kind: 'ListOptions' }, '', [
      fieldErrors.forbidden('resourceVersionMatch', why),
    ]);
  }
  if (revision !== undefined && revision > current) throw tooLarge(revision, current);
  const limited = Number(query.get('limit') ?? 0) > 0 && match === '' && revision !== 0;
  return match === 'Exact' || limited ? revision : undefined;
}

export function tooLarge(revision: number, current: number): StatusError {
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
  throw badRequest('continue key is not valid: illegal base64 data or unknown version');
}

export function listMetadata(listed: Listed): string {
  return JSON.stringify({
    resourceVersion: listed.resourceVersion,
    ...(listed.continue === undefined ? {} : { continue: listed.continue }),
    ...(listed.remainingItemCount === undefined ? {} : { remainingItemCount: listed.remainingItemCount }),
  });
}

export function listHead(resource: Resource): string {
  return `"kind":${JSON.stringify(resource.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(resource))}`;
}
