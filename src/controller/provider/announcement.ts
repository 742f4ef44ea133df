import type { Pool } from '../../core/config/config.ts';
import type { IpAddress } from '../../core/net/index.ts';
import type { Service } from '../../ports/kubernetes.ts';
import type { ServiceAnnouncement } from '../announcer/service-announcement.ts';

/** What is to be announced for a Service that has these addresses; undefined when there is nothing. */
export function announcementOf(
  { meta, spec }: Service,
  addresses: readonly IpAddress[],
  poolOf: (address: IpAddress) => Pool | undefined,
): ServiceAnnouncement | undefined {
  const announced = addresses.flatMap((address) => {
    const pool = poolOf(address);
    return pool === undefined ? [] : [{ address, poolName: pool.name, poolLabels: pool.labels }];
  });
  if (announced.length === 0) return undefined;
  const { namespace, name, labels } = meta;
  const externalTrafficPolicy = spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster';
  return { namespace, name, labels, externalTrafficPolicy, addresses: announced };
}
