import type { Ipam } from '../../core/ipam/index.ts';
import { compareIp, formatIp, type IpAddress } from '../../core/net/index.ts';
import type { LoadBalancerStatus } from '../cloud-provider/load-balancer.ts';
import { describeAllocation } from './allocation-events.ts';
import { POOL_ANNOTATIONS } from './request-table.ts';

/** What a Service's status is to say of the addresses that it holds. */
export function statusOf(ipam: Ipam, addresses: readonly IpAddress[]): LoadBalancerStatus {
  const inOrder = [...addresses].sort(compareIp);
  const pools = poolNamesOf(ipam, inOrder);
  const names = pools.length === 0 ? undefined : pools.join(',');
  return {
    ingress: inOrder.map((address) => ({ ip: formatIp(address), ipMode: 'VIP' })),
    annotations: Object.fromEntries(POOL_ANNOTATIONS.map((key) => [key, names])),
    summary: pools.length === 0 ? '' : describeAllocation(inOrder, pools),
  };
}

/** The pools in which these addresses lie, each once. */
export function poolNamesOf(ipam: Ipam, addresses: readonly IpAddress[]): string[] {
  return [...new Set(addresses.flatMap((address) => ipam.poolOf(address)?.name ?? []))];
}
