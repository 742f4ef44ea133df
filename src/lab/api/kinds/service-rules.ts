import { isIP } from 'node:net';
import { arrayAt, booleanAt, isObject, type JsonObject, numberAt, objectAt, stringAt, stringsAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { WriteScope } from '../resource.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import { addressesOf, nodePortsOf, type ServiceAllocations } from './service-allocations.ts';

export interface ServiceWrite {
  readonly next: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly scope: WriteScope;
}

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What is wrong with a Service. @see Kubernetes core validation: ValidateService, ValidateServiceUpdate */
export function serviceErrors(write: ServiceWrite, allocations: ServiceAllocations): FieldError[] {
  const { next, previous, scope } = write;
  if (scope === 'status') return statusErrors(next);
  const spec = objectAt(next, 'spec') ?? {};
  const type = stringAt(spec, 'type') ?? '';
  return [
    ...(TYPES.includes(type) ? [] : [fieldErrors.notSupported('spec.type', type, TYPES)]),
    ...portErrors(spec, { type, headless: stringAt(spec, 'clusterIP') === 'None' }),
    ...policyErrors(spec, type),
    ...classErrors(spec, objectAt(previous, 'spec'), type),
    ...clusterAddressErrors(next, previous, allocations),
    ...nodePortErrors(next, previous, allocations),
    ...addressListErrors(spec),
  ];
}

function portErrors(spec: JsonObject, about: { readonly type: string; readonly headless: boolean }): FieldError[] {
  const ports = arrayAt(spec, 'ports').filter(isObject);
  if (ports.length === 0 && !about.headless && about.type !== 'ExternalName') {
    return [fieldErrors.required('spec.ports', '')];
  }
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const names = new Set<string>();
  for (const [at, port] of ports.entries()) {
    const field = `spec.ports[${at}]`;
    const number = numberAt(port, 'port') ?? 0;
    const protocol = stringAt(port, 'protocol') ?? '';
    const name = stringAt(port, 'name') ?? '';
    if (number < 1 || number > 65535) {
      errors.push(fieldErrors.invalid(`${field}.port`, number, 'must be between 1 and 65535, inclusive'));
    }
    if (!PROTOCOLS.includes(protocol)) errors.push(fieldErrors.notSupported(`${field}.protocol`, protocol, PROTOCOLS));
    if (name === '' && ports.length > 1) errors.push(fieldErrors.required(`${field}.name`, ''));
    if (name !== '' && names.has(name)) errors.push(fieldErrors.duplicate(`${field}.name`, name));
    names.add(name);
    const key = `${protocol}/${number}`;
    if (seen.has(key)) errors.push(fieldErrors.duplicate(field, { port: number, protocol }));
    seen.add(key);
    if (about.type === 'ClusterIP' && (numberAt(port, 'nodePort') ?? 0) !== 0) {
      errors.push(fieldErrors.forbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  return errors;
}

function policyErrors(spec: JsonObject, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const external = stringAt(spec, 'externalTrafficPolicy');
  const reachable =
    type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && arrayAt(spec, 'externalIPs').length > 0);
  if (external !== undefined && external !== 'Cluster' && external !== 'Local') {
    errors.push(fieldErrors.notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']));
  } else if (external !== undefined && !reachable) {
    errors.push(
      fieldErrors.invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'),
    );
  }
  const affinity = stringAt(spec, 'sessionAffinity') ?? '';
  if (!['ClientIP', 'None'].includes(affinity)) {
    errors.push(fieldErrors.notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']));
  }
  const check = numberAt(spec, 'healthCheckNodePort') ?? 0;
  if (check !== 0 && !(type === 'LoadBalancer' && external === 'Local')) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(fieldErrors.invalid('spec.healthCheckNodePort', check, why));
  }
  if (type !== 'LoadBalancer' && booleanAt(spec, 'allocateLoadBalancerNodePorts') !== undefined) {
    const why = "may only be used when `type` is 'LoadBalancer'";
    errors.push(fieldErrors.forbidden('spec.allocateLoadBalancerNodePorts', why));
  }
  return errors;
}

function classErrors(spec: JsonObject, before: JsonObject | undefined, type: string): FieldError[] {
  const field = 'spec.loadBalancerClass';
  const wanted = stringAt(spec, 'loadBalancerClass');
  if (type !== 'LoadBalancer') {
    return wanted === undefined ? [] : [fieldErrors.forbidden(field, "may only be used when `type` is 'LoadBalancer'")];
  }
  const fixed = stringAt(before, 'type') === 'LoadBalancer';
  return fixed && stringAt(before, 'loadBalancerClass') !== wanted
    ? [fieldErrors.invalid(field, wanted ?? null, 'may not change once set')]
    : [];
}

function clusterAddressErrors(
  next: KubeObject,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): FieldError[] {
  const held = addressesOf(previous);
  const wanted = stringsAt(next, 'spec', 'clusterIPs');
  const single = stringAt(next, 'spec', 'clusterIP');
  const wasNamed = stringAt(previous, 'spec', 'type') !== 'ExternalName';
  const now = stringAt(next, 'spec', 'type') !== 'ExternalName';
  if (previous !== undefined && wasNamed && now) {
    const before = stringsAt(previous, 'spec', 'clusterIPs');
    if (wanted[0] !== before[0] || single !== stringAt(previous, 'spec', 'clusterIP')) {
      return [fieldErrors.invalid('spec.clusterIPs[0]', wanted, 'may not change once set')];
    }
  }
  return wanted.flatMap((address, at) => {
    if (address === 'None' || held.includes(address)) return [];
    const field = `spec.clusterIPs[${at}]`;
    if (isIP(address) === 0) return [fieldErrors.invalid(field, address, NOT_AN_ADDRESS)];
    const refusal = allocations.refusal(address);
    return refusal === undefined
      ? []
      : [fieldErrors.invalid('spec.clusterIPs', wanted, `failed to allocate IP ${address}: ${refusal}`)];
  });
}

function nodePortErrors(
  next: KubeObject,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): FieldError[] {
  const held = nodePortsOf(previous);
  return arrayAt(next, 'spec', 'ports').flatMap((port, at) => {
    const nodePort = numberAt(port, 'nodePort') ?? 0;
    if (nodePort === 0 || held.includes(nodePort)) return [];
    const field = `spec.ports[${at}].nodePort`;
    if (!allocations.nodePortInRange(nodePort)) {
      const why = `provided port is not in the valid range. The range of valid ports is ${allocations.nodePortRangeText}`;
      return [fieldErrors.invalid(field, nodePort, why)];
    }
    return allocations.nodePortTaken(nodePort)
      ? [fieldErrors.invalid(field, nodePort, 'provided port is already allocated')]
      : [];
  });
}

export const NOT_AN_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function addressListErrors(spec: JsonObject): FieldError[] {
  return stringsAt(spec, 'externalIPs').flatMap((address, at) =>
    isIP(address) === 0 ? [fieldErrors.invalid(`spec.externalIPs[${at}]`, address, NOT_AN_ADDRESS)] : [],
  );
}

function statusErrors(service: KubeObject): FieldError[] {
  const ingress = arrayAt(service, 'status', 'loadBalancer', 'ingress').filter(isObject);
  if (stringAt(service, 'spec', 'type') !== 'LoadBalancer') {
    return ingress.length === 0
      ? []
      : [fieldErrors.forbidden('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return ingress.flatMap((entry, at) => ingressErrors(entry, `status.loadBalancer.ingress[${at}]`));
}

function ingressErrors(entry: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const ip = stringAt(entry, 'ip');
  const mode = stringAt(entry, 'ipMode');
  if (ip !== undefined && isIP(ip) === 0) errors.push(fieldErrors.invalid(`${field}.ip`, ip, NOT_AN_ADDRESS));
  if (ip === undefined && mode !== undefined) {
    errors.push(fieldErrors.forbidden(`${field}.ipMode`, 'may not be specified when `ip` is not set'));
  }
  if (mode !== undefined && mode !== 'VIP' && mode !== 'Proxy') {
    errors.push(fieldErrors.notSupported(`${field}.ipMode`, mode, ['VIP', 'Proxy']));
  }
  return errors;
}
