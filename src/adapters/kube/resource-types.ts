import type { ResourceType } from '../../ports/informer.ts';

const type = (group: string, kind: string, plural: string, namespaced = true): ResourceType => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const SERVICES = type('', 'Service', 'services');
export const NODES = type('', 'Node', 'nodes', false);
export const NAMESPACES = type('', 'Namespace', 'namespaces', false);
export const SECRETS = type('', 'Secret', 'secrets');
export const CONFIG_MAPS = type('', 'ConfigMap', 'configmaps');
export const PODS = type('', 'Pod', 'pods');
export const EVENTS = type('', 'Event', 'events');
export const ENDPOINT_SLICES = type('discovery.k8s.io', 'EndpointSlice', 'endpointslices');
export const SERVICE_CIDRS = type('networking.k8s.io', 'ServiceCIDR', 'servicecidrs', false);
export const DEPLOYMENTS = type('apps', 'Deployment', 'deployments');
export const DAEMON_SETS = type('apps', 'DaemonSet', 'daemonsets');
export const LEASES = type('coordination.k8s.io', 'Lease', 'leases');
export const TOKEN_REVIEWS = type('authentication.k8s.io', 'TokenReview', 'tokenreviews', false);
export const SELF_SUBJECT_ACCESS_REVIEWS = type(
  'authorization.k8s.io',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
  false,
);
