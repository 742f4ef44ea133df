import { VALID } from '../controller/configuration/desired-status.ts';
import { poolSpecOf } from '../controller/provider/pool-specs.ts';
import type { Config } from '../core/config/config.ts';
import { Ipam } from '../core/ipam/index.ts';
import { formatIp, parseIp } from '../core/net/index.ts';
import type { ClusterSnapshot } from '../ports/cluster-snapshot.ts';
import { conditionOf, conditionsIn } from './conditions.ts';
import { assembledAlone, type GivenConfiguration, NOTHING_GIVEN } from './given-configuration.ts';
import type { Column } from './table.ts';

/** A pool as its object shows it, or as it comes from a flag of the controller. */
export interface PoolView {
  readonly namespace: string;
  readonly name: string;
  readonly apiVersion: string;
  readonly addresses: readonly string[];
  readonly autoAssign: boolean;
  readonly assigned: { readonly ipv4: number; readonly ipv6: number };
  readonly available: { readonly ipv4: number; readonly ipv6: number };
  /** Addresses that are not given out, and why. */
  readonly unavailable: readonly { readonly address: string; readonly cause: string }[];
  /** Why it is not in force. */
  readonly problem?: string;
}

interface PoolSpec {
  readonly addresses?: readonly string[];
  readonly autoAssign?: boolean;
}

interface PoolStatus {
  readonly assignedIPv4?: number;
  readonly assignedIPv6?: number;
  readonly availableIPv4?: number;
  readonly availableIPv6?: number;
  readonly unavailable?: PoolView['unavailable'];
}

/** The pools of both groups, and those of flags, by name. */
export function poolViews(snapshot: ClusterSnapshot, given: GivenConfiguration = NOTHING_GIVEN): readonly PoolView[] {
  return [...poolsOfObjects(snapshot), ...poolsOfFlags(snapshot, assembledAlone(given).config)].toSorted(
    (a, b) => a.name.localeCompare(b.name) || a.namespace.localeCompare(b.namespace),
  );
}

function poolsOfObjects({ objects }: ClusterSnapshot): readonly PoolView[] {
  return objects
    .filter(({ kind }) => kind === 'IPAddressPool')
    .map(({ apiVersion, meta, ...object }) => {
      const spec = object.spec as PoolSpec;
      const status = object.status as PoolStatus;
      const valid = conditionOf(conditionsIn(object.status), VALID);
      return {
        namespace: meta.namespace,
        name: meta.name,
        apiVersion,
        addresses: spec.addresses ?? [],
        autoAssign: spec.autoAssign ?? true,
        assigned: { ipv4: status.assignedIPv4 ?? 0, ipv6: status.assignedIPv6 ?? 0 },
        available: { ipv4: status.availableIPv4 ?? 0, ipv6: status.availableIPv6 ?? 0 },
        unavailable: status.unavailable ?? [],
        ...(valid?.status === 'True' ? {} : { problem: valid?.message ?? 'no controller has looked at it yet' }),
      };
    });
}

/** No object says what is used of them: the Services do. */
function poolsOfFlags({ services }: ClusterSnapshot, { pools }: Config): readonly PoolView[] {
  const ipam = new Ipam({ coolDownMs: 0 });
  ipam.setPools(pools.map(poolSpecOf));
  const taken = new Set(services.flatMap(({ status }) => status.ingress.flatMap(({ ip = '' }) => parseIp(ip) ?? [])));
  // One holder for each address, whoever shares it.
  for (const address of taken) ipam.assign({ holder: formatIp(address), ports: [] }, [address]);
  return pools.map(({ origin, name, ranges, autoAssign }) => {
    const usage = ipam.usage(name);
    return {
      namespace: origin.namespace,
      name,
      apiVersion: origin.apiVersion,
      addresses: ranges.map(({ first, last }) => `${formatIp(first)}-${formatIp(last)}`),
      autoAssign,
      assigned: { ipv4: usage?.IPv4.assigned ?? 0, ipv6: usage?.IPv6.assigned ?? 0 },
      available: { ipv4: Number(usage?.IPv4.available ?? 0n), ipv6: Number(usage?.IPv6.available ?? 0n) },
      unavailable: [],
    };
  });
}

export const POOL_COLUMNS: readonly Column<PoolView>[] = [
  { title: 'NAMESPACE', text: ({ namespace }) => namespace },
  { title: 'NAME', text: ({ name }) => name },
  { title: 'ADDRESSES', text: ({ addresses }) => addresses.join(', ') },
  { title: 'AUTO', text: ({ autoAssign }) => (autoAssign ? 'yes' : 'no') },
  { title: 'USED', text: ({ assigned }) => families(assigned) },
  { title: 'FREE', text: ({ available }) => families(available) },
  { title: 'PROBLEM', text: ({ problem, unavailable }) => problem ?? notGivenOut(unavailable) },
];

function families({ ipv4, ipv6 }: { readonly ipv4: number; readonly ipv6: number }): string {
  if (ipv6 === 0) return String(ipv4);
  return ipv4 === 0 ? `${ipv6} (IPv6)` : `${ipv4} + ${ipv6} (IPv6)`;
}

function notGivenOut(unavailable: PoolView['unavailable']): string {
  return unavailable.map(({ address, cause }) => `${address} is not given out: ${cause}`).join('; ');
}
