import { arrayAt, isObject, type Json, type JsonObject, objectAt, stringAt, stringMapAt } from '../json.ts';
import { type KubeObject, nameOf } from '../kube-object.ts';
import { resourceOf } from '../registry.ts';
import { apiVersionOf, type Resource, type Strategy } from '../resource.ts';
import { forbidden } from '../status-error.ts';
import { CORE_EVENT, EVENT_CONVERSION, NEW_EVENT } from './event.ts';
import { podStrategy } from './pod.ts';
import { bindingErrors, dataErrors, endpointSliceErrors, leaseErrors, nodeErrors, secretErrors } from './rules.ts';
import { serviceStrategy } from './service.ts';
import type { ServiceAllocations } from './service-allocations.ts';
import { SHAPES } from './shapes.ts';
import { labelName, PLAIN, pathSegmentName } from './strategy.ts';

const RBAC: Strategy = { ...PLAIN, createOnUpdate: true, validName: pathSegmentName };
const BINDING: Strategy = { ...RBAC, validate: (next, previous) => bindingErrors(next, previous) };

const NODE: Strategy = {
  ...PLAIN,
  keepsFirstStatus: true,
  prepare: (next, previous) => (previous === undefined ? withNotReadyTaint(next) : next),
  validate: (next, previous, scope) => (scope === 'main' ? nodeErrors(next, previous) : []),
  selectableFields: { 'spec.unschedulable': (node) => String(objectAt(node, 'spec')?.unschedulable === true) },
};

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** As the TaintNodesByCondition admission does: nothing is scheduled to a node before it says that it is ready. */
function withNotReadyTaint(node: KubeObject): KubeObject {
  const taints = arrayAt(node, 'spec', 'taints');
  if (taints.some((taint) => stringAt(taint, 'key') === NOT_READY.key)) return node;
  return { ...node, spec: { ...objectAt(node, 'spec'), taints: [...taints, NOT_READY] } };
}

const PROTECTED_NAMESPACES = ['default', 'kube-system', 'kube-public'];
const NAMESPACE_SUBJECT = { group: '', resource: 'namespaces', kind: 'Namespace' };

const NAMESPACE: Strategy = {
  ...PLAIN,
  returnsDeleted: true,
  validName: labelName,
  prepare: (next, previous) => ({
    ...next,
    metadata: { ...next.metadata, labels: { ...next.metadata.labels, 'kubernetes.io/metadata.name': nameOf(next) } },
    spec: previous === undefined ? { finalizers: ['kubernetes'] } : next.spec,
    status: previous === undefined ? { phase: 'Active' } : next.status,
  }),
  refuseDelete: (namespace) =>
    PROTECTED_NAMESPACES.includes(nameOf(namespace))
      ? forbidden(NAMESPACE_SUBJECT, nameOf(namespace), 'this namespace may not be deleted')
      : undefined,
  gracePeriodSeconds: (namespace) => (arrayAt(namespace, 'spec', 'finalizers').length > 0 ? 'held' : 0),
  marked: (namespace) => ({ ...namespace, status: { ...objectAt(namespace, 'status'), phase: 'Terminating' } }),
};

const LEASE: Strategy = {
  ...PLAIN,
  createOnUpdate: true,
  unconditionalUpdate: false,
  validate: (next) => leaseErrors(next),
};

const SECRET: Strategy = {
  ...PLAIN,
  decode: (secret) => {
    const written = Object.entries(stringMapAt(secret, 'stringData')).map(([key, text]): [string, Json] => [
      key,
      Buffer.from(text).toString('base64'),
    ]);
    const data = { ...objectAt(secret, 'data'), ...Object.fromEntries(written) };
    return {
      ...secret,
      type: stringAt(secret, 'type') ?? 'Opaque',
      data: Object.keys(data).length === 0 ? undefined : data,
      stringData: undefined,
    };
  },
  validate: secretErrors,
  selectableFields: { type: (secret) => stringAt(secret, 'type') ?? '' },
};

const ENDPOINT_SLICE: Strategy = {
  ...PLAIN,
  generation: true,
  generationCountsMetadata: true,
  validate: endpointSliceErrors,
};
const SERVICE_ACCOUNT: Strategy = { ...PLAIN, returnsDeleted: true };
const WORKLOAD: Strategy = { ...PLAIN, generation: true };
const CONFIG_MAP: Strategy = { ...PLAIN, validate: dataErrors };

