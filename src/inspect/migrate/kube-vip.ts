import { ADDRESS_SOURCES } from '../../controller/provider/request-table.ts';
import { keyOf, type Service } from '../../ports/kubernetes.ts';
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

const HOST = 'kube-vip.io/vipHost';

/** What is to be seen to of the addresses that kube-vip took by DHCP or has on interfaces. */
export function kubeVipNotes(services: readonly Service[]): readonly string[] {
  const leased = services.filter(isLeased).map((service) => {
    const name = keyOf(service.meta);
    return `Service ${name} has ${addressesOf(service).join(', ')} by DHCP: nobody renews the lease here, so reserve the address in the DHCP server, and take the annotation off`;
  });
  const hosts = Map.groupBy(
    services.filter((service) => addressesOf(service).length > 0),
    ({ meta }) => meta.annotations[HOST] ?? '',
  );
  const held = [...hosts].filter(([host]) => host !== '').toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...leased,
    ...held.map(
      ([host, its]) =>
        `Node ${host} has ${its.flatMap(addressesOf).join(', ')} on an interface: look there when kube-vip has stopped (ip address show), and take away what it left (ip address delete ADDRESS/32 dev INTERFACE)`,
    ),
  ];
}

function isLeased(service: Service): boolean {
  const asked = ADDRESS_SOURCES.flatMap((source) => listed(source.read(service) ?? ''));
  return asked.includes('0.0.0.0') || asked.includes('::');
}

function addressesOf({ status }: Service): readonly string[] {
  return status.ingress.flatMap(({ ip }) => ip ?? []);
}
