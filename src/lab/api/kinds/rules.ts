import { isIP } from 'node:net';
import { arrayAt, deepEqual, isObject, numberAt, objectAt, stringAt, stringsAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { immutable } from '../metadata-rules.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import { NOT_AN_ADDRESS, PROTOCOLS } from './service-status-rules.ts';

const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const CONFIG_KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

/** @see Kubernetes coordination validation: ValidateLeaseSpec */
export function leaseErrors(lease: KubeObject): FieldError[] {
  const seconds = numberAt(lease, 'spec', 'leaseDurationSeconds');
  const transitions = numberAt(lease, 'spec', 'leaseTransitions');
  return [
    ...(seconds !== undefined && seconds <= 0
      ? [fieldErrors.invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : []),
    ...(transitions !== undefined && transitions < 0
      ? [fieldErrors.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
      : []),
  ];
}

/** Keys of a ConfigMap or Secret. */
export function dataErrors(object: KubeObject, previous: KubeObject | undefined): FieldError[] {
  const keys = [...Object.keys(objectAt(object, 'data') ?? {}), ...Object.keys(objectAt(object, 'binaryData') ?? {})];
  const errors = keys.flatMap((key) =>
    CONFIG_KEY.test(key) ? [] : [fieldErrors.invalid(`data[${key}]`, key, CONFIG_KEY_RULE)],
  );
  if (previous?.immutable !== true) return errors;
  const changed = ['data', 'binaryData'].filter((member) => !deepEqual(object[member], previous[member]));
  return [
    ...errors,
    ...changed.map((member) => fieldErrors.forbidden(member, 'field is immutable when `immutable` is set')),
  ];
}

/** @see Kubernetes core validation: ValidateSecret, ValidateSecretUpdate */
export function secretErrors(secret: KubeObject, previous: KubeObject | undefined): FieldError[] {
  const type = stringAt(secret, 'type') ?? '';
  const missing =
    type === 'kubernetes.io/tls'
      ? ['tls.crt', 'tls.key'].filter((key) => stringAt(secret, 'data', key) === undefined)
      : [];
  return [
    ...dataErrors(secret, previous),
    ...(previous !== undefined && previous.type !== type ? [immutable('type', type)] : []),
    ...missing.map((key) => fieldErrors.required(`data[${key}]`, '')),
  ];
}

/** @see Kubernetes core validation: ValidateNodeUpdate */
export function nodeErrors(node: KubeObject, previous: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = arrayAt(node, 'spec', 'taints').flatMap((taint, at) => {
    const effect = stringAt(taint, 'effect') ?? '';
    if (TAINT_EFFECTS.includes(effect)) return [];
    return [fieldErrors.notSupported(`metadata.taints[${at}].effect`, effect, TAINT_EFFECTS)];
  });
  const had = stringAt(previous, 'spec', 'providerID') ?? '';
  if (had !== '' && had !== stringAt(node, 'spec', 'providerID')) {
    const why = 'node updates may not change providerID except from "" to valid';
    errors.push(fieldErrors.forbidden('spec.providerID', why));
  }
  return errors;
}

/** @see Kubernetes discovery validation: ValidateEndpointSlice */
export function endpointSliceErrors(slice: KubeObject, previous: KubeObject | undefined): FieldError[] {
  const type = stringAt(slice, 'addressType') ?? '';
  if (previous !== undefined && previous.addressType !== type) return [immutable('addressType', type)];
  const ports = arrayAt(slice, 'ports').flatMap((port, at) => {
    const protocol = stringAt(port, 'protocol') ?? '';
    if (PROTOCOLS.includes(protocol)) return [];
    return [fieldErrors.notSupported(`ports[${at}].protocol`, protocol, PROTOCOLS)];
  });
  if (type === '') return [fieldErrors.required('addressType', '')];
  if (!ADDRESS_TYPES.includes(type)) return [fieldErrors.notSupported('addressType', type, ADDRESS_TYPES)];
  return [...endpointErrors(slice, type), ...ports];
}

function endpointErrors(slice: KubeObject, type: string): FieldError[] {
  const family = { IPv4: 4, IPv6: 6 }[type];
  return arrayAt(slice, 'endpoints').flatMap((endpoint, at) => {
    const addresses = stringsAt(endpoint, 'addresses');
    const field = `endpoints[${at}].addresses`;
    if (addresses.length === 0) return [fieldErrors.required(field, 'must contain at least 1 address')];
    if (family === undefined) return [];
    return addresses.flatMap((address, index) => {
      if (isIP(address) === family) return [];
      if (isIP(address) === 0) return [fieldErrors.invalid(`${field}[${index}]`, address, NOT_AN_ADDRESS)];
      return [fieldErrors.invalid(field, address, `must be an ${type} address`)];
    });
  });
}

/** An event lives in the namespace of what it is about; events about cluster-wide objects in `default`. */
export function eventErrors(event: KubeObject): FieldError[] {
  const namespace = event.metadata.namespace ?? '';
  const about = stringAt(event, 'involvedObject', 'namespace') ?? '';
  const fits = about === '' ? namespace === 'default' || namespace === 'kube-system' : about === namespace;
  return fits ? [] : [fieldErrors.invalid('involvedObject.namespace', about, 'does not match event.namespace')];
}

/** @see Kubernetes events validation: legacy events have no eventTime */
export function newEventErrors(event: KubeObject): FieldError[] {
  const written = stringAt(event, 'eventTime');
  if (written === undefined) return [fieldErrors.required('eventTime', '')];
  const empty = ['reportingController', 'reportingInstance', 'reason', 'action'].filter(
    (member) => (stringAt(event, member) ?? '') === '',
  );
  return empty.map((member) => fieldErrors.required(member, ''));
}

export function bindingErrors(binding: KubeObject, previous: KubeObject | undefined): FieldError[] {
  if (previous === undefined || deepEqual(binding.roleRef, previous.roleRef)) return [];
  const { apiGroup = '', kind = '', name = '' } = objectAt(binding, 'roleRef') ?? {};
  const shown = { APIGroup: apiGroup, Kind: kind, Name: name };
  return [fieldErrors.invalid('roleRef', shown, 'cannot change roleRef')];
}

export function podErrors(pod: KubeObject): FieldError[] {
  const containers = arrayAt(pod, 'spec', 'containers');
  if (containers.length === 0) return [fieldErrors.required('spec.containers', '')];
  return containers.flatMap((container, at) => {
    const name = isObject(container) ? (stringAt(container, 'name') ?? '') : '';
    return name === '' ? [fieldErrors.required(`spec.containers[${at}].name`, '')] : [];
  });
}
