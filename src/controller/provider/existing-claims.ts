import type { Ipam } from '../../core/ipam/index.ts';
import { familyOf, type IpAddress, parseIp } from '../../core/net/index.ts';
import { keyOf, type Service } from '../../ports/kubernetes.ts';
import { applicantOf } from './applicant.ts';
import { requestOf } from './service-request.ts';

/**
 * The addresses of a status that we may have given: in one of the pools, no node's own (k3s ServiceLB and others leave those
 * behind), and the only one of its family.
 */
export function adoptable(ipam: Ipam, service: Service): readonly IpAddress[] {
  const ours = promisedBy(service).filter(
    (address) => ipam.poolOf(address) !== undefined && ipam.nodeOf(address) === undefined,
  );
  return ours.filter((address) => ours.every((other) => other === address || familyOf(other) !== familyOf(address)));
}

/** Every address that the status names. */
export function promisedBy({ status }: Service): readonly IpAddress[] {
  const addresses = status.ingress.flatMap(({ ip }) => (ip === undefined ? undefined : parseIp(ip)) ?? []);
  return [...new Set(addresses)];
}

/**
 * The order in which Services claim what their status promises: when two promise the same, those that are going to stay come
 * before those that are being deleted, and then the older one.
 */
export function inClaimOrder(services: readonly Service[]): readonly Service[] {
  return services
    .map((service) => ({
      service,
      order: `${isStaying(service) ? 0 : 1} ${service.meta.creationTimestamp} ${keyOf(service.meta)}`,
    }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ service }) => service);
}

/** Whether it still wants to be served. */
export function isStaying({ meta, spec }: Service): boolean {
  return meta.deletionTimestamp === undefined && spec.type === 'LoadBalancer';
}

/** Claims for a Service what its status promises, so that nobody else is given it. Whether it may keep it is seen later. */
export function claimPromised(ipam: Ipam, service: Service): readonly IpAddress[] {
  const applicant = applicantOf(service, requestOf(service));
  // One by one: a family that cannot be claimed does not cost the other.
  for (const address of adoptable(ipam, service)) {
    ipam.assign(applicant, [...ipam.holding(applicant.holder).addresses, address]);
  }
  return ipam.holding(applicant.holder).addresses;
}
