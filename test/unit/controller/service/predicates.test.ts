import { describe, expect, test } from 'vitest';
import {
  needsCleanup,
  needsUpdate,
  ownershipOf,
  sameIngress,
  showsIngress,
  wantsLoadBalancer,
} from '../../../../src/controller/service/predicates.ts';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { service } from '../../../support/kube/fake-cluster.ts';

const DEFAULT = ownershipOf(undefined);
const CLASS = ownershipOf('heraldlb.io/lb');
const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const OWN_FINALIZER = 'heraldlb.io/load-balancer-cleanup';
const K3S_FINALIZER = 'svccontroller.k3s.cattle.io/daemonset';

test.each([
  [{ type: 'LoadBalancer' }, true, false],
  [{ type: 'LoadBalancer', loadBalancerClass: 'heraldlb.io/lb' }, false, true],
  [{ type: 'LoadBalancer', loadBalancerClass: 'example.com/other' }, false, false],
  [{ type: 'NodePort' }, false, false],
])('%j is wanted without a class: %s, with ours: %s', (spec, byDefault, byClass) => {
  expect(wantsLoadBalancer(service('web', { spec }), DEFAULT)).toBe(byDefault);
  expect(wantsLoadBalancer(service('web', { spec }), CLASS)).toBe(byClass);
});

describe('cleanup is needed', () => {
  const cases = ['LoadBalancer', 'ClusterIP'].flatMap((type) =>
    [undefined, 'x'].flatMap((deletionTimestamp) =>
      [[], [FINALIZER], [OWN_FINALIZER], [K3S_FINALIZER], ['example.com/other']].map((finalizers) => ({
        type,
        deletionTimestamp,
        finalizers,
      })),
    ),
  );
  test.each(cases)(
    'for %j exactly with a finalizer of ours and an end in sight',
    ({ type, deletionTimestamp, finalizers }) => {
      const meta = { finalizers, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) };
      const ends = type !== 'LoadBalancer' || deletionTimestamp !== undefined;
      const object = service('web', { meta, spec: { type } });
      const ours = finalizers.includes(FINALIZER) || finalizers.includes(K3S_FINALIZER);
      expect(needsCleanup(object, DEFAULT)).toBe(ends && ours);
      expect(needsCleanup(object, CLASS)).toBe(ends && finalizers.includes(OWN_FINALIZER));
    },
  );
});

