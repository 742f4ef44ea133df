import { expect, test } from 'vitest';
import { mapConfigObject, mapEndpointSlice, mapNode } from '../../../../src/adapters/kube/mapping/objects.ts';
import { mapService } from '../../../../src/adapters/kube/mapping/service.ts';
import { keyOf } from '../../../../src/adapters/kube/mapping/wire.ts';

const METADATA = {
  namespace: 'shop',
  name: 'web',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{…}', 'metallb.io/address-pool': 'a' },
  managedFields: [{ manager: 'kubectl' }],
};

test('a Service keeps what the controller reads and loses what is only large', () => {
  const service = mapService({
    metadata: METADATA,
    ...{
      spec: {
        type: 'LoadBalancer',
        clusterIPs: ['10.0.0.1'],
        ipFamilies: ['IPv4'],
        ports: [{ port: 80, targetPort: 'http', nodePort: 0 }],
      },
    },
    ...{ status: { loadBalancer: {} } },
  });
  expect(service).toEqual({
    meta: {
      namespace: 'shop',
      name: 'web',
      uid: 'u',
      resourceVersion: '7',
      labels: {},
      annotations: { 'metallb.io/address-pool': 'a' },
      finalizers: [],
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: ['10.0.0.1'],
      ipFamilies: ['IPv4'],
      selector: {},
      ports: [{ protocol: 'TCP', port: 80, targetPort: 'http' }],
    },
    status: { ingress: [], conditions: [] },
  });
});

test('an object without anything is still one of ours', () => {
  expect(mapService({}).spec.type).toBe('ClusterIP');
  expect(mapNode({}).taints).toEqual([]);
});

test('a Node has no namespace, and conditions without their heartbeats', () => {
  const node = mapNode({
    metadata: { name: 'node-a' },
    ...{
      spec: {
        unschedulable: true,
        providerID: 'k3s://node-a',
        taints: [{ key: 'a', effect: 'NoSchedule', timeAdded: 'x' }],
      },
    },
    ...{ status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'x' }], images: ['large'] } },
  });
  expect(node).toMatchObject({
    providerID: 'k3s://node-a',
    unschedulable: true,
    taints: [{ key: 'a', effect: 'NoSchedule' }],
    conditions: [{ type: 'Ready', status: 'True' }],
  });
  expect(Object.keys(node.conditions[0] ?? {})).toEqual(['type', 'status']);
  expect(keyOf({ metadata: { name: 'node-a' } })).toBe('node-a');
});

test('an EndpointSlice of no Service is left out', () => {
  expect(mapEndpointSlice({ metadata: METADATA })).toBeUndefined();
  const slice = mapEndpointSlice({
    metadata: { ...METADATA, labels: { 'kubernetes.io/service-name': 'web' } },
    ...{ endpoints: [{ nodeName: 'a', conditions: { ready: true } }, {}] },
  });
  expect(slice).toMatchObject({ serviceName: 'web', endpoints: [{ nodeName: 'a', ready: true }, {}] });
});

test('an object of our kinds says its own kind, which lists do not', () => {
  const object = mapConfigObject('metallb.io/v1beta1', 'IPAddressPool')({ metadata: METADATA });
  expect(object).toMatchObject({ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', spec: {}, status: {} });
});
