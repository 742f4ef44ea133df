import { describe, expect, test } from 'vitest';
import { node, service } from '../../../support/kube/fake-cluster.ts';
import { arrange, FINALIZER, VIP, withService } from '../../../support/kube/service-controller-bed.ts';
import { settle } from '../../../support/manual-time.ts';

describe('a status that somebody else changed', () => {
  test('is put right', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.edit('web', (each) => ({ ...each, status: { ...each.status, ingress: [] } }));
    await settle();
    expect(it.cluster.stored('web')?.status.ingress).toEqual([VIP('192.0.2.1')]);
    await it.stop();
  });

  test('again and again is put right more and more slowly, with one warning', async () => {
    const it = arrange();
    await withService(it);
    for (let round = 0; round < 6; round += 1) {
      it.cluster.edit('web', (each) => ({ ...each, status: { ...each.status, ingress: [{ ip: '203.0.113.9' }] } }));
      await settle();
    }
    expect(it.cluster.stored('web')?.status.ingress).toEqual([{ ip: '203.0.113.9' }]);
    expect(it.cluster.reasons().filter((reason) => reason === 'StatusOverwritten')).toHaveLength(1);
    await it.time.advance(60_000);
    expect(it.cluster.stored('web')?.status.ingress).toEqual([VIP('192.0.2.1')]);
    await it.stop();
  });

  test('in an annotation of ours is put right as well', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.edit('web', (each) => ({
      ...each,
      meta: { ...each.meta, annotations: { 'example.com/pool': 'other' } },
    }));
    await settle();
    expect(it.cluster.stored('web')?.meta.annotations).toEqual({ 'example.com/pool': 'fake' });
    await it.stop();
  });

  test('in a condition of ours that was taken off gets that back', async () => {
    const it = arrange();
    await withService(it);
    const [before] = it.cluster.stored('web')?.status.conditions ?? [];
    it.cluster.edit('web', (each) => ({ ...each, status: { ...each.status, conditions: [] } }));
    await settle();
    expect(it.cluster.stored('web')?.status.conditions).toEqual([before]);
    await it.stop();
  });

  test('while the finalizer was taken off gets that back too', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.edit('web', (each) => ({ ...each, meta: { ...each.meta, finalizers: ['example.com/other'] } }));
    await settle();
    expect(it.cluster.stored('web')?.meta.finalizers).toEqual(['example.com/other', FINALIZER]);
    await it.stop();
  });
});

describe('a start', () => {
  test('claims every address that a status promises before anything new is given out', async () => {
    const it = arrange({ addresses: ['192.0.2.1', '192.0.2.2'] });
    it.cluster.put(service('new', { meta: { creationTimestamp: '2025-01-01T00:00:00Z' } }));
    it.cluster.put(service('old', { status: { ingress: [VIP('192.0.2.1')] } }));
    await it.start();
    expect(it.loadBalancer.calls[0]).toMatch(/^claim /);
    expect(it.loadBalancer.assigned).toEqual(
      new Map([
        ['old', '192.0.2.1'],
        ['new', '192.0.2.2'],
      ]),
    );
    await it.stop();
  });

  test('releases what it claimed for a Service that is gone before its first sync', async () => {
    const it = arrange({ addresses: [1, 2, 3, 4, 5].map((last) => `192.0.2.${last}`) });
    for (const last of [1, 2, 3, 4, 5])
      it.cluster.put(service(`s-${last}`, { status: { ingress: [VIP(`192.0.2.${last}`)] } }));
    const workersAreBusy = Promise.withResolvers<void>();
    const ensure = it.loadBalancer.ensureLoadBalancer.bind(it.loadBalancer);
    it.loadBalancer.ensureLoadBalancer = async (...args) => {
      await workersAreBusy.promise;
      return await ensure(...args);
    };
    await it.start();
    it.cluster.remove('s-5');
    workersAreBusy.resolve();
    await settle();
    expect(it.loadBalancer.free).toEqual(['192.0.2.5']);
    await it.stop();
  });

  test('takes over what k3s ServiceLB left: node addresses in the status, and both its finalizers', async () => {
    const it = arrange();
    it.cluster.put(
      service('web', {
        meta: { finalizers: ['svccontroller.k3s.cattle.io/daemonset'] },
        status: { ingress: [{ ip: '10.0.0.11' }, { ip: '10.0.0.12' }] },
      }),
    );
    it.cluster.put(
      service('going', {
        meta: { finalizers: [FINALIZER, 'svccontroller.k3s.cattle.io/daemonset'], deletionTimestamp: 'x' },
      }),
    );
    await it.start();
    expect(it.cluster.stored('web')).toMatchObject({
      meta: { finalizers: [FINALIZER] },
      status: { ingress: [VIP('192.0.2.1')] },
    });
    expect(it.cluster.stored('going')).toBeUndefined();
    await it.stop();
  });

  test('serves the oldest first when there is not enough for all', async () => {
    const it = arrange({ addresses: ['192.0.2.1'] });
    it.cluster.put(service('younger', { meta: { creationTimestamp: '2025-06-01T00:00:00Z' } }));
    it.cluster.put(service('older', { meta: { creationTimestamp: '2025-01-01T00:00:00Z' } }));
    await it.start();
    expect([...it.loadBalancer.assigned.keys()]).toEqual(['older']);
    await it.stop();
  });
});

