import { describe, expect, test } from 'vitest';
import { ImplementedElsewhereError, RetryError } from '../../../../src/controller/cloud-provider/load-balancer.ts';
import { ADDRESS_ALLOCATED } from '../../../../src/controller/service/status-change.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import { service } from '../../../support/kube/fake-cluster.ts';
import { arrange, FINALIZER, VIP, withService } from '../../../support/kube/service-controller-bed.ts';
import { settle } from '../../../support/manual-time.ts';

describe('a Service of type LoadBalancer', () => {
  test('gets finalizer, status with ipMode VIP and a condition that names the pool in one patch', async () => {
    const it = arrange();
    await withService(it);
    const allocated = {
      type: ADDRESS_ALLOCATED,
      status: 'True',
      reason: 'Allocated',
      message: '192.0.2.1 of pool "fake"',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    expect(it.cluster.patches).toEqual([
      {
        key: 'default/web',
        change: {
          addFinalizer: FINALIZER,
          ingress: [VIP('192.0.2.1')],
          annotations: { 'example.com/pool': 'fake' },
          conditions: [allocated],
        },
      },
    ]);
    expect(it.loadBalancer.calls.filter((call) => call === 'ensure web')).toHaveLength(1);
    expect(it.cluster.reasons()).toEqual(['EnsuringLoadBalancer', 'EnsuredLoadBalancer']);
    await it.stop();
  });

  test('that is as it should be is neither written nor told of again', async () => {
    const it = arrange();
    await withService(it);
    it.controller.enqueueAll();
    await settle();
    expect(it.loadBalancer.calls.filter((call) => call === 'ensure web')).toHaveLength(2);
    expect(it.cluster.patches).toHaveLength(1);
    expect(it.cluster.reasons()).toHaveLength(2);
    await it.stop();
  });

  test('is not patched twice while the informer has not caught up with the first patch', async () => {
    const it = arrange();
    await it.start();
    it.cluster.informerIsCurrent = false;
    it.cluster.put(service('web'));
    await settle();
    it.controller.enqueueAll();
    await settle();
    expect(it.cluster.patches).toHaveLength(1);
    it.cluster.catchUp();
    await settle();
    expect(it.cluster.patches).toHaveLength(1);
    await it.stop();
  });

  test('is ensured again when an annotation or a label changes, and not for another field', async () => {
    const it = arrange();
    await withService(it);
    const ensures = () => it.loadBalancer.calls.filter((call) => call === 'ensure web').length;
    it.cluster.edit('web', (each) => ({ ...each, meta: { ...each.meta, annotations: { any: 'thing' } } }));
    await settle();
    expect(ensures()).toBe(2);
    it.cluster.edit('web', (each) => ({ ...each, meta: { ...each.meta, labels: { tier: 'front' } } }));
    await settle();
    expect(ensures()).toBe(3);
    it.cluster.edit('web', (each) => ({ ...each, spec: { ...each.spec, selector: { app: 'other' } } }));
    await settle();
    expect(ensures()).toBe(3);
    await it.stop();
  });

  test('of a class is left alone, finalizer and all, by a controller without a class', async () => {
    const it = arrange();
    await it.start();
    it.cluster.put(service('other', { spec: { loadBalancerClass: 'example.com/other' } }));
    await settle();
    expect(it.loadBalancer.calls).toEqual(['claim ']);
    await it.stop();
  });

  test('of our class is served with a finalizer of our own', async () => {
    const it = arrange({ loadBalancerClass: 'heraldlb.io/lb' });
    await it.start();
    it.cluster.put(service('plain'));
    it.cluster.put(service('ours', { spec: { loadBalancerClass: 'heraldlb.io/lb' } }));
    await settle();
    expect(it.cluster.stored('plain')?.meta.finalizers).toEqual([]);
    expect(it.cluster.stored('ours')?.meta.finalizers).toEqual(['heraldlb.io/load-balancer-cleanup']);
    await it.stop();
  });

  test('that somebody else implements is a success without a write', async () => {
    const it = arrange();
    it.loadBalancer.failures.push({ verb: 'ensure', error: new ImplementedElsewhereError('elsewhere') });
    await withService(it);
    expect(it.cluster.patches).toEqual([]);
    expect(it.cluster.events).toEqual([]);
    await it.stop();
  });

  test('is served even when no node is eligible, with a warning', async () => {
    const it = arrange();
    it.cluster.nodes.delete('node-a');
    await withService(it);
    expect(it.cluster.reasons()).toEqual(['UnAvailableLoadBalancer', 'EnsuringLoadBalancer', 'EnsuredLoadBalancer']);
    await it.stop();
  });
});

describe('a release', () => {
  test('by deletion frees the address before the finalizer goes', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.remove('web');
    await settle();
    expect(it.loadBalancer.calls.slice(-2)).toEqual(['get web', 'delete web']);
    expect(it.cluster.patches.at(-1)?.change).toEqual({
      removeFinalizers: [FINALIZER],
      ingress: [],
      annotations: { 'example.com/pool': undefined },
      removeConditions: [ADDRESS_ALLOCATED],
    });
    expect(it.cluster.stored('web')).toBeUndefined();
    expect(it.cluster.reasons().slice(2)).toEqual(['DeletingLoadBalancer', 'DeletedLoadBalancer']);
    await it.stop();
  });

  test('by a change of type empties the status', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.edit('web', (each) => ({ ...each, spec: { ...each.spec, type: 'ClusterIP' } }));
    await settle();
    expect(it.cluster.stored('web')).toMatchObject({
      meta: { finalizers: [], annotations: {} },
      status: { ingress: [], conditions: [] },
    });
    expect(it.loadBalancer.assigned.size).toBe(0);
    it.cluster.edit('web', (each) => ({ ...each, spec: { ...each.spec, type: 'LoadBalancer' } }));
    await settle();
    expect(it.cluster.stored('web')?.status.ingress).toHaveLength(1);
    await it.stop();
  });

  test('that fails keeps the finalizer and comes back after 5 s, then 10 s', async () => {
    const it = arrange();
    await withService(it);
    for (let times = 0; times < 2; times += 1)
      it.loadBalancer.failures.push({ verb: 'delete', error: new Error('stuck') });
    it.cluster.remove('web');
    await settle();
    expect(it.cluster.stored('web')?.meta.finalizers).toEqual([FINALIZER]);
    expect(it.cluster.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'SyncLoadBalancerFailed' });
    await it.time.advance(5_000);
    expect(it.cluster.stored('web')).toBeDefined();
    await it.time.advance(9_999);
    expect(it.cluster.stored('web')).toBeDefined();
    await it.time.advance(1);
    expect(it.cluster.stored('web')).toBeUndefined();
    await it.stop();
  });

  test('happens as well for a Service that vanished while nobody held it', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.edit('web', (each) => ({ ...each, meta: { ...each.meta, finalizers: [] } }));
    it.cluster.remove('web');
    await settle();
    expect(it.loadBalancer.assigned.size).toBe(0);
    await it.stop();
  });

  test('of a terminating Service without our finalizer adds no finalizer', async () => {
    const it = arrange();
    await it.start();
    const meta = { finalizers: ['example.com/other'], deletionTimestamp: '2026-01-02T00:00:00Z' };
    it.cluster.put(service('web', { meta }));
    await settle();
    expect(it.cluster.patches).toEqual([]);
    await it.stop();
  });

  test('happens when a Service terminates while our finalizer is taken off', async () => {
    const it = arrange();
    await withService(it);
    const meta = { finalizers: ['example.com/other'], deletionTimestamp: '2026-01-02T00:00:00Z' };
    it.cluster.edit('web', (each) => ({ ...each, meta: { ...each.meta, ...meta } }));
    await settle();
    expect(it.loadBalancer.assigned.size).toBe(0);
    expect(it.cluster.stored('web')).toMatchObject({
      meta: { finalizers: ['example.com/other'] },
      status: { ingress: [] },
    });
    await it.stop();
  });

  test('of a Service that was deleted and made anew under its name comes before the new one is served', async () => {
    const it = arrange({ addresses: ['192.0.2.1'] });
    await withService(it);
    it.cluster.put(service('web', { meta: { uid: 'another' } }));
    await settle();
    expect(it.loadBalancer.calls.slice(-2)).toEqual(['delete web', 'ensure web']);
    expect(it.cluster.stored('web')?.status.ingress).toEqual([VIP('192.0.2.1')]);
    await it.stop();
  });

  test('that the informer shows late is done and told once, also when the name is used again', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.informerIsCurrent = false;
    it.cluster.remove('web');
    await settle();
    it.controller.enqueue('default/web');
    await settle();
    it.cluster.informerIsCurrent = true;
    it.cluster.catchUp();
    it.cluster.put(service('web', { meta: { uid: 'another' } }));
    await settle();
    expect(it.loadBalancer.calls.filter((call) => call === 'delete web')).toHaveLength(1);
    expect(it.cluster.reasons().filter((reason) => reason === 'DeletedLoadBalancer')).toHaveLength(1);
    await it.stop();
  });

  test('of one that vanished under our patch frees what was allocated', async () => {
    const it = arrange();
    await it.start();
    it.cluster.held = [];
    it.cluster.put(service('web'));
    await settle();
    it.cluster.remove('web');
    it.cluster.release();
    await settle();
    expect(it.loadBalancer.assigned.size).toBe(0);
    expect(it.cluster.reasons()).not.toContain('SyncLoadBalancerFailed');
    await it.stop();
  });
});

