import type { KubeObject } from '../kube-object.ts';
import type { Strategy } from '../resource.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_1123_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Why a text is no RFC 1123 subdomain; undefined when it is one. */
export function subdomainName(name: string): string | undefined {
  if (name.length > 253) return 'must be no more than 253 characters';
  if (SUBDOMAIN.test(name)) return undefined;
  return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
}

export function labelName(name: string): string | undefined {
  if (name.length > 63) return 'must be no more than 63 characters';
  if (DNS_1123_LABEL.test(name)) return undefined;
  return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
}

/** Names of Services: RFC 1035 labels. */
export function dns1035Name(name: string): string | undefined {
  if (name.length > 63) return 'must be no more than 63 characters';
  if (DNS_1035_LABEL.test(name)) return undefined;
  return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
}

/** Names of RBAC objects may hold nearly anything. */
export function pathSegmentName(name: string): string | undefined {
  return /[/%]/.test(name) || name === '.' || name === '..' ? 'may not contain "/" or "%"' : undefined;
}

/** A kind that is stored as it comes. */
export const PLAIN: Strategy = {
  createOnUpdate: false,
  unconditionalUpdate: true,
  returnsDeleted: false,
  keepsFirstStatus: false,
  goneWithDeletionTimestamp: false,
  statusKeepsMetadata: false,
  generation: false,
  generationCountsMetadata: false,
  strategicMerge: true,
  validName: subdomainName,
  decode: (object: KubeObject) => object,
  prepare: (next: KubeObject) => next,
  validate: () => [],
  stored: () => undefined,
  selectableFields: {},
  gracePeriodSeconds: () => 0,
  refuseDelete: () => undefined,
  marked: (object: KubeObject) => object,
};
