import { arrayAt, objectAt, stringAt } from '../json.ts';
import { type KubeObject, nameOf } from '../kube-object.ts';
import { resourceOf } from '../registry.ts';
import type { Resource, Strategy } from '../resource.ts';
import { forbidden } from '../status-error.ts';
import { serviceStrategy } from './service.ts';
import type { ServiceAllocations } from './service-allocations.ts';
import { labelName, PLAIN, pathSegmentName } from './strategy.ts';

const RBAC: Strategy = { ...PLAIN, createOnUpdate: true, validName: pathSegmentName };

const NODE: Strategy = {
  ...PLAIN,
  selectableFields: {
    'spec.unschedulable': (node) => String(node.spec !== undefined && field(node, 'spec', 'unschedulable') === 'true'),
  },
};

const PROTECTED_NAMESPACES = ['default', 'kube-system', 'kube-public'];
const NAMESPACE_SUBJECT = { group: '', resource: 'namespaces', kind: 'Namespace' };

const NAMESPACE: Strategy = {
  ...PLAIN,
  returnsDeleted: true,
  validName: labelName,
  prepare: (next, previous) => ({
    ...next,
    metadata: {
      ...next.metadata,
      labels: { ...next.metadata.labels, 'kubernetes.io/metadata.name': nameOf(next) },
    },
    spec: previous === undefined ? { finalizers: ['kubernetes'] } : next.spec,
    status: previous === undefined ? { phase: 'Active' } : next.status,
  }),
  refuseDelete: (namespace) =>
    PROTECTED_NAMESPACES.includes(nameOf(namespace))
      ? forbidden(NAMESPACE_SUBJECT, nameOf(namespace), 'this namespace may not be deleted')
      : undefined,
  gracePeriodSeconds: (namespace) => (arrayAt(namespace, 'spec', 'finalizers').length > 0 ? -1 : 0),
  marked: (namespace) => ({ ...namespace, status: { ...objectAt(namespace, 'status'), phase: 'Terminating' } }),
};

const POD: Strategy = {
  ...PLAIN,
  returnsDeleted: true,
  selectableFields: {
    'spec.nodeName': (pod) => field(pod, 'spec', 'nodeName'),
    'spec.restartPolicy': (pod) => field(pod, 'spec', 'restartPolicy'),
    'spec.serviceAccountName': (pod) => field(pod, 'spec', 'serviceAccountName'),
    'status.phase': (pod) => field(pod, 'status', 'phase'),
    'status.podIP': (pod) => field(pod, 'status', 'podIP'),
  },
  gracePeriodSeconds: (pod, requested) => {
    const scheduled = stringAt(pod, 'spec', 'nodeName') !== undefined;
    const over = ['Failed', 'Succeeded'].includes(stringAt(pod, 'status', 'phase') ?? '');
    return scheduled && !over ? (requested ?? 30) : 0;
  },
};

const EVENT: Strategy = {
  ...PLAIN,
  createOnUpdate: true,
  selectableFields: {
    'involvedObject.kind': (event) => field(event, 'involvedObject', 'kind'),
    'involvedObject.namespace': (event) => field(event, 'involvedObject', 'namespace'),
    'involvedObject.name': (event) => field(event, 'involvedObject', 'name'),
    'involvedObject.uid': (event) => field(event, 'involvedObject', 'uid'),
    'involvedObject.apiVersion': (event) => field(event, 'involvedObject', 'apiVersion'),
    reason: (event) => field(event, 'reason'),
    type: (event) => field(event, 'type'),
    source: (event) => field(event, 'source', 'component'),
    reportingComponent: (event) => field(event, 'reportingComponent'),
  },
};

/** The built-in resources of the server. */
export function builtInResources(allocations: ServiceAllocations): Resource[] {
  return [
    core('Namespace', 'namespaces', {
      namespaced: false,
      status: true,
      shortNames: ['ns'],
      strategy: NAMESPACE,
    }),
    core('Node', 'nodes', { namespaced: false, status: true, shortNames: ['no'], strategy: NODE }),
    core('Service', 'services', {
      status: true,
      shortNames: ['svc'],
      categories: ['all'],
      strategy: serviceStrategy(allocations),
    }),
    core('Pod', 'pods', { status: true, shortNames: ['po'], categories: ['all'], strategy: POD }),
    core('ConfigMap', 'configmaps', { shortNames: ['cm'], strategy: PLAIN }),
    core('Secret', 'secrets', { strategy: PLAIN }),
    core('ServiceAccount', 'serviceaccounts', { shortNames: ['sa'], strategy: PLAIN }),
    core('Event', 'events', { shortNames: ['ev'], strategy: EVENT }),
    resourceOf({
      ...named('discovery.k8s.io', 'EndpointSlice', 'endpointslices'),
      strategy: { ...PLAIN, generation: true },
    }),
    resourceOf({
      ...named('coordination.k8s.io', 'Lease', 'leases'),
      strategy: { ...PLAIN, createOnUpdate: true, unconditionalUpdate: false },
    }),
    resourceOf({ ...named('rbac.authorization.k8s.io', 'Role', 'roles'), strategy: RBAC }),
    resourceOf({ ...named('rbac.authorization.k8s.io', 'RoleBinding', 'rolebindings'), strategy: RBAC }),
    resourceOf({
      ...named('rbac.authorization.k8s.io', 'ClusterRole', 'clusterroles'),
      namespaced: false,
      strategy: RBAC,
    }),
    resourceOf({
      ...named('rbac.authorization.k8s.io', 'ClusterRoleBinding', 'clusterrolebindings'),
      namespaced: false,
      strategy: RBAC,
    }),
  ];
}

function named(group: string, kind: string, resource: string) {
  return { group, version: 'v1', kind, resource, namespaced: true } as const;
}

function core(
  kind: string,
  resource: string,
  rest: Partial<Omit<Resource, 'strategy'>> & { readonly strategy: Strategy },
): Resource {
  return resourceOf({ ...named('', kind, resource), ...rest });
}

function field(object: KubeObject, ...path: readonly string[]): string {
  let current: unknown = object;
  for (const member of path) {
    current = typeof current === 'object' && current !== null ? Reflect.get(current, member) : undefined;
  }
  return current === undefined || current === null ? '' : String(current);
}