describe('a change of nodes', () => {
  test('updates the load balancers with the eligible nodes, once', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.nodes.set('node-b', node('node-b'));
    it.cluster.nodes.set('node-c', node('node-c'));
    await settle();
    expect(it.loadBalancer.hosts.get('web')).toEqual(['node-a', 'node-b', 'node-c']);
    expect(it.loadBalancer.calls.filter((call) => call === 'update web')).toHaveLength(1);
    expect(it.cluster.reasons().at(-1)).toBe('UpdatedLoadBalancer');
    await it.stop();
  });

  test('that gives the provider nothing to update is told to nobody', async () => {
    const it = arrange();
    it.loadBalancer.updates = 'nothing-to-update';
    await withService(it);
    it.cluster.nodes.set('node-b', node('node-b'));
    await settle();
    expect(it.cluster.reasons()).not.toContain('UpdatedLoadBalancer');
    await it.stop();
  });

  test('that is only one of readiness, taints or addresses updates nothing', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.nodes.set('node-a', node('node-a', { conditions: [{ type: 'Ready', status: 'False' }] }));
    await settle();
    expect(it.loadBalancer.calls).not.toContain('update web');
    await it.stop();
  });

  test('whose update fails leads to an ensure', async () => {
    const it = arrange();
    await withService(it);
    it.loadBalancer.failures.push({ verb: 'update', error: new Error('no') });
    it.cluster.nodes.set('node-b', node('node-b'));
    await settle();
    expect(it.cluster.reasons()).toContain('UpdateLoadBalancerFailed');
    expect(it.loadBalancer.calls.at(-1)).toBe('ensure web');
    expect(it.metrics.value('service_controller_nodesync_error_total')).toBe(1);
    await it.stop();
  });

  test('that leaves no node is a warning', async () => {
    const it = arrange();
    await withService(it);
    it.cluster.nodes.delete('node-a');
    await settle();
    expect(it.cluster.reasons().at(-1)).toBe('UnAvailableLoadBalancer');
    await it.stop();
  });
});

describe('a stop', () => {
  test('leaves no listener, no timer and no worker', async () => {
    const it = arrange();
    await withService(it);
    await it.stop();
    expect(it.cluster.services.listeners + it.cluster.nodes.listeners).toBe(0);
    expect(it.time.armed).toBe(0);
  });

  test('in the middle of a patch tells nobody that it failed', async () => {
    const it = arrange();
    await it.start();
    it.cluster.held = [];
    it.cluster.put(service('web'));
    await settle();
    const stopped = it.stop();
    it.cluster.release();
    await stopped;
    expect(it.cluster.reasons()).toEqual(['EnsuringLoadBalancer']);
    expect(it.log.events('error')).toEqual([]);
  });
});
