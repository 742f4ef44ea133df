import { layer2, listed, objectName, type PlannedObject, pool, type Translation } from './translation.ts';

/** Keys whose values are no ranges: what each means, and what there is in its place. */
const WITHOUT_COUNTERPART: readonly (readonly [key: RegExp, note: string])[] = [
  [/^interface-/, 'name the interface in the L2Advertisement of the pool ("interfaces")'],
  [/^allow-share-/, 'give the Services one sharing key each group (annotation heraldlb.io/allow-shared-ip)'],
  [/^search-order$/, 'addresses are given out lowest first'],
  [/^skip-end-ips-in-cidr$/, 'set avoidBuggyIPs on the pool: .0 and .255 are then left out'],
];

/**
 * The ConfigMap `kubevip` of kube-vip's cloud provider: `cidr-NAMESPACE`, `range-NAMESPACE` and the same with `global`. Of both
 * the CIDR counts, as there.
 * @see https://kube-vip.io/docs/usage/cloud-provider/
 */
export function fromKubeVip(data: Readonly<Record<string, string>>, namespace: string): Translation {
  const objects: PlannedObject[] = [];
  const notes: string[] = [];
  for (const [key, value] of Object.entries(data).toSorted(([a], [b]) => a.localeCompare(b))) {
    const [, form = '', scope = ''] = /^(cidr|range)-(.+)$/.exec(key) ?? [];
    if (form === '') {
      const [, remedy = 'no counterpart'] = WITHOUT_COUNTERPART.find(([known]) => known.test(key)) ?? [];
      notes.push(`ConfigMap kubevip, key ${key}: ${remedy}`);
      continue;
    }
    if (form === 'range' && data[`cidr-${scope}`] !== undefined) {
      notes.push(`ConfigMap kubevip, key ${key}: not in force beside cidr-${scope}, and left out`);
      continue;
    }
    const addresses = listed(value);
    if (addresses.some((range) => range.startsWith('0.0.0.0'))) {
      notes.push(
        `ConfigMap kubevip, key ${key}: addresses from DHCP have no counterpart; write a range that DHCP leaves alone`,
      );
      continue;
    }
    const allocation = scope === 'global' ? {} : { serviceAllocation: { priority: 1, namespaces: [scope] } };
    objects.push(pool(namespace, `kube-vip-${scope}`, { addresses, ...allocation }));
  }
  const pools = objects.map(({ metadata }) => metadata.name);
  if (pools.length > 0) objects.push(layer2(namespace, objectName('kube-vip'), { ipAddressPools: pools }));
  return { objects, notes };
}
