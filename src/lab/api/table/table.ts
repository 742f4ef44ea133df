import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Resource } from '../resource.ts';
import { columnsOf } from './columns.ts';

/** Whether an Accept header prefers tables: that is how kubectl asks for what it prints. */
export function wantsTable(accept: string | undefined): boolean {
  const first = (accept ?? '').split(',')[0] ?? '';
  return /;\s*as=Table\b/.test(first) && /;\s*v=v1\b/.test(first);
}

/** Objects as kubectl prints them. @see Kubernetes API meta/v1 Table */
export function tableOf(
  objects: readonly KubeObject[],
  metadata: JsonObject,
  { resource, now, includeObject }: { readonly resource: Resource; readonly now: Date; readonly includeObject: string },
): JsonObject {
  const columns = columnsOf(resource);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format, priority }) => ({
      name,
      type,
      format,
      description: '',
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      ...rowObject(object, includeObject),
    })),
  };
}

function rowObject(object: KubeObject, includeObject: string): JsonObject {
  switch (includeObject) {
    case 'None':
      return {};
    case 'Object':
      return { object };
    default:
      return {
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      };
  }
}