describe('a Service that cannot be served', () => {
  test('waits, says why, and is served in arrival order when an address is freed', async () => {
    const it = arrange({ addresses: ['192.0.2.1'] });
    await withService(it, 'first');
    it.cluster.put(service('second'));
    it.cluster.put(service('third'));
    await settle();
    expect(it.cluster.stored('second')?.status.conditions).toMatchObject([
      { type: ADDRESS_ALLOCATED, status: 'False', reason: 'AllocationFailed', message: 'no address is free' },
    ]);
    expect(it.cluster.reasons('second')).toEqual(['AllocationFailed']);
    expect(it.metrics.value('heraldlb_services_pending')).toBe(2);
    it.cluster.remove('first');
    await settle();
    expect(it.loadBalancer.assigned.get('second')).toBe('192.0.2.1');
    expect(it.cluster.stored('second')?.status.conditions).toMatchObject([{ status: 'True', reason: 'Allocated' }]);
    expect(it.cluster.reasons('third')).toEqual(['AllocationFailed']);
    await it.stop();
  });

  test('is not tried by the clock', async () => {
    const it = arrange({ addresses: [] });
    await withService(it);
    const calls = it.loadBalancer.calls.length;
    await it.time.advance(9 * 60_000);
    expect(it.loadBalancer.calls).toHaveLength(calls);
    await it.stop();
  });

  test('is put off by a RetryError for exactly its time, told once', async () => {
    const it = arrange();
    for (let times = 0; times < 2; times += 1) {
      it.loadBalancer.failures.push({ verb: 'ensure', error: new RetryError('the address is being probed', 700) });
    }
    await withService(it);
    await it.time.advance(699);
    expect(it.loadBalancer.calls.filter((call) => call === 'ensure web')).toHaveLength(1);
    await it.time.advance(1);
    expect(it.loadBalancer.calls.filter((call) => call === 'ensure web')).toHaveLength(2);
    await it.time.advance(700);
    expect(it.cluster.reasons()).toEqual(['LoadBalancerPending', 'EnsuringLoadBalancer', 'EnsuredLoadBalancer']);
    await it.stop();
  });

  test.each([
    ['the API is away', new ApiError('unavailable', 'no answer'), 1_000],
    ['the API is busy', new ApiError('throttled', '429', { retryAfterMs: 3_000 }), 3_000],
    ['others write the Service all the time', new ApiError('conflict', '409'), 1_000],
  ])('because %s is tried again soon, without an event', async (_title, error, delayMs) => {
    const it = arrange();
    it.cluster.failures.push(error);
    await withService(it);
    await it.time.advance(delayMs - 1);
    expect(it.cluster.stored('web')?.status.ingress).toEqual([]);
    await it.time.advance(1);
    expect(it.cluster.stored('web')?.status.ingress).toEqual([VIP('192.0.2.1')]);
    expect(it.cluster.reasons()).not.toContain('SyncLoadBalancerFailed');
    await it.stop();
  });

  test('because of a missing permission is a warning that names it', async () => {
    const it = arrange();
    it.cluster.failures.push(new ApiError('forbidden', 'patch services/status default/web: not allowed (403): no'));
    await withService(it);
    expect(it.cluster.events.at(-1)).toMatchObject({
      type: 'Warning',
      reason: 'SyncLoadBalancerFailed',
      message: 'Error syncing load balancer: patch services/status default/web: not allowed (403): no',
    });
    await it.stop();
  });
});
