import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import type { ResourceRegistry } from '../registry.ts';
import { apiVersionOf, type Resource } from '../resource.ts';

const ROOT = '/openapi/v3';

/** The answer to a path below `/openapi/v3`: as much as kubectl needs before it applies; undefined for other paths. */
export function openApi(path: string, registry: ResourceRegistry): JsonObject | undefined {
  if (path === ROOT) {
    const entries = registry.apiVersions().map((apiVersion): [string, JsonObject] => {
      const place = placeOf(apiVersion);
      const hash = hashOf(document(apiVersion, registry));
      return [place, { serverRelativeURL: `${ROOT}/${place}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(entries) };
  }
  if (!path.startsWith(`${ROOT}/`)) return undefined;
  const place = path.slice(ROOT.length + 1);
  const apiVersion = registry.apiVersions().find((candidate) => placeOf(candidate) === place);
  return apiVersion === undefined ? undefined : document(apiVersion, registry);
}

function placeOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
}

function hashOf(value: JsonObject): string {
  return createHash('sha512').update(JSON.stringify(value)).digest('hex').toUpperCase();
}

/** Which paths can be written, and the schemas of custom kinds; kubectl knows the built-in ones itself. */
function document(apiVersion: string, registry: ResourceRegistry): JsonObject {
  const resources = registry.inVersion(apiVersion);
  const custom = resources.filter((resource) => resource.schema !== undefined);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: '1.34' },
    paths: Object.fromEntries(resources.map((resource) => [pathOf(resource), { patch: patchOperation(resource) }])),
    components: { schemas: Object.fromEntries(custom.map((resource) => [schemaName(resource), schemaOf(resource)])) },
  };
}

function pathOf(resource: Resource): string {
  const namespace = resource.namespaced ? '/namespaces/{namespace}' : '';
  return `/${placeOf(apiVersionOf(resource))}${namespace}/${resource.resource}/{name}`;
}

function patchOperation(resource: Resource): JsonObject {
  const parameter = (name: string): JsonObject => ({ name, in: 'query', schema: { type: 'string' } });
  return {
    parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(parameter),
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': identity(resource),
  };
}

function schemaName(resource: Resource): string {
  return `${resource.group.split('.').toReversed().join('.')}.${resource.version}.${resource.kind}`;
}

function schemaOf(resource: Resource): JsonObject {
  return { ...resource.schema, 'x-kubernetes-group-version-kind': [identity(resource)] };
}

function identity({ group, version, kind }: Resource): JsonObject {
  return { group, version, kind };
}
