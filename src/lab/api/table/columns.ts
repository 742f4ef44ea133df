import { arrayAt, isObject, type Json, numberAt, objectAt, stringAt, stringMapAt } from '../json.ts';
import { type KubeObject, nameOf } from '../kube-object.ts';
import type { Resource } from '../resource.ts';
import { age } from './age.ts';
import { jsonPathValue } from './json-path.ts';

/** A column as kubectl shows it. @see Kubernetes API meta/v1 TableColumnDefinition */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  /** 0: always shown; greater: only in wide output. */
  readonly priority: number;
  readonly cell: (object: KubeObject, now: Date) => Json;
}

const NONE = '<none>';

function column(name: string, cell: Column['cell'], priority = 0): Column {
  return { name, type: 'string', format: '', priority, cell };
}

const NAME: Column = { ...column('Name', nameOf), format: 'name' };
const AGE: Column = column('Age', (object, now) => age(object.metadata.creationTimestamp, now));

/** Columns of built-in kinds between name and age. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Service: [
    NAME,
    column('Type', (service) => stringAt(service, 'spec', 'type') ?? ''),
    column('Cluster-IP', (service) => stringAt(service, 'spec', 'clusterIP') ?? NONE),
    column('External-IP', externalAddress),
    column('Port(s)', servicePorts),
    AGE,
    column('Selector', (service) => keyValues(stringMapAt(service, 'spec', 'selector')), 1),
  ],
  Node: [
    NAME,
    column('Status', nodeStatus),
    column('Roles', () => NONE),
    AGE,
    column('Version', (node) => stringAt(node, 'status', 'nodeInfo', 'kubeletVersion') ?? ''),
    column('Internal-IP', nodeAddress('InternalIP'), 1),
    column('External-IP', nodeAddress('ExternalIP'), 1),
  ],
  Namespace: [NAME, column('Status', (namespace) => stringAt(namespace, 'status', 'phase') ?? ''), AGE],
  Pod: [
    NAME,
    column('Status', (pod) => stringAt(pod, 'status', 'phase') ?? ''),
    AGE,
    column('Node', (pod) => stringAt(pod, 'spec', 'nodeName') ?? NONE, 1),
  ],
  ConfigMap: [NAME, column('Data', (map) => String(Object.keys(objectAt(map, 'data') ?? {}).length)), AGE],
  Secret: [
    NAME,
    column('Type', (secret) => stringAt(secret, 'type') ?? ''),
    column('Data', (secret) => String(Object.keys(objectAt(secret, 'data') ?? {}).length)),
    AGE,
  ],
  Lease: [NAME, column('Holder', (lease) => stringAt(lease, 'spec', 'holderIdentity') ?? ''), AGE],
  EndpointSlice: [
    NAME,
    column('AddressType', (slice) => stringAt(slice, 'addressType') ?? ''),
    column('Ports', (slice) => joined(arrayAt(slice, 'ports').map((port) => String(numberAt(port, 'port') ?? '*')))),
    column('Endpoints', (slice) =>
      joined(arrayAt(slice, 'endpoints').flatMap((endpoint) => arrayAt(endpoint, 'addresses').map(String))),
    ),
    AGE,
  ],
  Event: [
    column('Last Seen', (event, now) => age(stringAt(event, 'lastTimestamp') ?? event.metadata.creationTimestamp, now)),
    column('Type', (event) => stringAt(event, 'type') ?? ''),
    column('Reason', (event) => stringAt(event, 'reason') ?? ''),
    column('Object', (event) => {
      const about = objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding') ?? {};
      return `${(stringAt(about, 'kind') ?? '').toLowerCase()}/${stringAt(about, 'name') ?? ''}`;
    }),
    column('Message', (event) => stringAt(event, 'message') ?? stringAt(event, 'note') ?? ''),
    { ...column('Name', nameOf, 1), format: 'name' },
  ],
};

const CREATED = column('Created At', (object) => object.metadata.creationTimestamp ?? '');

/** The columns of a resource. */
export function columnsOf(resource: Resource): readonly Column[] {
  if (resource.schema === undefined) return COLUMNS[resource.kind] ?? [NAME, CREATED];
  const own = Array.isArray(resource.columns) ? resource.columns.filter(isObject) : [];
  return own.length === 0 ? [NAME, AGE] : [NAME, ...own.map(printerColumn)];
}

function printerColumn(definition: Json): Column {
  const type = stringAt(definition, 'type') ?? 'string';
  const path = stringAt(definition, 'jsonPath') ?? '';
  return {
    name: stringAt(definition, 'name') ?? '',
    type,
    format: stringAt(definition, 'format') ?? '',
    priority: numberAt(definition, 'priority') ?? 0,
    cell: (object, now) => {
      const value = jsonPathValue(object, path);
      if (value === undefined) return null;
      if (type === 'date') return typeof value === 'string' ? age(value, now) : null;
      return type === 'string' && typeof value !== 'string' ? JSON.stringify(value) : value;
    },
  };
}

function externalAddress(service: KubeObject): string {
  const ingress = arrayAt(service, 'status', 'loadBalancer', 'ingress');
  const given = ingress.map((entry) => stringAt(entry, 'ip') ?? stringAt(entry, 'hostname') ?? '');
  const all = [...given, ...arrayAt(service, 'spec', 'externalIPs').map(String)];
  if (all.length > 0) return all.join(',');
  return stringAt(service, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : NONE;
}

function servicePorts(service: KubeObject): string {
  return joined(
    arrayAt(service, 'spec', 'ports').map((port) => {
      const nodePort = numberAt(port, 'nodePort');
      const own = numberAt(port, 'port') ?? 0;
      return `${own}${nodePort === undefined ? '' : `:${nodePort}`}/${stringAt(port, 'protocol') ?? ''}`;
    }),
  );
}

function nodeStatus(node: KubeObject): string {
  const ready = arrayAt(node, 'status', 'conditions').find((condition) => stringAt(condition, 'type') === 'Ready');
  const status = ready === undefined ? 'Unknown' : stringAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return objectAt(node, 'spec')?.unschedulable === true ? `${status},SchedulingDisabled` : status;
}

function nodeAddress(type: string): (node: KubeObject) => string {
  return (node) =>
    stringAt(
      arrayAt(node, 'status', 'addresses').find((address) => stringAt(address, 'type') === type),
      'address',
    ) ?? NONE;
}

function keyValues(map: Readonly<Record<string, string>>): string {
  return joined(Object.entries(map).map(([key, value]) => `${key}=${value}`));
}

function joined(texts: readonly string[]): string {
  return texts.length === 0 ? NONE : texts.join(',');
}