describe('an update is needed', () => {
  const port = { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30_080, appProtocol: 'http' };
  const spec = (change: Partial<Service['spec']>) => service('web', { spec: { ports: [port], ...change } });
  const base = spec({});
  test.each<[string, Service, Service, boolean]>([
    ['nothing', base, base, false],
    ['source ranges', base, spec({ loadBalancerSourceRanges: ['10.0.0.0/8'] }), true],
    ['source ranges from absent to empty', base, spec({ loadBalancerSourceRanges: [] }), true],
    [
      'the order of source ranges',
      spec({ loadBalancerSourceRanges: ['a', 'b'] }),
      spec({ loadBalancerSourceRanges: ['b', 'a'] }),
      true,
    ],
    ['the count of ports', base, spec({ ports: [port, { ...port, port: 81 }] }), true],
    ['the name of a port', base, spec({ ports: [{ ...port, name: 'web' }] }), true],
    ['the protocol of a port', base, spec({ ports: [{ ...port, protocol: 'UDP' }] }), true],
    ['the number of a port', base, spec({ ports: [{ ...port, port: 81 }] }), true],
    ['the node port', base, spec({ ports: [{ ...port, nodePort: 30_081 }] }), true],
    ['the target port', base, spec({ ports: [{ ...port, targetPort: 8081 }] }), true],
    ['the target port from number to name', base, spec({ ports: [{ ...port, targetPort: '8080' }] }), true],
    ['the application protocol', base, spec({ ports: [{ ...port, appProtocol: 'h2c' }] }), true],
    ['the session affinity', base, spec({ sessionAffinity: 'ClientIP' }), true],
    ['its configuration', base, spec({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }), true],
    ['the requested address', base, spec({ loadBalancerIP: '192.0.2.9' }), true],
    ['the external addresses', base, spec({ externalIPs: ['203.0.113.1'] }), true],
    ['the external traffic policy', base, spec({ externalTrafficPolicy: 'Local' }), true],
    ['the health check port', base, spec({ healthCheckNodePort: 31_000 }), true],
    ['the number of families', base, spec({ ipFamilies: ['IPv4', 'IPv6'] }), true],
    ['the order of families', spec({ ipFamilies: ['IPv4', 'IPv6'] }), spec({ ipFamilies: ['IPv6', 'IPv4'] }), true],
    [
      'any annotation',
      base,
      service('web', { meta: { annotations: { any: 'thing' } }, spec: { ports: [port] } }),
      true,
    ],
    ['the uid', base, service('web', { meta: { uid: 'other' }, spec: { ports: [port] } }), true],
    ['the type, from ours', base, spec({ type: 'ClusterIP' }), true],
    ['the type, to ours', spec({ type: 'ClusterIP' }), base, true],
    ['a port of one that is not ours', spec({ type: 'ClusterIP' }), spec({ type: 'ClusterIP', ports: [] }), false],
    ['labels', base, service('web', { meta: { labels: { a: 'b' } }, spec: { ports: [port] } }), false],
    ['finalizers', base, service('web', { meta: { finalizers: ['a'] }, spec: { ports: [port] } }), false],
    ['the selector', base, spec({ selector: { app: 'other' } }), false],
    [
      'the selector of a Local one',
      spec({ externalTrafficPolicy: 'Local', selector: { app: 'web' } }),
      spec({ externalTrafficPolicy: 'Local', selector: { app: 'other' } }),
      true,
    ],
    ['the family', spec({ ipFamilies: ['IPv4'] }), spec({ ipFamilies: ['IPv6'] }), true],
    ['the family policy', base, spec({ ipFamilyPolicy: 'PreferDualStack' }), true],
    ['the cluster address', base, spec({ clusterIPs: ['10.96.0.9'] }), true],
    [
      'the second cluster address',
      spec({ clusterIPs: ['10.96.0.9'] }),
      spec({ clusterIPs: ['10.96.0.9', 'fd00::9'] }),
      true,
    ],
    [
      'the status',
      base,
      service('web', { status: { ingress: [{ ip: '192.0.2.1' }] }, spec: { ports: [port] } }),
      false,
    ],
  ])('as the table says when %s changes', (_title, before, after, expected) => {
    expect(needsUpdate(before, after, DEFAULT)).toBe(expected);
    expect(needsUpdate(after, before, DEFAULT)).toBe(expected);
  });
});

test.each([
  [[], [], true],
  [[{ ip: '192.0.2.1' }], [{ ip: '192.0.2.1' }], true],
  [[{ ip: '192.0.2.1' }], [{ ip: '192.0.2.1', ipMode: 'VIP' }], false],
  [[{ ip: '192.0.2.1' }], [{ ip: '192.0.2.2' }], false],
  [[{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }], [{ ip: '192.0.2.2' }, { ip: '192.0.2.1' }], false],
  [[{ hostname: 'a' }], [{ hostname: 'b' }], false],
  [[{ ip: 'x', ports: [] }], [{ ip: 'x' }], true],
  [[{ ip: 'x', ports: [{ port: 80, protocol: 'TCP' }] }], [{ ip: 'x' }], false],
])('the statuses %j and %j are the same: %s', (a, b, expected) => {
  expect(sameIngress(a, b)).toBe(expected);
});

test.each([
  ['the ports of the Service', [{ port: 80, protocol: 'TCP' }], true],
  ['other ports', [{ port: 81, protocol: 'TCP' }], false],
  [
    'too many',
    [
      { port: 80, protocol: 'TCP' },
      { port: 81, protocol: 'TCP' },
    ],
    false,
  ],
  ['an error', [{ port: 80, protocol: 'TCP', error: 'example.com/Refused' }], false],
])('a status that lists %s with the wanted address is as it is to be', (_, ports, expected) => {
  const shown = service('web', { status: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP', ports }], conditions: [] } });
  expect(showsIngress(shown, [{ ip: '192.0.2.1', ipMode: 'VIP' }])).toBe(expected);
});
