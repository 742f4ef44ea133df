import { isIP } from 'node:net';
import { parsePrefix } from '../../../core/net/index.ts';
import {
  arrayAt,
  booleanAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
} from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import { addressesOf, nodePortsOf, type ServiceAllocations } from './service-allocations.ts';
import { familyErrors } from './service-family-rules.ts';
import { NOT_A_PORT, NOT_AN_ADDRESS, PROTOCOLS } from './service-status-rules.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

/** What is wrong with a Service. @see Kubernetes core validation: ValidateService, ValidateServiceUpdate */
export function serviceErrors(
  next: KubeObject,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): FieldError[] {
  const spec = objectAt(next, 'spec') ?? {};
  const before = objectAt(previous, 'spec');
  const type = stringAt(spec, 'type') ?? '';
  return [
    ...(TYPES.includes(type) ? [] : [fieldErrors.notSupported('spec.type', type, TYPES)]),
    ...portErrors(spec, { type, headless: stringAt(spec, 'clusterIP') === 'None' }),
    ...policyErrors(spec, before, type),
    ...classErrors(spec, before, type),
    ...(type === 'ExternalName' ? [] : familyErrors(spec, allocations)),
    ...addressListErrors(spec, type),
    ...allocationErrors(next, previous, allocations),
  ];
}

/** Allocation comes after validation: a Service that is wrong in itself is refused for that alone. */
function allocationErrors(
  next: KubeObject,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): FieldError[] {
  return [...clusterAddressErrors(next, previous, allocations), ...nodePortErrors(next, previous, allocations)];
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
      errors.push(fieldErrors.invalid(`${field}.port`, number, NOT_A_PORT));
    }
    if (name === '' && ports.length > 1) errors.push(fieldErrors.required(`${field}.name`, ''));
    if (name !== '' && names.has(name)) errors.push(fieldErrors.duplicate(`${field}.name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(fieldErrors.notSupported(`${field}.protocol`, protocol, PROTOCOLS));
    errors.push(...targetPortErrors(port.targetPort, `${field}.targetPort`));
    const key = `${protocol}/${number}`;
    if (seen.has(key)) errors.push(fieldErrors.duplicate(field, { port: number, protocol }));
    seen.add(key);
    if (about.type === 'ClusterIP' && (numberAt(port, 'nodePort') ?? 0) !== 0) {
      errors.push(fieldErrors.forbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  return errors;
}

const PORT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

function targetPortErrors(target: Json | undefined, field: string): FieldError[] {
  if (typeof target === 'number') {
    return target >= 1 && target <= 65_535 ? [] : [fieldErrors.invalid(field, target, NOT_A_PORT)];
  }
  if (typeof target !== 'string' || (PORT_NAME.test(target) && /[a-z]/.test(target) && target.length <= 15)) return [];
  if (target.length > 15) return [fieldErrors.invalid(field, target, 'must be no more than 15 characters')];
  const why = 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
  return [fieldErrors.invalid(field, target, why)];
}

function policyErrors(spec: JsonObject, before: JsonObject | undefined, type: string): FieldError[] {
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
  if (type === 'ExternalName' && (stringAt(spec, 'externalName') ?? '') === '') {
    errors.push(fieldErrors.required('spec.externalName', ''));
  }
  errors.push(...healthCheckErrors(spec, before));
  if (type !== 'LoadBalancer' && booleanAt(spec, 'allocateLoadBalancerNodePorts') !== undefined) {
    const why = "may only be used when `type` is 'LoadBalancer'";
    errors.push(fieldErrors.forbidden('spec.allocateLoadBalancerNodePorts', why));
  }
  return errors;
}

function healthCheckErrors(spec: JsonObject, before: JsonObject | undefined): FieldError[] {
  const field = 'spec.healthCheckNodePort';
  const port = numberAt(spec, 'healthCheckNodePort') ?? 0;
  const had = numberAt(before, 'healthCheckNodePort') ?? 0;
  const needed = needsHealthCheck(spec);
  if (needed && before !== undefined && needsHealthCheck(before) && port !== had) {
    return [fieldErrors.forbidden(field, 'field is immutable')];
  }
  if (needed || port === 0) return [];
  const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return [fieldErrors.invalid(field, port, why)];
}

function needsHealthCheck(spec: JsonObject): boolean {
  return stringAt(spec, 'type') === 'LoadBalancer' && stringAt(spec, 'externalTrafficPolicy') === 'Local';
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

function addressListErrors(spec: JsonObject, type: string): FieldError[] {
  const external = stringsAt(spec, 'externalIPs').flatMap((address, at) => {
    const field = `spec.externalIPs[${at}]`;
    if (isIP(address) === 0) return [fieldErrors.invalid(field, address, NOT_AN_ADDRESS)];
    const loopback = address.startsWith('127.') || address === '::1';
    return loopback
      ? [fieldErrors.invalid(field, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')]
      : [];
  });
  const ranges = stringsAt(spec, 'loadBalancerSourceRanges');
  // The real server spells this field so.
  const field = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && type !== 'LoadBalancer') {
    return [...external, fieldErrors.forbidden(field, "may only be used when `type` is 'LoadBalancer'")];
  }
  const wrong = ranges.flatMap((range, at) =>
    parsePrefix(range.trim()) === undefined
      ? [
          fieldErrors.invalid(
            `${field}[${at}]`,
            range,
            'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
          ),
        ]
      : [],
  );
  return [...external, ...wrong];
}
