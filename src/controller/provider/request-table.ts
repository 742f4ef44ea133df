import type { Service } from '../../ports/kubernetes.ts';

/** A place where a Service can say what it wants. */
export interface RequestSource {
  /** As people call it: `annotation x/y`, `spec.loadBalancerIP`. */
  readonly name: string;
  /** Present: it is deprecated, and this is to be written instead. */
  readonly successor?: string;
  read(service: Service): string | undefined;
}

/** The annotations that we write: ours, and MetalLB's for those who read it. */
export const POOL_ANNOTATIONS = ['heraldlb.io/ip-allocated-from-pool', 'metallb.io/ip-allocated-from-pool'] as const;

// In each table the first source that says something counts: ours, then MetalLB's new and old prefix, then the others, and
// the deprecated field of the Service last.

/** @see MetalLB usage, kube-vip services, Cilium LB-IPAM, PureLB annotations, Kubernetes API core/v1 ServiceSpec */
export const ADDRESS_SOURCES: readonly RequestSource[] = [
  annotation('heraldlb.io/addresses'),
  annotation('heraldlb.io/loadBalancerIPs'),
  annotation('metallb.io/loadBalancerIPs'),
  formerAnnotation('loadBalancerIPs'),
  annotation('kube-vip.io/loadbalancerIPs'),
  annotation('lbipam.cilium.io/ips'),
  annotation('io.cilium/lb-ipam-ips'),
  annotation('purelb.io/addresses'),
  { name: 'spec.loadBalancerIP', read: ({ spec }) => spec.loadBalancerIP },
];

export const POOL_SOURCES: readonly RequestSource[] = [
  annotation('heraldlb.io/address-pool'),
  annotation('metallb.io/address-pool'),
  formerAnnotation('address-pool'),
];

/** A sharing key is for all namespaces, but Cilium's only for those that its own annotation names beside its own. */
export interface SharingSource extends RequestSource {
  readonly namespaces?: RequestSource;
}

export const SHARING_SOURCES: readonly SharingSource[] = [
  annotation('heraldlb.io/allow-shared-ip'),
  annotation('metallb.io/allow-shared-ip'),
  formerAnnotation('allow-shared-ip'),
  { ...annotation('lbipam.cilium.io/sharing-key'), namespaces: annotation('lbipam.cilium.io/sharing-cross-namespace') },
  {
    ...annotation('io.cilium/lb-ipam-sharing-key'),
    namespaces: annotation('io.cilium/lb-ipam-sharing-cross-namespace'),
  },
  annotation('purelb.io/allow-shared-ip'),
];

function annotation(key: string): RequestSource {
  return { name: `annotation ${key}`, read: ({ meta }) => meta.annotations[key] };
}

/** With the prefix that MetalLB had before 0.15, and still reads. */
function formerAnnotation(name: string): RequestSource {
  return { ...annotation(`metallb.universe.tf/${name}`), successor: `metallb.io/${name}` };
}