/** The built-in resources of the server. */
export function builtInResources(
  allocations: ServiceAllocations,
  hasAccount: (namespace: string, name: string) => boolean,
): Resource[] {
  const service = serviceStrategy(allocations);
  const discovery = { group: 'discovery.k8s.io', version: 'v1', namespaced: true };
  const coordination = { group: 'coordination.k8s.io', version: 'v1', namespaced: true };
  const apps = { group: 'apps', version: 'v1', namespaced: true, status: true, categories: ['all'] };
  const policy = { group: 'policy', version: 'v1', namespaced: true, status: true };
  const scheduling = { group: 'scheduling.k8s.io', version: 'v1', namespaced: false };
  return [
    core('Namespace', 'namespaces', { namespaced: false, status: true, shortNames: ['ns'], strategy: NAMESPACE }),
    core('Node', 'nodes', { namespaced: false, status: true, shortNames: ['no'], strategy: NODE }),
    core('Service', 'services', { status: true, shortNames: ['svc'], categories: ['all'], strategy: service }),
    core('Pod', 'pods', { status: true, shortNames: ['po'], categories: ['all'], strategy: podStrategy(hasAccount) }),
    core('ConfigMap', 'configmaps', { shortNames: ['cm'], strategy: CONFIG_MAP }),
    core('Secret', 'secrets', { strategy: SECRET }),
    core('ServiceAccount', 'serviceaccounts', { shortNames: ['sa'], strategy: SERVICE_ACCOUNT }),
    core('Event', 'events', { shortNames: ['ev'], strategy: CORE_EVENT }),
    builtIn({
      group: 'events.k8s.io',
      version: 'v1',
      namespaced: true,
      kind: 'Event',
      resource: 'events',
      shortNames: ['ev'],
      strategy: NEW_EVENT,
      conversion: EVENT_CONVERSION,
      storedAs: { group: '', resource: 'events' },
    }),
    builtIn({ ...discovery, kind: 'EndpointSlice', resource: 'endpointslices', strategy: ENDPOINT_SLICE }),
    builtIn({ ...coordination, kind: 'Lease', resource: 'leases', strategy: LEASE }),
    builtIn({ ...apps, kind: 'Deployment', resource: 'deployments', shortNames: ['deploy'], strategy: WORKLOAD }),
    builtIn({ ...apps, kind: 'DaemonSet', resource: 'daemonsets', shortNames: ['ds'], strategy: WORKLOAD }),
    builtIn({ ...policy, kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets', strategy: WORKLOAD }),
    builtIn({ ...scheduling, kind: 'PriorityClass', resource: 'priorityclasses', strategy: PLAIN }),
    rbac('Role', 'roles', { namespaced: true, strategy: RBAC }),
    rbac('RoleBinding', 'rolebindings', { namespaced: true, strategy: BINDING }),
    rbac('ClusterRole', 'clusterroles', { namespaced: false, strategy: RBAC }),
    rbac('ClusterRoleBinding', 'clusterrolebindings', { namespaced: false, strategy: BINDING }),
  ];
}

type Rest = Partial<Omit<Resource, 'strategy'>> & { readonly strategy: Strategy };

function core(kind: string, resource: string, rest: Rest): Resource {
  return builtIn({ group: '', version: 'v1', kind, resource, namespaced: true, ...rest });
}

function rbac(kind: string, resource: string, rest: Rest & { readonly namespaced: boolean }): Resource {
  return builtIn({ group: 'rbac.authorization.k8s.io', version: 'v1', kind, resource, ...rest });
}

/** A resource whose objects are decoded by the shape of their kind before its strategy sees them. */
function builtIn(named: Parameters<typeof resourceOf>[0]): Resource {
  const shape = SHAPES[`${apiVersionOf(named)} ${named.kind}`] ?? SHAPES[named.kind];
  if (shape === undefined) throw new RangeError(`${named.kind} has no shape`);
  const decode = (object: KubeObject): KubeObject => {
    const { kind, apiVersion, metadata, ...content } = object;
    const decoded = shape(content, '');
    const known: JsonObject = isObject(decoded) ? decoded : {};
    return named.strategy.decode({ kind, apiVersion, metadata, ...known });
  };
  return resourceOf({ ...named, strategy: { ...named.strategy, decode } });
}
