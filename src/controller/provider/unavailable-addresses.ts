import type { Ipam } from '../../core/ipam/index.ts';
import { compareIp, formatIp, type IpAddress } from '../../core/net/index.ts';
import type { UnavailableAddress } from '../configuration/config-source.ts';

/** So many of a pool are listed: its status is for people. */
const LISTED_MAX = 50;

/** By the name of the pool, the addresses that are a node's own or in quarantine. */
export function unavailableAddresses(
  ipam: Ipam,
  nodeAddresses: Iterable<readonly [IpAddress, string]>,
): ReadonlyMap<string, readonly UnavailableAddress[]> {
  const causes = new Map<IpAddress, string>(ipam.quarantined());
  for (const [address, node] of nodeAddresses) causes.set(address, `the own address of node "${node}"`);
  const byPool = new Map<string, UnavailableAddress[]>();
  for (const address of [...causes.keys()].sort(compareIpOfAnyFamily)) {
    const pool = ipam.poolOf(address)?.name;
    if (pool === undefined) continue;
    const listed = byPool.get(pool) ?? [];
    byPool.set(pool, listed);
    if (listed.length < LISTED_MAX) listed.push({ address: formatIp(address), cause: causes.get(address) ?? '' });
  }
  return byPool;
}

function compareIpOfAnyFamily(a: IpAddress, b: IpAddress): number {
  return typeof a === typeof b ? compareIp(a, b) : typeof a === 'number' ? -1 : 1;
}
