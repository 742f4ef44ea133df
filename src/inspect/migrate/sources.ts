import type { ResourceType } from '../../ports/informer.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';

/** The load balancers that somebody may come from. */
export const SOURCES = ['servicelb', 'metallb', 'kube-vip', 'cilium', 'purelb'] as const;
export type Source = (typeof SOURCES)[number];

/** An object of another load balancer, as it is written. */
export interface ForeignObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The ConfigMap of kube-vip's cloud provider, and those of MetalLB before 0.13 as its manifests and charts call them. */
export const FOREIGN_CONFIG_MAPS: Readonly<Record<Source, readonly ObjectRef[]>> = {
  servicelb: [],
  metallb: [
    { namespace: 'metallb-system', name: 'config' },
    { namespace: 'metallb-system', name: 'metallb-config' },
    { namespace: 'metallb', name: 'metallb-config' },
  ],
  'kube-vip': [{ namespace: 'kube-system', name: 'kubevip' }],
  cilium: [],
  purelb: [],
};

/** Where the configuration of a load balancer is. Kinds that are not installed have no objects. */
export const FOREIGN_KINDS: Readonly<Record<Source, readonly ResourceType[]>> = {
  servicelb: [],
  metallb: [foreign('metallb.io/v1beta1', 'AddressPool', 'addresspools')],
  'kube-vip': [],
  cilium: [
    foreign('cilium.io/v2', 'CiliumLoadBalancerIPPool', 'ciliumloadbalancerippools'),
    foreign('cilium.io/v2alpha1', 'CiliumLoadBalancerIPPool', 'ciliumloadbalancerippools'),
    foreign('cilium.io/v2alpha1', 'CiliumL2AnnouncementPolicy', 'ciliuml2announcementpolicies'),
    foreign('cilium.io/v2', 'CiliumBGPClusterConfig', 'ciliumbgpclusterconfigs'),
  ],
  purelb: [
    foreign('purelb.io/v2', 'ServiceGroup', 'servicegroups'),
    foreign('purelb.io/v1', 'ServiceGroup', 'servicegroups'),
    foreign('purelb.io/v2', 'LBNodeAgent', 'lbnodeagents'),
  ],
};

/** All of these kinds have namespaces but Cilium's; lists ask for all of them alike. */
function foreign(apiVersion: string, kind: string, plural: string): ResourceType {
  const [group = '', version = ''] = apiVersion.split('/');
  return { group, version, kind, plural, namespaced: group !== 'cilium.io' };
}
