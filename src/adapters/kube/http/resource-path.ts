import type { ResourceType } from '../../../ports/informer.ts';

/** Where a request goes: a collection, an object, or a subresource of one. */
export interface ResourcePath {
  /** `plural` empty: the group version itself, for discovery. */
  readonly type: Pick<ResourceType, 'group' | 'version' | 'plural'>;
  /** Absent: in every namespace, or the kind has none. */
  readonly namespace?: string;
  readonly name?: string;
  /** May have a path of its own: `proxy/metrics`. */
  readonly subresource?: string;
}

/** The URL path of `path`. @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export function formatResourcePath({ type, namespace, name, subresource }: ResourcePath): string {
  const root = type.group === '' ? ['api', type.version] : ['apis', type.group, type.version];
  const scope = namespace === undefined ? [] : ['namespaces', namespace];
  const object = [type.plural, name, ...(subresource?.split('/') ?? [])].filter((part): part is string =>
    Boolean(part),
  );
  return `/${[...root, ...scope, ...object].map(encodeURIComponent).join('/')}`;
}

/** For people: `patch services/status default/web`. */
export function describeRequest(verb: string, { type, namespace, name, subresource }: ResourcePath): string {
  const group = type.group === '' ? '' : `.${type.group}`;
  const resource = `${type.plural}${group}${subresource === undefined ? '' : `/${subresource}`}`;
  const object = [namespace, name].filter((part) => part !== undefined).join('/');
  return object === '' ? `${verb} ${resource}` : `${verb} ${resource} ${object}`;
}
