import { isIP } from 'node:net';
import { arrayAt, isObject, type JsonObject, stringAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import { subdomainName } from './strategy.ts';

export const NOT_AN_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
export const NOT_A_PORT = 'must be between 1 and 65535, inclusive';

/** What is wrong with the status of a Service. @see Kubernetes core validation: ValidateLoadBalancerStatus */
export function statusErrors(service: KubeObject): FieldError[] {
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
  const ip = stringAt(entry, 'ip') ?? '';
  const mode = stringAt(entry, 'ipMode');
  if (ip !== '' && isIP(ip) === 0) errors.push(fieldErrors.invalid(`${field}.ip`, ip, NOT_AN_ADDRESS));
  if (ip !== '' && mode === undefined) {
    errors.push(fieldErrors.required(`${field}.ipMode`, 'must be specified when `ip` is set'));
  } else if (ip === '' && mode !== undefined) {
    errors.push(fieldErrors.forbidden(`${field}.ipMode`, 'may not be specified when `ip` is not set'));
  } else if (mode !== undefined && mode !== 'VIP' && mode !== 'Proxy') {
    errors.push(fieldErrors.notSupported(`${field}.ipMode`, mode, ['Proxy', 'VIP']));
  }
  return [...errors, ...hostnameErrors(entry, `${field}.hostname`)];
}

function hostnameErrors(entry: JsonObject, field: string): FieldError[] {
  const hostname = stringAt(entry, 'hostname') ?? '';
  if (hostname === '') return [];
  const wrong = subdomainName(hostname);
  return [
    ...(wrong === undefined ? [] : [fieldErrors.invalid(field, hostname, wrong)]),
    ...(isIP(hostname) === 0 ? [] : [fieldErrors.invalid(field, hostname, 'must be a DNS name, not an IP address')]),
  ];
}
