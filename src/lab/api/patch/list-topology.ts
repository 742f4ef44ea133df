import type { JsonObject } from '../json.ts';

/**
 * How a list is merged. `map`: items with equal key fields are one item (`patchKey` is the one field that strategic-merge
 * patches look at; a key field that is absent has its default). `set`: distinct scalars. `atomic`: replaced as a whole.
 */
export type ListTopology =
  | {
      readonly kind: 'map';
      readonly keys: readonly string[];
      readonly patchKey?: string;
      readonly defaults?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'set' }
  | { readonly kind: 'atomic' };

/** How an object is merged: member by member, with members that are known (`struct`) or not (`map`), or as a whole. */
export type ObjectTopology = 'struct' | 'map' | 'atomic';

/** What a kind's lists and objects are; `*` in a path stands for an item of a list. */
export interface Topology {
  readonly list: (path: readonly string[]) => ListTopology;
  readonly object: (path: readonly string[]) => ObjectTopology;
}

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
    'spec.ports': { kind: 'map', keys: ['port', 'protocol'], patchKey: 'port', defaults: { protocol: 'TCP' } },
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

const MAPS = ['metadata.labels', 'metadata.annotations', 'data', 'binaryData', 'status.capacity', 'status.allocatable'];
const ATOMIC_OBJECTS = ['spec.selector', 'spec.nodeSelector', 'involvedObject', 'related', 'roleRef', 'regarding'];

/** The topology of a built-in kind. */
export function builtInTopology(kind: string): Topology {
  const lists = { ...METADATA, ...LISTS[kind] };
  return {
    list: (path) => lists[path.join('.')] ?? ATOMIC,
    object: (path) => {
      const place = path.join('.');
      if (ATOMIC_OBJECTS.includes(place)) return 'atomic';
      return MAPS.includes(place) ? 'map' : 'struct';
    },
  };
}

/** The topology of a custom kind, as its structural schema says. */
export function schemaTopology(schema: JsonObject): Topology {
  return {
    list: (path) => {
      const metadata = METADATA[path.join('.')];
      if (metadata !== undefined) return metadata;
      const list = schemaUnder(schema, path);
      const keys = list?.['x-kubernetes-list-map-keys'];
      if (list?.['x-kubernetes-list-type'] === 'map' && Array.isArray(keys)) return byKeys(...keys.map(String));
      return list?.['x-kubernetes-list-type'] === 'set' ? SET : ATOMIC;
    },
    object: (path) => {
      if (MAPS.includes(path.join('.'))) return 'map';
      const object = schemaUnder(schema, path);
      if (object?.['x-kubernetes-map-type'] === 'atomic') return 'atomic';
      return isSchema(object?.additionalProperties) ? 'map' : 'struct';
    },
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
