import type { Applicant } from '../../core/ipam/index.ts';
import { keyOf, type Service } from '../../ports/kubernetes.ts';
import type { ServiceRequest } from './service-request.ts';

/** A Service as the allocation sees it. */
export function applicantOf(service: Service, request: ServiceRequest): Applicant {
  const { meta, spec } = service;
  return {
    holder: keyOf(service.meta),
    namespace: meta.namespace,
    labels: meta.labels,
    ...(request.sharing === undefined ? {} : { sharing: { ...request.sharing, backend: backendOf(service) } }),
    ports: spec.ports.map(({ protocol, port }) => `${protocol}/${port}`),
  };
}

/**
 * With externalTrafficPolicy Local only nodes with a pod of the Service may announce its addresses, so that all who share
 * one must have the same pods.
 */
function backendOf({ spec }: Service): string {
  if (spec.externalTrafficPolicy !== 'Local') return '';
  return `Local ${JSON.stringify(Object.entries(spec.selector).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}
