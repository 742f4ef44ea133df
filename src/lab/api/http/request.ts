import type { Verb } from '../resource.ts';

/** A request for objects. Members that the path does not have are empty. */
export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly query: URLSearchParams;
}

/** Any other request: discovery, health, OpenAPI. */
export interface PathRequest {
  readonly kind: 'path';
  /** The HTTP method in lower case, which is how RBAC names it. */
  readonly verb: string;
  readonly path: string;
}

export type ApiRequest = ResourceRequest | PathRequest;

/** What a method and URL ask for. @see Kubernetes "Authorization": request attributes */
export function parseRequest(method: string, url: string): ApiRequest {
  const { pathname, searchParams } = new URL(url, 'https://api');
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const root = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : Number.POSITIVE_INFINITY;
  if (parts.length <= root) return { kind: 'path', verb: method.toLowerCase(), path: pathname };
  const [version = '', group = ''] = parts.slice(0, root).toReversed();
  const isOldWatchPath = parts[root] === 'watch';
  const place = placeOf(parts.slice(isOldWatchPath ? root + 1 : root));
  const watches = isOldWatchPath || ['1', 'true'].includes(searchParams.get('watch') ?? '');
  return {
    kind: 'resource',
    verb: verbOf(method, { named: place.name !== '', watches }),
    group: root === 2 ? '' : group,
    version,
    ...place,
    query: searchParams,
  };
}

type Place = Pick<ResourceRequest, 'namespace' | 'resource' | 'name' | 'subresource'>;

function placeOf(parts: readonly string[]): Place {
  const [first, second = '', third, ...rest] = parts;
  if (first !== 'namespaces' || third === undefined || ['status', 'finalize'].includes(third)) {
    const namespace = first === 'namespaces' ? second : '';
    return { namespace, resource: first ?? '', name: second, subresource: [third ?? '', ...rest].join('/') };
  }
  return { namespace: second, resource: third, name: rest[0] ?? '', subresource: rest.slice(1).join('/') };
}

function verbOf(method: string, { named, watches }: { readonly named: boolean; readonly watches: boolean }): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return named ? 'get' : watches ? 'watch' : 'list';
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
