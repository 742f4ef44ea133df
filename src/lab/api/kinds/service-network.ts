import { isIP } from 'node:net';
import type { IpFamily } from '../../../core/net/index.ts';
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
import { nodePortsOf, type ServiceAllocations } from './service-allocations.ts';

/** Fills in cluster addresses, families and node ports. What the client asked for is left for validation to judge. */
export function allocateForService(
  next: KubeObject,
  previous: KubeObject | undefined,
  allocations: ServiceAllocations,
): KubeObject {
  const before = objectAt(previous, 'spec');
  const spec = objectAt(next, 'spec') ?? {};
  if (stringAt(spec, 'type') === 'ExternalName') return { ...next, spec };
  const addressed = withAddresses(carryOver(spec, before), allocations);
  return { ...next, spec: withNodePorts(addressed, before, previous, allocations) };
}

/** An update may leave out what the server once filled in. */
function carryOver(spec: JsonObject, before: JsonObject | undefined): JsonObject {
  if (before === undefined || stringAt(before, 'type') === 'ExternalName') return spec;
  const kept: Record<string, Json | undefined> = { ...spec };
  const left = (member: string): boolean => kept[member] === undefined;
  if (left('clusterIP') && left('clusterIPs')) kept.clusterIPs = before.clusterIPs;
  else if (left('clusterIPs') && kept.clusterIP === before.clusterIP) kept.clusterIPs = before.clusterIPs;
  if (left('clusterIP')) kept.clusterIP = stringsAt(kept, 'clusterIPs')[0];
  for (const member of ['ipFamilies', 'ipFamilyPolicy']) if (left(member)) kept[member] = before[member];
  return kept;
}

function withAddresses(spec: JsonObject, allocations: ServiceAllocations): JsonObject {
  const single = stringAt(spec, 'clusterIP');
  const listed = stringsAt(spec, 'clusterIPs');
  const given = listed.length > 0 ? listed : single === undefined || single === '' ? [] : [single];
  const headless = given[0] === 'None';
  const policy = stringAt(spec, 'ipFamilyPolicy') ?? policyFor(spec, { given, headless });
  const families = familiesFor(spec, { given, policy, headless }, allocations);
  if (headless) {
    return { ...spec, clusterIP: 'None', clusterIPs: ['None'], ipFamilies: families, ipFamilyPolicy: policy };
  }
  const clusterIPs = families.flatMap((family, at) => given[at] ?? allocations.freeAddress(family) ?? []);
  return {
    ...spec,
    clusterIP: single === undefined || single === '' ? clusterIPs[0] : single,
    clusterIPs,
    ipFamilies: families,
    ipFamilyPolicy: policy,
  };
}

interface Asked {
  readonly given: readonly string[];
  readonly headless: boolean;
}

function policyFor(spec: JsonObject, { given, headless }: Asked): string {
  const two = given.length > 1 || arrayAt(spec, 'ipFamilies').length > 1;
  return two || (headless && isSelectorless(spec)) ? 'RequireDualStack' : 'SingleStack';
}

/** A headless Service without selector stands for endpoints of any family, whatever the cluster has. */
function isSelectorless(spec: JsonObject): boolean {
  return Object.keys(objectAt(spec, 'selector') ?? {}).length === 0;
}

function familiesFor(
  spec: JsonObject,
  { given, policy, headless }: Asked & { readonly policy: string },
  allocations: ServiceAllocations,
): IpFamily[] {
  const listed = stringsAt(spec, 'ipFamilies').filter((family) => family === 'IPv4' || family === 'IPv6');
  const ofAddresses = given.filter((address) => isIP(address) !== 0).map(familyOfText);
  const families = listed.length > 0 ? listed : ofAddresses;
  const [first] = allocations.families;
  if (families.length === 0 && first !== undefined) families.push(first);
  if (policy === 'SingleStack') return families.slice(0, 1);
  const possible: readonly IpFamily[] = headless && isSelectorless(spec) ? ['IPv4', 'IPv6'] : allocations.families;
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
