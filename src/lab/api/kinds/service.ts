import { isIP } from 'node:net';
import {
  arrayAt,
  deepEqual,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
} from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Strategy } from '../resource.ts';
import type { ServiceAllocations } from './service-allocations.ts';
import { allocateForService } from './service-network.ts';
import { serviceErrors } from './service-rules.ts';
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
    validate: (next, previous, scope) => serviceErrors({ next, previous, scope }, allocations),
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
    sessionAffinityConfig:
      affinity === 'ClientIP'
        ? (sent.sessionAffinityConfig ?? { clientIP: { timeoutSeconds: 10800 } })
        : sent.sessionAffinityConfig,
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
  const ingress = balancer.ingress === undefined ? undefined : arrayAt(balancer, 'ingress').map(defaultIngress);
  return { ...service, spec, status: { ...status, loadBalancer: { ...balancer, ingress } } };
}

function defaultPort(port: Json): Json {
  if (!isObject(port)) return port;
  return { ...port, protocol: port.protocol ?? 'TCP', targetPort: port.targetPort ?? port.port };
}

function defaultIngress(ingress: Json): Json {
  if (!isObject(ingress) || ingress.ip === undefined || ingress.ipMode !== undefined) return ingress;
  return { ...ingress, ipMode: 'VIP' };
}

/** Fields that the new type does not have go when the type changes and the client left them as they were. */
function dropForType(next: KubeObject, previous: KubeObject | undefined): KubeObject {
  const spec = objectAt(next, 'spec') ?? {};
  const type = stringAt(spec, 'type') ?? 'ClusterIP';
  const before = objectAt(previous, 'spec') ?? {};
  const typeBefore = stringAt(before, 'type');
  const kept: Record<string, Json | undefined> = { ...spec };
  if (previous !== undefined && typeBefore !== type) {
    const drop = (member: string): void => {
      if (deepEqual(spec[member], before[member])) kept[member] = undefined;
    };
    if (typeBefore === 'LoadBalancer') {
      drop('loadBalancerClass');
      drop('allocateLoadBalancerNodePorts');
    }
    if (type === 'ClusterIP' || type === 'ExternalName') drop('externalTrafficPolicy');
    if (type === 'ExternalName')
      for (const member of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
        drop(member);
    if (typeBefore === 'ExternalName') drop('externalName');
    if (type === 'ClusterIP' || type === 'ExternalName') kept.ports = withoutNodePorts(spec, before);
  }
  const status = objectAt(next, 'status') ?? {};
  const dropStatus = type !== 'LoadBalancer' && typeBefore === 'LoadBalancer';
  return {
    ...next,
    spec: kept,
    status: dropStatus ? { ...status, loadBalancer: {} } : status,
  };
}

/** Node ports that were there before go; new ones stay, to be refused. */
function withoutNodePorts(spec: JsonObject, before: JsonObject): readonly Json[] | undefined {
  if (spec.ports === undefined) return undefined;
  const held = arrayAt(before, 'ports').map((port) => numberAt(port, 'nodePort'));
  return arrayAt(spec, 'ports').map((port) =>
    isObject(port) && held.includes(numberAt(port, 'nodePort')) ? { ...port, nodePort: undefined } : port,
  );
}

export function isHeadless(spec: JsonObject): boolean {
  return stringAt(spec, 'clusterIP') === 'None' || stringsAt(spec, 'clusterIPs')[0] === 'None';
}

export function familyText(address: string): 'IPv4' | 'IPv6' {
  return isIP(address) === 6 ? 'IPv6' : 'IPv4';
}
