import { arrayAt, deepEqual, isObject, type Json, type JsonObject, numberAt, objectAt, stringAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Strategy } from '../resource.ts';
import type { ServiceAllocations } from './service-allocations.ts';
import { allocateForService } from './service-network.ts';
import { serviceErrors } from './service-rules.ts';
import { statusErrors } from './service-status-rules.ts';
import { dns1035Name, PLAIN } from './strategy.ts';

/** What a Service does beyond being stored: defaults, cluster addresses, node ports, and what a change of type drops. */
export function serviceStrategy(allocations: ServiceAllocations): Strategy {
  return {
    ...PLAIN,
    createOnUpdate: true,
    returnsDeleted: true,
    validName: dns1035Name,
    decode: (object) => defaultService(object),
    prepare: (next, previous) => allocateForService(dropForType(next, previous), previous, allocations),
    validate: (next, previous, scope) =>
      scope === 'status' ? statusErrors(next) : serviceErrors(next, previous, allocations),
    stored: (next, previous) => allocations.settle(next, previous),
    selectableFields: {
      'spec.clusterIP': (object) => stringAt(object, 'spec', 'clusterIP') ?? '',
      'spec.type': (object) => stringAt(object, 'spec', 'type') ?? '',
    },
  };
}

/** @see Kubernetes core/v1 defaults: SetDefaults_Service */
function defaultService(service: KubeObject): KubeObject {
  const sent = objectAt(service, 'spec') ?? {};
  const type = stringAt(sent, 'type') ?? 'ClusterIP';
  const external = type === 'LoadBalancer' || type === 'NodePort';
  const affinity = stringAt(sent, 'sessionAffinity') ?? 'None';
  const spec: JsonObject = {
    ...sent,
    type,
    sessionAffinity: affinity,
    sessionAffinityConfig: affinity === 'ClientIP' ? clientAffinity(sent) : undefined,
    ports: sent.ports === undefined ? undefined : arrayAt(sent, 'ports').map(defaultPort),
    ...(external && sent.externalTrafficPolicy === undefined ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(type !== 'ExternalName' && sent.internalTrafficPolicy === undefined
      ? { internalTrafficPolicy: 'Cluster' }
      : {}),
    ...(type === 'LoadBalancer' && sent.allocateLoadBalancerNodePorts === undefined
      ? { allocateLoadBalancerNodePorts: true }
      : {}),
  };
  const status = objectAt(service, 'status') ?? {};
  const balancer = objectAt(status, 'loadBalancer') ?? {};
  const ingress = arrayAt(balancer, 'ingress');
  const defaulted = type === 'LoadBalancer' ? ingress.map(defaultIngress) : ingress;
  const loadBalancer = { ...balancer, ingress: ingress.length === 0 ? undefined : defaulted };
  return { ...service, spec, status: { ...status, loadBalancer } };
}

function clientAffinity(spec: JsonObject): Json {
  return spec.sessionAffinityConfig ?? { clientIP: { timeoutSeconds: 10_800 } };
}

function defaultPort(port: Json): Json {
  if (!isObject(port)) return port;
  const target = port.targetPort;
  const unset = target === undefined || target === 0 || target === '';
  return { ...port, protocol: port.protocol ?? 'TCP', targetPort: unset ? port.port : target };
}

function defaultIngress(ingress: Json): Json {
  if (!isObject(ingress) || ingress.ip === undefined || ingress.ipMode !== undefined) return ingress;
  return { ...ingress, ipMode: 'VIP' };
}

/** Fields that the new type does not have go when the type changes and the client left them as they were. */
function dropForType(next: KubeObject, previous: KubeObject | undefined): KubeObject {
  const spec = objectAt(next, 'spec') ?? {};
  const before = objectAt(previous, 'spec');
  if (before === undefined) return next;
  const needs = needsOf(spec);
  const needed = needsOf(before);
  const kept: Record<string, Json | undefined> = { ...spec };
  for (const [member, need] of DEPENDENT_MEMBERS) {
    if (needed[need] && !needs[need] && deepEqual(spec[member], before[member])) kept[member] = undefined;
  }
  if (needed.nodePorts && !needs.nodePorts) kept.ports = withoutNodePorts(spec, before);
  if (needs.balancer || !needed.balancer) return { ...next, spec: kept };
  return { ...next, spec: kept, status: { ...objectAt(next, 'status'), loadBalancer: {} } };
}

const DEPENDENT_MEMBERS = [
  ['loadBalancerClass', 'balancer'],
  ['allocateLoadBalancerNodePorts', 'balancer'],
  ['externalTrafficPolicy', 'external'],
  ['healthCheckNodePort', 'healthCheck'],
  ['clusterIP', 'clusterIp'],
  ['clusterIPs', 'clusterIp'],
  ['ipFamilies', 'clusterIp'],
  ['ipFamilyPolicy', 'clusterIp'],
  ['internalTrafficPolicy', 'clusterIp'],
] as const;

/** What a Service of this type has. @see Kubernetes service registry: dropTypeDependentFields */
function needsOf(spec: JsonObject) {
  const type = stringAt(spec, 'type') ?? 'ClusterIP';
  const balancer = type === 'LoadBalancer';
  const nodePort = type === 'NodePort';
  return {
    balancer,
    external: balancer || nodePort || (type === 'ClusterIP' && arrayAt(spec, 'externalIPs').length > 0),
    healthCheck: balancer && spec.externalTrafficPolicy === 'Local',
    clusterIp: type !== 'ExternalName',
    nodePorts: nodePort || (balancer && spec.allocateLoadBalancerNodePorts !== false),
  };
}

/** Node ports go when the client left all as they were; changed ones stay, to be refused. */
function withoutNodePorts(spec: JsonObject, before: JsonObject): readonly Json[] | undefined {
  if (spec.ports === undefined) return undefined;
  const held = arrayAt(before, 'ports').map((port) => numberAt(port, 'nodePort'));
  // `allocateLoadBalancerNodePorts: false` keeps what is there: only a change of type takes node ports away.
  if (stringAt(spec, 'type') === 'LoadBalancer') return arrayAt(spec, 'ports');
  return arrayAt(spec, 'ports').map((port) =>
    isObject(port) && held.includes(numberAt(port, 'nodePort')) ? { ...port, nodePort: undefined } : port,
  );
}
