import type { ApiObject } from '../../kubernetes/api.ts';
import { PAGE_PORT } from '../../kubernetes/process-cluster.ts';
import { NODES } from '../../kubernetes/topology.ts';
import { CLEANUP_FINALIZER } from './services.ts';

/** A Service as another load balancer leaves it: what is written by a user, and what by the load balancer. */
export interface LeftService {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly port?: number;
  readonly loadBalancerIP?: string;
  readonly ingress: readonly ApiObject[];
  readonly conditions?: readonly ApiObject[];
}

/** What a load balancer leaves when it goes. */
export interface LeftBehind {
  readonly objects: readonly ApiObject[];
  readonly services: readonly LeftService[];
}

/** @see https://metallb.universe.tf/release-notes/ before 0.13 */
export const METALLB_0_12: LeftBehind = {
  objects: [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config', namespace: 'metallb-system' },
      data: {
        config: 'address-pools: [{ name: legacy, protocol: layer2, addresses: [192.168.10.220-192.168.10.224] }]',
      },
    },
  ],
  services: [{ name: 'metallb-0-12', ingress: [{ ip: '192.168.10.221' }] }],
};

/** @see https://metallb.universe.tf/release-notes/ 0.13 */
export const METALLB_0_13: LeftBehind = {
  objects: [
    definition('AddressPool', 'metallb.io', 'Namespaced', 'v1beta1'),
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'AddressPool',
      metadata: { name: 'lan', namespace: 'metallb-system' },
      spec: { protocol: 'layer2', addresses: ['192.168.10.225-192.168.10.229'] },
    },
  ],
  services: [
    {
      name: 'metallb-0-13',
      annotations: { 'metallb.universe.tf/ip-allocated-from-pool': 'lan' },
      ingress: [{ ip: '192.168.10.225' }],
    },
  ],
};

/** @see https://kube-vip.io/docs/usage/cloud-provider/, kube-vip's pkg/services */
export const KUBE_VIP: LeftBehind = {
  objects: [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kubevip', namespace: 'kube-system' },
      data: { 'cidr-global': '192.168.10.160/28', 'allow-share-global': 'true' },
    },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'plndr-svcs-lock', namespace: 'kube-system' },
      spec: { holderIdentity: 'node2', leaseDurationSeconds: 15 },
    },
  ],
  services: [
    byKubeVip('kube-vip', '192.168.10.161', 80),
    byKubeVip('kube-vip-shared', '192.168.10.162', 80),
    byKubeVip('kube-vip-sharing', '192.168.10.162', 81),
    {
      ...byKubeVip('kube-vip-dhcp', '192.168.10.180', 80),
      loadBalancerIP: '0.0.0.0',
      annotations: {
        'kube-vip.io/loadbalancerIPs': '0.0.0.0',
        'kube-vip.io/requestedIP': '192.168.10.180',
        'kube-vip.io/hwaddr': '00:00:6c:00:00:01',
        'kube-vip.io/vipHost': 'node2',
      },
    },
  ],
};

function byKubeVip(name: string, ip: string, port: number): LeftService {
  return {
    name,
    port,
    labels: { implementation: 'kube-vip' },
    annotations: { 'kube-vip.io/loadbalancerIPs': ip, 'kube-vip.io/vipHost': 'node2' },
    finalizers: [CLEANUP_FINALIZER],
    loadBalancerIP: ip,
    ingress: [{ ip, ports: [{ port, protocol: 'TCP' }] }],
  };
}

/** @see https://docs.cilium.io/en/stable/network/lb-ipam/ */
export const CILIUM: LeftBehind = {
  objects: [
    definition('CiliumLoadBalancerIPPool', 'cilium.io', 'Cluster'),
    definition('CiliumL2AnnouncementPolicy', 'cilium.io', 'Cluster', 'v2alpha1'),
    {
      apiVersion: 'cilium.io/v2alpha1',
      kind: 'CiliumL2AnnouncementPolicy',
      metadata: { name: 'lan' },
      spec: { interfaces: ['^eth[0-9]+'], loadBalancerIPs: true },
    },
    {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumLoadBalancerIPPool',
      metadata: { name: 'cilium' },
      spec: { blocks: [{ start: '192.168.10.190', stop: '192.168.10.195' }] },
    },
  ],
  services: [
    byCilium('cilium', '192.168.10.191', 80, { 'lbipam.cilium.io/ips': '192.168.10.191' }),
    byCilium('cilium-shared', '192.168.10.192', 80, { 'lbipam.cilium.io/sharing-key': 'one' }),
    byCilium('cilium-sharing', '192.168.10.192', 81, { 'lbipam.cilium.io/sharing-key': 'one' }),
  ],
};

function byCilium(name: string, ip: string, port: number, annotations: LeftService['annotations'] = {}): LeftService {
  const condition = {
    type: 'cilium.io/IPAMRequestSatisfied',
    status: 'True',
    reason: 'satisfied',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  return { name, port, annotations, ingress: [{ ip }], conditions: [condition] };
}

/** @see https://purelb.gitlab.io/purelb/, annotations */
export const PURELB: LeftBehind = {
  objects: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'purelb' } },
    definition('ServiceGroup', 'purelb.io', 'Namespaced'),
    {
      apiVersion: 'purelb.io/v2',
      kind: 'ServiceGroup',
      metadata: { name: 'default', namespace: 'purelb' },
      spec: { local: { v4pools: [{ pool: '192.168.10.210-192.168.10.215', subnet: '192.168.10.0/24' }] } },
    },
  ],
  services: [
    {
      name: 'purelb',
      annotations: {
        'purelb.io/allocated-by': 'PureLB',
        'purelb.io/allocated-from': 'default',
        'purelb.io/pool-type': 'local',
        'purelb.io/announcing-IPv4': 'node1,eth0,192.168.10.211',
      },
      ingress: [{ ip: '192.168.10.211' }],
    },
  ],
};

/** @see https://docs.k3s.io/networking/networking-services#service-load-balancer */
export const SERVICE_LB: LeftBehind = {
  objects: [],
  services: [
    { name: 'servicelb', finalizers: [CLEANUP_FINALIZER], ingress: NODES.map(({ address }) => ({ ip: address })) },
  ],
};

/** The Service as it is created; its status is written afterwards. */
export function asCreated({
  name,
  labels,
  annotations,
  finalizers,
  loadBalancerIP,
  port = 80,
}: LeftService): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', labels, annotations, finalizers },
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'web' },
      ports: [{ port, targetPort: PAGE_PORT }],
      ...(loadBalancerIP === undefined ? {} : { loadBalancerIP }),
    },
  };
}

/** A kind of others, without its schema. */
function definition(kind: string, group: string, scope: 'Cluster' | 'Namespaced', version = 'v2'): ApiObject {
  const singular = kind.toLowerCase();
  const plural = `${singular.replace(/y$/, 'ie')}s`;
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, singular, plural },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
