import { type Json, stringAt } from '../json.ts';
import { ShapeError } from '../kinds/shape.ts';
import { decodeObject, type KubeObject } from '../kube-object.ts';
import type { Writer } from '../patch/field-managers.ts';
import { apiVersionOf, type Resource, type Target, type WriteScope } from '../resource.ts';
import { unfitFields } from '../schema/unfit-fields.ts';
import { badRequest, fieldErrors, invalid, StatusError } from '../status-error.ts';
import { timestamp } from '../writes.ts';

const PATCH_OPTIONS = { group: 'meta.k8s.io', resource: '', kind: 'PatchOptions' };

/** Who applies, and whether with force. @throws StatusError 422 without fieldManager */
export function applyRequest(
  query: URLSearchParams,
  { scope, now }: { readonly scope: WriteScope; readonly now: Date },
): Omit<Writer, 'apiVersion'> & { readonly force: boolean } {
  const manager = query.get('fieldManager') ?? '';
  if (manager === '') {
    throw invalid(PATCH_OPTIONS, '', [fieldErrors.required('fieldManager', 'is required for apply patch')]);
  }
  return {
    manager,
    operation: 'Apply',
    subresource: scope === 'status' ? 'status' : '',
    time: timestamp(now),
    force: ['1', 'true'].includes(query.get('force') ?? ''),
  };
}

/** The object of an apply's body. @throws StatusError 400, 500 */
export function decodeApplied(body: Json, resource: Resource): KubeObject {
  const apiVersion = stringAt(body, 'apiVersion') ?? '';
  const kind = stringAt(body, 'kind') ?? '';
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    const [version = '', group = ''] = apiVersion.split('/').toReversed();
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  }
  const type = `/${stringAt(body, 'metadata', 'name') ?? ''}; ${apiVersion}, Kind=${kind}`;
  const untyped = (why: string): StatusError =>
    new StatusError({ code: 500, reason: '', message: `failed to create typed patch object (${type}): ${why}` });
  try {
    const sent = decodeObject(body, { apiVersion, kind, named: true });
    resource.strategy.decode(sent);
    const { metadata: _, ...content } = sent;
    const [wrong] = resource.schema === undefined ? [] : unfitFields(content, resource.schema, '');
    if (wrong !== undefined) throw untyped(wrong);
    return sent;
  } catch (error) {
    throw error instanceof ShapeError ? untyped(error.message) : error;
  }
}

/** What a body may ask for in an apply: the object of the path, and only the part that the path is about. */
export function wantedObject(
  sent: KubeObject,
  { target, scope }: { readonly target: Target; readonly scope: WriteScope },
): KubeObject {
  const { resource, name, namespace } = target;
  const { metadata } = sent;
  if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const identity = { name, ...(resource.namespaced ? { namespace } : {}) };
  if (scope === 'main') {
    const named = { ...sent, metadata: { ...identity, ...metadata } };
    return resource.status ? { ...named, status: undefined } : named;
  }
  const { apiVersion, kind, status } = sent;
  const kept = resource.strategy.statusKeepsMetadata
    ? { ...identity, name: metadata.name ?? name }
    : { ...identity, ...metadata };
  return { apiVersion, kind, metadata: kept, status };
}
