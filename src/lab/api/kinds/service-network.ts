import { isIP } from 'node:net';
import type { IpFamily } from '../../../core/net/index.ts';
import {
  arrayAt,
  booleanAt,
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
import { nodePortsOf, type ServiceAllocations } from './service-allocations.ts';
import { isSelectorless } from './service-family-rules.ts';

/** Fills in cluster addresses, families and node ports. What the client asked for is left for validation to judge. */
export function allocateForService(
  next: KubeObject,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): KubeObject {
  const before = objectAt(previous, 'spec');
  const spec = objectAt(next, 'spec') ?? {};
  if (stringAt(spec, 'type') === 'ExternalName') return { ...next, spec };
  const addressed = withAddresses(carryOver(spec, before), before, allocations);
  return { ...next, spec: withNodePorts(addressed, before, previous, allocations) };
}

/** An update may leave out what the server once filled in. */
function carryOver(spec: JsonObject, before: JsonObject | undefined): JsonObject {
  if (before === undefined || stringAt(before, 'type') === 'ExternalName') return spec;
  const kept: Record<string, Json | undefined> = { ...spec };
  const left = (member: string): boolean => kept[member] === undefined;
  if (left('clusterIP') && left('clusterIPs')) kept.clusterIPs = before.clusterIPs;
  else if (left('clusterIPs') && kept.clusterIP === before.clusterIP) kept.clusterIPs = before.clusterIPs;
  // Who changes the one and leaves the list means the first of the list.
  const single = stringAt(kept, 'clusterIP');
  if (single !== undefined && single !== before.clusterIP && deepEqual(kept.clusterIPs, before.clusterIPs)) {
    kept.clusterIPs = [single, ...stringsAt(before, 'clusterIPs').slice(1)];
  }
  if (left('clusterIP')) kept.clusterIP = stringsAt(kept, 'clusterIPs')[0];
  for (const member of ['ipFamilies', 'ipFamilyPolicy']) if (left(member)) kept[member] = before[member];
  return kept;
}

function withAddresses(spec: JsonObject, before: JsonObject | undefined, allocations: ServiceAllocations): JsonObject {
  const single = stringAt(spec, 'clusterIP') ?? '';
  const listed = stringsAt(spec, 'clusterIPs');
  const given = listed.length > 0 ? listed : single === '' ? [] : [single];
  const headless = given[0] === 'None';
  const policy =
    stringAt(spec, 'ipFamilyPolicy') ?? (headless && isSelectorless(spec) ? 'RequireDualStack' : 'SingleStack');
  const wanted = familiesFor(spec, { given, policy, headless }, allocations);
  const families = leavesDualStack(spec, before) ? wanted.slice(0, 1) : wanted;
  if (headless) {
    return { ...spec, clusterIP: 'None', clusterIPs: ['None'], ipFamilies: families, ipFamilyPolicy: policy };
  }
  const clusterIPs = families.flatMap((family, at) => given[at] ?? allocations.freeAddress(family) ?? []);
  // Addresses without `clusterIP` are left as they are, to be refused.
  const clusterIP = single === '' && given.length === 0 ? clusterIPs[0] : single;
  return {
    ...spec,
    clusterIP: clusterIP === '' ? undefined : clusterIP,
    clusterIPs,
    ipFamilies: families,
    ipFamilyPolicy: policy,
  };
}

/** A Service that goes from two families to one keeps the first when the client left both in place. */
function leavesDualStack(spec: JsonObject, before: JsonObject | undefined): boolean {
  return (
    before !== undefined &&
    stringAt(spec, 'ipFamilyPolicy') === 'SingleStack' &&
    stringAt(before, 'ipFamilyPolicy') !== 'SingleStack' &&
    deepEqual(spec.ipFamilies, before.ipFamilies) &&
    deepEqual(spec.clusterIPs, before.clusterIPs)
  );
}

interface Asked {
  readonly given: readonly string[];
  readonly headless: boolean;
  readonly policy: string;
}

function familiesFor(spec: JsonObject, { given, policy, headless }: Asked, allocations: ServiceAllocations): string[] {
  const listed = stringsAt(spec, 'ipFamilies');
  const ofAddresses = given.filter((address) => isIP(address) !== 0).map(familyOfText);
  const families: string[] = listed.length > 0 ? listed : ofAddresses;
  const [first] = allocations.families;
  if (families.length === 0 && first !== undefined) families.push(first);
  if (policy === 'SingleStack') return families;
  const possible: readonly string[] = headless && isSelectorless(spec) ? ['IPv4', 'IPv6'] : allocations.families;
  const other = possible.find((family) => !families.includes(family));
  if (families.length === 1 && other !== undefined) families.push(other);
  return families;
}

function familyOfText(address: string): IpFamily {
  return isIP(address) === 6 ? 'IPv6' : 'IPv4';
}

function withNodePorts(
  spec: JsonObject,
  before: JsonObject | undefined,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): JsonObject {
  const type = stringAt(spec, 'type');
  const wanted =
    type === 'NodePort' || (type === 'LoadBalancer' && booleanAt(spec, 'allocateLoadBalancerNodePorts') === true);
  const picked: number[] = arrayAt(spec, 'ports').flatMap((port) => numberAt(port, 'nodePort') ?? []);
  const ports = arrayAt(spec, 'ports').map((port) => {
    if (!wanted || !isObject(port) || (numberAt(port, 'nodePort') ?? 0) !== 0) return port;
    const nodePort = heldNodePort(port, before, picked) ?? allocations.freeNodePort(picked);
    picked.push(nodePort);
    return { ...port, nodePort };
  });
  const checked = withHealthCheck(spec, before, { picked, held: nodePortsOf(previous) }, allocations);
  return spec.ports === undefined ? checked : { ...checked, ports };
}

/** The node port that the same port of the stored Service has. */
function heldNodePort(port: JsonObject, before: JsonObject | undefined, picked: readonly number[]): number | undefined {
  const same = arrayAt(before, 'ports').find(
    (held) =>
      numberAt(held, 'port') === numberAt(port, 'port') && stringAt(held, 'protocol') === stringAt(port, 'protocol'),
  );
  const nodePort = numberAt(same, 'nodePort');
  return nodePort === undefined || picked.includes(nodePort) ? undefined : nodePort;
}

function withHealthCheck(
  spec: JsonObject,
  before: JsonObject | undefined,
  ports: { readonly picked: readonly number[]; readonly held: readonly number[] },
  allocations: ServiceAllocations,
): JsonObject {
  const needed = stringAt(spec, 'type') === 'LoadBalancer' && stringAt(spec, 'externalTrafficPolicy') === 'Local';
  const asked = numberAt(spec, 'healthCheckNodePort') ?? 0;
  const had = numberAt(before, 'healthCheckNodePort') ?? 0;
  if (!needed) return asked === 0 || asked === had ? { ...spec, healthCheckNodePort: undefined } : spec;
  if (asked !== 0) return spec;
  return { ...spec, healthCheckNodePort: had === 0 ? allocations.freeNodePort([...ports.picked, ...ports.held]) : had };
}
