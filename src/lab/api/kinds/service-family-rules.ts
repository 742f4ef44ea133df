import { isIP } from 'node:net';
import { type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import type { ServiceAllocations } from './service-allocations.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const TWO_FAMILIES = "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified";

/** What is wrong with families, their policy and the cluster addresses together. @see KEP-563 */
export function familyErrors(spec: JsonObject, allocations: ServiceAllocations): FieldError[] {
  const field = 'spec.ipFamilyPolicy';
  const policy = stringAt(spec, 'ipFamilyPolicy') ?? '';
  if (!POLICIES.includes(policy)) return [fieldErrors.notSupported(field, policy, POLICIES)];
  const contradiction = contradictionErrors(spec);
  if (contradiction.length > 0) return contradiction;
  const addresses = addressErrors(spec);
  if (stringAt(spec, 'clusterIP') === 'None' && isSelectorless(spec)) return addresses;
  const families = stringsAt(spec, 'ipFamilies');
  const wrong = families.flatMap((family, at) => oneFamilyErrors(family, { families, at }, allocations));
  if (wrong.length > 0) return wrong;
  if (policy === 'SingleStack' && families.length > 1) {
    return [fieldErrors.invalid(field, policy, TWO_FAMILIES)];
  }
  if (policy !== 'RequireDualStack' || allocations.families.length > 1) return addresses;
  return [fieldErrors.invalid(field, policy, 'this cluster is not configured for dual-stack services')];
}

/** A headless Service without selector stands for endpoints of any family, whatever the cluster has. */
export function isSelectorless(spec: JsonObject): boolean {
  return Object.keys(objectAt(spec, 'selector') ?? {}).length === 0;
}

function oneFamilyErrors(
  family: string,
  { families, at }: { readonly families: readonly string[]; readonly at: number },
  allocations: ServiceAllocations,
): FieldError[] {
  const field = `spec.ipFamilies[${at}]`;
  if (!FAMILIES.includes(family)) return [fieldErrors.notSupported(field, family, FAMILIES)];
  if (families.indexOf(family) < at) return [fieldErrors.duplicate(field, family)];
  if (allocations.families.some((known) => known === family)) return [];
  return [fieldErrors.invalid(field, family, 'not configured on this cluster')];
}

/** `clusterIP` and the first of `clusterIPs` are one. */
function contradictionErrors(spec: JsonObject): FieldError[] {
  const addresses = stringsAt(spec, 'clusterIPs');
  const single = stringAt(spec, 'clusterIP') ?? '';
  if (single === '' && addresses.length > 0) {
    return [fieldErrors.invalid('spec.clusterIPs', addresses, 'must be empty when `clusterIP` is not specified')];
  }
  if (addresses.length === 0 || single === addresses[0]) return [];
  return [fieldErrors.invalid('spec.clusterIPs', addresses, 'first value must match `clusterIP`')];
}

function addressErrors(spec: JsonObject): FieldError[] {
  const addresses = stringsAt(spec, 'clusterIPs');
  const families = stringsAt(spec, 'ipFamilies');
  return addresses.flatMap((address, at) => {
    const wanted = families[at];
    const found = { 4: 'IPv4', 6: 'IPv6' }[isIP(address)];
    if (found === undefined || wanted === undefined || found === wanted) return [];
    const why = `expected an ${wanted} value as indicated by \`ipFamilies[${at}]\``;
    return [fieldErrors.invalid(`spec.clusterIPs[${at}]`, address, why)];
  });
}
