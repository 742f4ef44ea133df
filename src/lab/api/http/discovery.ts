import type { JsonObject } from '../json.ts';
import type { ResourceRegistry } from '../registry.ts';
import type { Resource } from '../resource.ts';

/** The version of Kubernetes whose behaviour is followed. */
const VERSION = { major: '1', minor: '34', gitVersion: 'v1.34.4', platform: 'linux/amd64' };

/** Resources that answer without storing. */
const REVIEWS: Readonly<Record<string, readonly (readonly [resource: string, kind: string, namespaced: boolean])[]>> = {
  'authentication.k8s.io/v1': [['tokenreviews', 'TokenReview', false]],
  'authorization.k8s.io/v1': [
    ['selfsubjectaccessreviews', 'SelfSubjectAccessReview', false],
    ['subjectaccessreviews', 'SubjectAccessReview', false],
  ],
};

/** The answer to a discovery path; undefined when the path is none. @see Kubernetes "API discovery" */
export function discover(path: string, registry: ResourceRegistry): JsonObject | undefined {
  const versions = [...new Set([...registry.apiVersions(), ...Object.keys(REVIEWS)])];
  const parts = path.split('/').filter((part) => part !== '');
  const [root, group, version] = parts;
  if (root === 'version' && parts.length === 1) return VERSION;
  if (root === 'api' && parts.length === 1)
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (root === 'api' && parts.length === 2 && group === 'v1') return resourceList('v1', registry);
  if (root !== 'apis') return undefined;
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(versions) };
  if (version === undefined) {
    const found = groupsOf(versions).find((candidate) => candidate.name === group);
    return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found };
  }
  const groupVersion = `${group}/${version}`;
  return parts.length === 3 && versions.includes(groupVersion) ? resourceList(groupVersion, registry) : undefined;
}

function groupsOf(versions: readonly string[]): JsonObject[] {
  const groups = new Map<string, { groupVersion: string; version: string }[]>();
  for (const groupVersion of versions) {
    const [group = '', version] = groupVersion.split('/');
    if (version === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), { groupVersion, version }]);
  }
  return [...groups].map(([name, served]) => {
    const versions = served.toSorted((a, b) => compareVersions(b.version, a.version));
    return { name, versions, preferredVersion: versions[0] };
  });
}

/** Orders `v1beta1` < `v1beta2` < `v1` < `v2`. @see Kubernetes "Version priority" */
function compareVersions(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  for (const [at, rank] of left.entries()) {
    const difference = rank - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rankOf(version: string): readonly number[] {
  const parsed = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (parsed === null) return [0, 0, 0];
  const stability = parsed[2] === undefined ? 3 : parsed[2] === 'beta' ? 2 : 1;
  return [stability, Number(parsed[1]), Number(parsed[3] ?? 0)];
}

function resourceList(groupVersion: string, registry: ResourceRegistry): JsonObject {
  const stored = registry.inVersion(groupVersion).flatMap(listed);
  const reviews = (REVIEWS[groupVersion] ?? []).map(([name, kind, namespaced]) => ({
    name,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: ['create'],
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [...stored, ...reviews] };
}

function listed(resource: Resource): JsonObject[] {
  const { kind, namespaced, shortNames, categories, singular } = resource;
  const main = {
    name: resource.resource,
    singularName: singular,
    namespaced,
    kind,
    verbs: resource.verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const sub = (name: string, subKind: string, verbs: readonly string[]) => ({
    name: `${resource.resource}/${name}`,
    singularName: '',
    namespaced,
    kind: subKind,
    verbs,
  });
  return [
    main,
    ...(resource.status ? [sub('status', kind, ['get', 'patch', 'update'])] : []),
    ...(kind === 'ServiceAccount' ? [sub('token', 'TokenRequest', ['create'])] : []),
  ];
}
