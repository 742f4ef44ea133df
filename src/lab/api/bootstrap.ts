import { type JsonObject, objectAt } from './json.ts';
import type { KubeObject } from './kube-object.ts';
import type { ResourceRegistry } from './registry.ts';
import type { Writes } from './writes.ts';

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
const RBAC = 'rbac.authorization.k8s.io';
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const DISCOVERY_PATHS = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...PUBLIC_PATHS];

/** The ClusterRoles that every cluster has and that our manifests build on, with their bindings to groups. */
const ROLES: readonly {
  readonly name: string;
  readonly rules: readonly JsonObject[];
  readonly groups?: readonly string[];
}[] = [
  {
    name: 'cluster-admin',
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  {
    name: 'system:discovery',
    rules: [{ nonResourceURLs: DISCOVERY_PATHS, verbs: ['get'] }],
    groups: ['system:authenticated'],
  },
  {
    name: 'system:public-info-viewer',
    rules: [{ nonResourceURLs: PUBLIC_PATHS, verbs: ['get'] }],
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
  {
    name: 'system:basic-user',
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
    groups: ['system:authenticated'],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ],
  },
];

/** The Service that every cluster has for its own API; its address is the first of the first service CIDR. */
const KUBERNETES: KubeObject = {
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }] },
};

/** Stores what a new cluster holds before anybody asks. */
export function bootstrap(registry: ResourceRegistry, writes: Writes, kubernetesAddress: string): void {
  const put = (apiVersion: string, kind: string, name: string, rest: JsonObject): void => {
    const resource = registry.ofKind(apiVersion, kind);
    if (resource === undefined) throw new RangeError(`${apiVersion} ${kind} is not served`);
    writes.seed(resource, { kind, apiVersion, metadata: { name }, ...rest });
  };
  for (const name of NAMESPACES) {
    const resource = registry.ofKind('v1', 'Namespace');
    if (resource === undefined) continue;
    const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } };
    writes.seed(resource, {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata,
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  const services = registry.ofKind('v1', 'Service');
  if (services !== undefined) {
    const spec = { ...objectAt(KUBERNETES, 'spec'), clusterIP: kubernetesAddress };
    writes.create({ resource: services, namespace: 'default' }, { ...KUBERNETES, spec }, { dryRun: false });
  }
  for (const { name, rules, groups } of ROLES) {
    put(`${RBAC}/v1`, 'ClusterRole', name, { rules });
    if (groups === undefined) continue;
    put(`${RBAC}/v1`, 'ClusterRoleBinding', name, {
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: groups.map((group) => ({ apiGroup: RBAC, kind: 'Group', name: group })),
    });
  }
}
