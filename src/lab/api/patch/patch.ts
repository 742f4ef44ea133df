import type { Json } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Resource } from '../resource.ts';
import { StatusError, unsupportedMediaType } from '../status-error.ts';
import { applyJsonPatch } from './json-patch.ts';
import { builtInTopology, schemaTopology, type Topology } from './list-topology.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge.ts';

/** An object with a patch of the media type applied. @throws StatusError 400, 415, 422 */
export function patchObject(
  request: { readonly type: string; readonly patch: Json; readonly resource: Resource },
  stored: KubeObject,
): Json {
  const { type, patch, resource } = request;
  switch (type) {
    case 'application/json-patch+json':
      return applyJsonPatch(stored, patch);
    case 'application/merge-patch+json':
      return applyMergePatch(stored, patch);
    case 'application/strategic-merge-patch+json':
      if (resource.strategy.strategicMerge) {
        return applyStrategicMergePatch(stored, patch, topologyOf(resource));
      }
      break;
  }
  if (!resource.strategy.strategicMerge && type === 'application/strategic-merge-patch+json') {
    throw unsupportedMediaType(CUSTOM_PATCHES);
  }
  const message = '415: Unsupported Media Type';
  throw new StatusError({ code: 415, reason: 'UnsupportedMediaType', message, details: {} });
}

const CUSTOM_PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

/** How lists and objects of a resource are merged. */
export function topologyOf(resource: Resource): Topology {
  return resource.schema === undefined ? builtInTopology(resource.kind) : schemaTopology(resource.schema);
}
