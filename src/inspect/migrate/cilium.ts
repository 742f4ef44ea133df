import type { ForeignObject } from './sources.ts';
import { layer2, member, members, type PlannedObject, pool, type Translation, textOf } from './translation.ts';

/** Cilium LB-IPAM with its layer 2 policies. @see https://docs.cilium.io/en/stable/network/lb-ipam/ */
export function fromCilium(objects: readonly ForeignObject[], namespace: string): Translation {
  const notes: string[] = [];
  const planned: PlannedObject[] = [];
  for (const object of objects) {
    if (object.kind === 'CiliumLoadBalancerIPPool') planned.push(ipPool(object, namespace, notes));
    else if (object.kind === 'CiliumL2AnnouncementPolicy') planned.push(policy(object, namespace, notes));
    else notes.push(`${object.kind} ${object.name}: write its peers as BGPPeer and its pools as BGPAdvertisement`);
  }
  return { objects: planned, notes };
}

function ipPool({ kind, name, spec }: ForeignObject, namespace: string, notes: string[]): PlannedObject {
  const addresses = [...members(spec.blocks), ...members(spec.cidrs)].flatMap((block) => {
    const [cidr, start] = [textOf(member(block, 'cidr')), textOf(member(block, 'start'))];
    const range = cidr ?? (start === undefined ? undefined : `${start}-${textOf(member(block, 'stop')) ?? start}`);
    return range ?? [];
  });
  if (spec.disabled === true) notes.push(`${kind} ${name} is disabled: its pool is given out only when asked for`);
  const selector = selectorOf(spec.serviceSelector, `${kind} ${name}`, notes);
  return pool(namespace, name, {
    addresses,
    ...(spec.disabled === true ? { autoAssign: false } : {}),
    ...(spec.allowFirstLastIPs === 'No' ? { avoidBuggyIPs: true } : {}),
    ...(selector === undefined ? {} : { serviceAllocation: { priority: 1, ...selector } }),
  });
}

function policy({ kind, name, spec }: ForeignObject, namespace: string, notes: string[]): PlannedObject {
  const patterns = members(spec.interfaces).flatMap((pattern) => textOf(pattern) ?? []);
  const plain = patterns.filter((pattern) => /^\^?[\w.-]+\$?$/.test(pattern));
  if (plain.length < patterns.length)
    notes.push(`${kind} ${name}: its interfaces are patterns; write the names themselves into the L2Advertisement`);
  if (spec.externalIPs === true) notes.push(`${kind} ${name}: externalIPs are not announced here`);
  const serviceSelector = spec.serviceSelector === undefined ? {} : { serviceSelectors: [spec.serviceSelector] };
  return layer2(namespace, name, {
    ...(spec.nodeSelector === undefined ? {} : { nodeSelectors: [spec.nodeSelector] }),
    ...serviceSelector,
    ...(patterns.length > 0 && plain.length === patterns.length
      ? { interfaces: plain.map((pattern) => pattern.replaceAll(/[\^$]/g, '')) }
      : {}),
  });
}

const NAMESPACE_LABEL = 'io.kubernetes.service.namespace';
const NAME_LABEL = 'io.kubernetes.service.name';

/** Cilium selects namespaces by a label that no Service has. */
function selectorOf(
  selector: unknown,
  of: string,
  notes: string[],
): { readonly namespaces?: readonly string[]; readonly serviceSelectors?: readonly unknown[] } | undefined {
  if (selector === undefined || selector === null) return undefined;
  const matchLabels = (member(selector, 'matchLabels') ?? {}) as Readonly<Record<string, string>>;
  const { [NAMESPACE_LABEL]: namespace, [NAME_LABEL]: name, ...labels } = matchLabels;
  if (name !== undefined) notes.push(`${of}: a pool for Service ${name} alone is a reservation (spec.reservations)`);
  if (JSON.stringify(member(selector, 'matchExpressions') ?? '').includes('io.kubernetes.service.'))
    notes.push(`${of}: write the namespaces of its matchExpressions into serviceAllocation.namespaces`);
  const matchExpressions = members(member(selector, 'matchExpressions')).filter(
    (expression) => !String(member(expression, 'key')).startsWith('io.kubernetes.service.'),
  );
  const rest = {
    ...(Object.keys(labels).length > 0 ? { matchLabels: labels } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
  };
  return {
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    ...(Object.keys(rest).length > 0 ? { serviceSelectors: [rest] } : {}),
  };
}
