import type { Service } from '../../ports/kubernetes.ts';

/**
 * The first phase of a start: called once with every Service, before the first verb of LoadBalancer, so that nothing new is
 * handed out while an address that a status already promises is not yet known to be taken.
 */
export interface ExistingClaims {
  /** Must not throw: a Service whose status cannot be claimed is left for its own sync to say so. */
  claimExisting(services: readonly Service[]): void;
}
