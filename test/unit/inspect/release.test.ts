import { expect, it } from 'vitest';
import { CLASS_FINALIZER, DEFAULT_FINALIZER } from '../../../src/controller/service/predicates.ts';
import { formatReleases, releasesOf } from '../../../src/inspect/release.ts';
import type { Condition } from '../../../src/ports/kubernetes.ts';
import { service } from '../../support/kube/fake-cluster.ts';

const ANNOUNCED: Condition = {
  type: 'heraldlb.io/Announced',
  status: 'True',
  reason: 'Announced',
  message: 'by node1',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const OTHER = { ...ANNOUNCED, type: 'example.com/Checked' };
const POOL = { 'heraldlb.io/ip-allocated-from-pool': 'lan', 'metallb.io/ip-allocated-from-pool': 'lan' };

const served = service('served', {
  meta: { finalizers: [DEFAULT_FINALIZER, 'example.com/keep'], annotations: POOL },
  status: { ingress: [{ ip: '192.0.2.1' }], conditions: [ANNOUNCED, OTHER] },
});

it('what HeraldLB wrote is let go of, and what others wrote is not', () => {
  expect(releasesOf([served], false)).toEqual([
    { service: served, change: { removeFinalizers: [DEFAULT_FINALIZER], removeConditions: [ANNOUNCED.type] } },
  ]);
});

it('addresses are taken only when that is asked for, also a second time', () => {
  const after = service('served', { meta: { annotations: POOL }, status: { ingress: [{ ip: '192.0.2.1' }] } });
  expect(releasesOf([after], false)).toEqual([]);
  expect(releasesOf([after], true)[0]?.change).toMatchObject({
    ingress: [],
    annotations: { 'heraldlb.io/ip-allocated-from-pool': undefined, 'metallb.io/ip-allocated-from-pool': undefined },
  });
});

it('a Service of another load balancer with the finalizer of all of them is left alone', () => {
  const foreign = service('foreign', {
    meta: { finalizers: [DEFAULT_FINALIZER], annotations: { 'metallb.io/ip-allocated-from-pool': 'lan' } },
    status: { ingress: [{ ip: '192.0.2.2' }] },
  });
  expect(releasesOf([foreign], true)).toEqual([]);
});

it('a Service of a class is known by our own finalizer', () => {
  const classy = service('classy', { meta: { finalizers: [CLASS_FINALIZER] }, spec: { type: 'ClusterIP' } });
  expect(releasesOf([classy], false)[0]?.change.removeFinalizers).toEqual([CLASS_FINALIZER]);
});

it('a table says what became of each', () => {
  expect(formatReleases(releasesOf([served], true))).toContain('192.0.2.1 taken away');
  expect(formatReleases([])).toBe('No Service has anything left of HeraldLB.\n');
});
