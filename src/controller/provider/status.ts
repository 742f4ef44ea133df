import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { LoadBalancerStatus } from '../cloud-provider/load-balancer.ts';
import { describeAllocation } from './allocation-events.ts';
import { POOL_ANNOTATIONS } from './request-table.ts';

/** What a Service's status is to say of these addresses, which are of these pools. */
export function statusOf(addresses: readonly IpAddress[], poolNames: readonly string[]): LoadBalancerStatus {
  const names = poolNames.length === 0 ? undefined : poolNames.join(',');
  return {
    ingress: addresses.map((address) => ({ ip: formatIp(address), ipMode: 'VIP' })),
    annotations: Object.fromEntries(POOL_ANNOTATIONS.map((key) => [key, names])),
    summary: poolNames.length === 0 ? '' : describeAllocation(addresses, poolNames),
  };
}
