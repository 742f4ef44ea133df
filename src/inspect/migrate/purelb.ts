import type { ForeignObject } from './sources.ts';
import { layer2, member, members, type PlannedObject, pool, type Translation, textOf } from './translation.ts';

/** PureLB's ServiceGroups. @see https://purelb.gitlab.io/docs/ */
export function fromPureLb(objects: readonly ForeignObject[], namespace: string): Translation {
  const notes: string[] = [];
  const planned: PlannedObject[] = [];
  for (const { kind, name, spec } of objects) {
    if (kind !== 'ServiceGroup') {
      notes.push(
        `${kind} ${name}: name its localInterface in the L2Advertisement ("interfaces") if it is not the default`,
      );
      continue;
    }
    const [form] = ['local', 'remote', 'external'].filter((each) => spec[each] !== undefined);
    const group = form === undefined ? undefined : spec[form];
    const addresses = rangesOf(group);
    if (form === 'external' || addresses.length === 0) {
      notes.push(`ServiceGroup ${name}: addresses of an external IPAM have no counterpart`);
      continue;
    }
    if (form === 'remote')
      notes.push(`ServiceGroup ${name} is routed: announce pool ${name} with a BGPPeer and a BGPAdvertisement`);
    const namespaces = members(spec.namespaces).flatMap((each) => textOf(each) ?? []);
    const made = pool(namespace, name, {
      addresses,
      // A group that is not the default one is used only when a Service names it.
      ...(name === 'default' || namespaces.length > 0 ? {} : { autoAssign: false }),
      ...(namespaces.length > 0 ? { serviceAllocation: { priority: 1, namespaces } } : {}),
    });
    planned.push(made);
    if (form === 'local') planned.push(layer2(namespace, name, { ipAddressPools: [made.metadata.name] }));
  }
  return { objects: planned, notes };
}

function rangesOf(group: unknown): readonly string[] {
  const pools = [
    member(group, 'v4pool'),
    member(group, 'v6pool'),
    ...members(member(group, 'v4pools')),
    ...members(member(group, 'v6pools')),
  ];
  return pools.flatMap((each) => textOf(member(each, 'pool')) ?? []);
}
