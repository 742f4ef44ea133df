import type { KubernetesObject } from '../../src/lab/api-client.ts';
import { DEFAULT_NAMESPACE } from '../../src/ports/defaults.ts';

/** 16,384 addresses of the LAN that no host of it has; the first of them is 10.9.64.0. */
const POOL = '10.9.64.0/18';
const POOL_FIRST = [10, 9, 64, 0] as const;

export function configObjects(): readonly KubernetesObject[] {
  const metadata = { name: 'lan', namespace: DEFAULT_NAMESPACE };
  return [
    { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata, spec: { addresses: [POOL] } },
    { apiVersion: 'metallb.io/v1beta1', kind: 'L2Advertisement', metadata },
  ];
}

/** An address of the pool. @param index from 0 to 16,383 */
export function poolAddress(index: number): string {
  const [a, b, c] = POOL_FIRST;
  return `${a}.${b}.${c + (index >> 8)}.${index & 0xff}`;
}

export function nodeObject(name: string, address: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: {
      addresses: [{ type: 'InternalIP', address }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  };
}

/** The Pod of a node's speaker. */
export function podObject(nodeName: string, serviceAccountName: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `heraldlb-speaker-${nodeName}`, namespace: DEFAULT_NAMESPACE },
    spec: { serviceAccountName, nodeName, containers: [{ name: 'heraldlb', image: 'heraldlb' }] },
  };
}

export interface ServiceWish {
  readonly name: string;
  readonly requested?: string;
}

/** A Service of type LoadBalancer without node ports: there are not enough of them for thousands. */
export function serviceObject({ name, requested }: ServiceWish): KubernetesObject {
  const annotations = requested === undefined ? {} : { 'metallb.io/loadBalancerIPs': requested };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      type: 'LoadBalancer',
      allocateLoadBalancerNodePorts: false,
      ports: [{ port: 80, protocol: 'TCP' }],
    },
  };
}

/** What kube-controller-manager makes of a Pod on every node. */
export function endpointSliceObject(service: string, nodes: readonly string[]): KubernetesObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: service, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: nodes.map((nodeName, index) => ({
      addresses: [`10.244.${index}.10`],
      nodeName,
      conditions: { ready: true },
    })),
    ports: [{ port: 8080, protocol: 'TCP' }],
  };
}
