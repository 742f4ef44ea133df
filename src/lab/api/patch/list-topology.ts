import type { JsonObject } from '../json.ts';

/**
 * How a list is merged. `map`: items with equal key fields are one item (`patchKey` is the one field that strategic-merge
 * patches look at). `set`: distinct scalars. `atomic`: replaced as a whole.
 */
export type ListTopology =
  | { readonly kind: 'map'; readonly keys: readonly string[]; readonly patchKey?: string }
  | { readonly kind: 'set' }
  | { readonly kind: 'atomic' };

export type Topology = (path: readonly string[]) => ListTopology;

const ATOMIC: ListTopology = { kind: 'atomic' };
const SET: ListTopology = { kind: 'set' };
const byKeys = (...keys: readonly string[]): ListTopology => ({ kind: 'map', keys });

const METADATA: Readonly<Record<string, ListTopology>> = {
  'metadata.finalizers': SET,
  'metadata.ownerReferences': byKeys('uid'),
};

/** Lists of built-in kinds that are not replaced as a whole; `*` stands for an item of a list. @see Kubernetes OpenAPI */
const LISTS: Readonly<Record<string, Readonly<Record<string, ListTopology>>>> = {
  Service: {
    'spec.ports': { kind: 'map', keys: ['port', 'protocol'], patchKey: 'port' },
    'status.conditions': byKeys('type'),
  },
  Node: {
    'spec.podCIDRs': SET,
    'status.addresses': byKeys('type'),
    'status.conditions': byKeys('type'),
  },
  Pod: {
    'spec.containers': byKeys('name'),
    'spec.containers.*.env': byKeys('name'),
    'spec.containers.*.ports': { kind: 'map', keys: ['containerPort', 'protocol'], patchKey: 'containerPort' },
    'spec.containers.*.volumeMounts': byKeys('mountPath'),
    'spec.initContainers': byKeys('name'),
    'spec.volumes': byKeys('name'),
    'spec.imagePullSecrets': byKeys('name'),
    'spec.hostAliases': byKeys('ip'),
    'spec.topologySpreadConstraints': byKeys('topologyKey', 'whenUnsatisfiable'),
    'status.conditions': byKeys('type'),
    'status.podIPs': byKeys('ip'),
    'status.hostIPs': byKeys('ip'),
  },
  Namespace: { 'status.conditions': byKeys('type') },
  ServiceAccount: { secrets: byKeys('name'), imagePullSecrets: byKeys('name') },
};

/** The lists of a built-in kind. */
export function builtInTopology(kind: string): Topology {
  const lists = { ...METADATA, ...LISTS[kind] };
  return (path) => lists[path.join('.')] ?? ATOMIC;
}

/** The lists of a custom kind, as its structural schema says. */
export function schemaTopology(schema: JsonObject | undefined): Topology {
  return (path) => {
    const metadata = METADATA[path.join('.')];
    if (metadata !== undefined) return metadata;
    const list = schemaUnder(schema, path);
    const keys = list?.['x-kubernetes-list-map-keys'];
    if (list?.['x-kubernetes-list-type'] === 'map' && Array.isArray(keys)) return byKeys(...keys.map(String));
    return list?.['x-kubernetes-list-type'] === 'set' ? SET : ATOMIC;
  };
}

function schemaUnder(schema: JsonObject | undefined, path: readonly string[]): JsonObject | undefined {
  let current: unknown = schema;
  for (const part of path) {
    if (!isSchema(current)) return undefined;
    const properties = current.properties;
    if (part === '*') current = current.items;
    else if (isSchema(properties) && properties[part] !== undefined) current = properties[part];
    else current = current.additionalProperties;
  }
  return isSchema(current) ? current : undefined;
}

function isSchema(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
