import { describe, expect, it } from 'vitest';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { node, service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const ANY = configPool('any', ['10.0.0.1-10.0.0.3']);
const OTHER = configPool('other', ['10.0.1.1-10.0.1.2'], { autoAssign: false });
const annotated = (annotations: Record<string, string>, spec: Partial<Service['spec']> = {}) =>
  service('web', { meta: { annotations }, spec });
const dual = { clusterIPs: ['10.96.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] as const };

describe('the address of a Service', () => {
  it('is the lowest free one of the first pool by name, and stays so', async () => {
    const bed = new ProviderBed([configPool('b', ['10.0.1.0/24']), ANY]);
    expect(await bed.serve(service('web'))).toEqual({ addresses: ['10.0.0.1'], pools: 'any' });
    expect(await bed.serve(service('web'))).toEqual({ addresses: ['10.0.0.1'], pools: 'any' });
    expect(bed.events('IPAllocated')).toEqual(['Assigned 10.0.0.1 of pool "any"']);
  });

  it('moves when a pool annotation is added, and the old one is kept until the status says the new one', async () => {
    const bed = new ProviderBed([ANY, OTHER]);
    await bed.serve(service('web'));
    const moved = bed.cluster.put(annotated({ 'metallb.io/address-pool': 'other' }, {}));
    bed.writeStatus('web', ['10.0.0.1']);
    expect((await bed.ensure(moved)).addresses).toEqual(['10.0.1.1']);
    const taker = service('taker', { spec: { loadBalancerIP: '10.0.0.1' } });
    expect((await bed.ensure(taker)).waiting?.message).toBe(
      'No address is available: 10.0.0.1 is being given up by Service default/web; it is tried again as soon as it is free',
    );
    bed.writeStatus('web', ['10.0.1.1']);
    expect(bed.takeNeeded()).toEqual(['default/taker']);
    expect((await bed.ensure(taker)).addresses).toEqual(['10.0.0.1']);
    expect(bed.events('ClearAssignment')).toEqual([
      'Gave up 10.0.0.1: 10.0.0.1 is in pool "any", but pool "other" is asked for',
    ]);
  });

  it('is not freed by a status that says neither the old one nor the new one', async () => {
    const bed = new ProviderBed([ANY, OTHER]);
    await bed.serve(service('web'));
    await bed.ensure(bed.cluster.put(annotated({ 'metallb.io/address-pool': 'other' })));
    bed.writeStatus('web', []);
    expect((await bed.ensure(service('next'))).addresses).toEqual(['10.0.0.2']);
    bed.writeStatus('web', ['10.0.1.1']);
    expect((await bed.ensure(service('last'))).addresses).toEqual(['10.0.0.1']);
  });

  it('is kept when the pool asked for cannot serve', async () => {
    const bed = new ProviderBed([ANY, configPool('full', ['10.0.1.1/32'], { autoAssign: false })]);
    await bed.serve(service('taker', { spec: { loadBalancerIP: '10.0.1.1' } }));
    await bed.serve(service('web'));
    expect(await bed.ensure(annotated({ 'metallb.io/address-pool': 'full' }))).toEqual({
      addresses: ['10.0.0.1'],
      pools: 'any',
      waiting: {
        reason: 'AllocationFailed',
        message:
          'No address is available: pool "full" has no free IPv4 address (1 of 1 are in use); extend it, or delete a Service that has one of its addresses. It keeps 10.0.0.1 meanwhile',
      },
    });
    expect(bed.announcer.announcements.get('default/web')?.addresses).toHaveLength(1);
  });

  it.each([
    ['the pool annotation', { 'metallb.io/address-pool': 'other' }, {}],
    ['the request', {}, { loadBalancerIP: '10.0.1.1' }],
  ])('is kept when %s is removed', async (_what, annotations, spec) => {
    const bed = new ProviderBed([ANY, OTHER]);
    expect((await bed.serve(annotated(annotations, spec))).addresses).toEqual(['10.0.1.1']);
    expect((await bed.ensure(service('web'))).addresses).toEqual(['10.0.1.1']);
  });

  it('is kept when the one asked for is held by another', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('first'));
    await bed.serve(service('web'));
    const ensured = await bed.ensure(service('web', { spec: { loadBalancerIP: '10.0.0.1' } }));
    expect(ensured.addresses).toEqual(['10.0.0.2']);
    expect(ensured.waiting?.message).toBe(
      'No address is available: 10.0.0.1 is in use by Service default/first, and neither allows sharing; ask for another address, or give both the same annotation heraldlb.io/allow-shared-ip. It keeps 10.0.0.2 meanwhile',
    );
  });

  it('is kept when the request cannot be understood', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    const ensured = await bed.ensure(annotated({ 'metallb.io/loadBalancerIPs': '10.0.0.300' }));
    expect(ensured).toMatchObject({ addresses: ['10.0.0.1'], waiting: { reason: 'LoadBalancerFailed' } });
    expect(ensured.waiting?.message).toBe(
      'Annotation metallb.io/loadBalancerIPs says "10.0.0.300"; an address of it is "10.0.0.300", which has a number above 255; correct it. It keeps 10.0.0.1 meanwhile',
    );
  });

  it('is missing for the reason AllocationFailed when the request cannot be understood and there is none to keep', async () => {
    const ensured = await new ProviderBed([ANY]).ensure(annotated({ 'metallb.io/loadBalancerIPs': 'lan' }));
    expect(ensured).toMatchObject({ addresses: [], waiting: { reason: 'AllocationFailed' } });
  });

  it('is had by an annotation of the old prefix as well, with one warning that names its successor', async () => {
    const bed = new ProviderBed([ANY]);
    const asking = annotated({
      'metallb.universe.tf/loadBalancerIPs': '10.0.0.2',
      'metallb.universe.tf/allow-shared-ip': 'key',
    });
    expect((await bed.serve(asking)).addresses).toEqual(['10.0.0.2']);
    await bed.serve(asking);
    expect(bed.events('deprecatedAnnotation')).toEqual([
      'Annotation metallb.universe.tf/loadBalancerIPs is deprecated; write metallb.io/loadBalancerIPs instead. Annotation metallb.universe.tf/allow-shared-ip is deprecated; write metallb.io/allow-shared-ip instead',
    ]);
  });

  it('follows the first of two requests that contradict each other, with one warning that quotes both', async () => {
    const bed = new ProviderBed([ANY]);
    const asking = annotated({ 'metallb.io/loadBalancerIPs': '10.0.0.2' }, { loadBalancerIP: '10.0.0.3' });
    expect((await bed.serve(asking)).addresses).toEqual(['10.0.0.2']);
    await bed.serve(asking);
    expect(bed.events('ContradictoryRequests')).toEqual([
      'Annotation metallb.io/loadBalancerIPs says "10.0.0.2", but spec.loadBalancerIP says "10.0.0.3"; the former counts. Remove one of the two',
    ]);
  });

  it.each([
    ['its pool is gone', [configPool('b', ['10.0.9.1/32'])], '10.0.9.1'],
    ['its pool shrank', [configPool('any', ['10.0.0.2-10.0.0.3'])], '10.0.0.2'],
    [
      'its pool is for others now',
      [
        { ...ANY, serviceAllocation: { priority: 0, namespaces: ['x'], namespaceSelectors: [], serviceSelectors: [] } },
        configPool('b', ['10.0.9.1/32']),
      ],
      '10.0.9.1',
    ],
  ])('is replaced when %s', async (_what, pools, expected) => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    bed.config.setPools(...pools);
    expect(bed.takeNeeded()).toEqual(['default/web']);
    expect((await bed.ensure(service('web'))).addresses).toEqual([expected]);
  });

  it('goes without another one when its pool is gone and no other has any', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    bed.config.setPools();
    const ensured = await bed.ensure(service('web'));
    expect(ensured).toEqual({
      addresses: [],
      pools: undefined,
      waiting: {
        reason: 'AllocationFailed',
        message:
          'No address is available: there is no address pool; create an IPAddressPool, or start the controller with --pool',
      },
    });
    expect(bed.announcer.announcements.size).toBe(0);
  });

  it.each([
    ['the pool is renamed', [configPool('renamed', ['10.0.0.1-10.0.0.3'])], 'renamed'],
    ['the pool is split', [configPool('lower', ['10.0.0.1/32']), configPool('upper', ['10.0.0.2-10.0.0.3'])], 'lower'],
    ['automatic assignment is turned off', [{ ...ANY, autoAssign: false }], 'any'],
  ])('is kept when %s', async (_what, pools, name) => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    bed.config.setPools(...pools);
    expect(await bed.ensure(service('web'))).toEqual({ addresses: ['10.0.0.1'], pools: name });
  });

  it('is replaced when it ends in .255 and its pool avoids that now, but kept when there is no other', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.255/32'])]);
    await bed.serve(service('web'));
    bed.config.setPools(configPool('any', ['10.0.0.255/32'], { avoidBuggyIps: true }));
    expect(await bed.ensure(service('web'))).toMatchObject({ addresses: ['10.0.0.255'] });
    bed.config.setPools(configPool('any', ['10.0.0.255-10.0.1.1'], { avoidBuggyIps: true }));
    expect(await bed.ensure(service('web'))).toMatchObject({ addresses: ['10.0.1.1'] });
  });

  it('is replaced when a node comes to have it', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    bed.cluster.nodes.set('n', node('n', { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] }));
    expect(bed.takeNeeded()).toEqual(['default/web']);
    expect((await bed.serve(service('web'))).addresses).toEqual(['10.0.0.2']);
    expect(bed.events('ClearAssignment').join()).toContain('10.0.0.1 is the own address of node "n"');
    bed.cluster.nodes.delete('n');
    expect((await bed.serve(service('next'))).addresses).toEqual(['10.0.0.1']);
  });

  it('is kept in quarantine, but nobody else is given it', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    const [address] = bed.provider.addresses.quarantined().keys();
    expect(address).toBeUndefined();
    bed.provider.setQuarantine(0x0a00_0001 as never, '02:00:00:00:00:07 answers for it on eth0');
    expect((await bed.ensure(service('web'))).addresses).toEqual(['10.0.0.1']);
    await bed.delete('web');
    expect((await bed.ensure(service('next'))).addresses).toEqual(['10.0.0.2']);
    const asking = await bed.ensure(service('asking', { spec: { loadBalancerIP: '10.0.0.1' } }));
    expect(asking.waiting?.message).toContain('10.0.0.1 is in quarantine: 02:00:00:00:00:07 answers for it on eth0');
  });

  it('is missed when another host has it, and the Service that waits is told so', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.1-10.0.0.2'])]);
    await bed.serve(service('web'));
    bed.provider.setQuarantine(0x0a00_0002 as never, 'another host has it');
    expect((await bed.ensure(service('late'))).waiting?.message).toContain(
      'pool "any" has no free IPv4 address (1 of 2 are in use, 1 belong to other hosts (see status.unavailable of the pool))',
    );
    bed.provider.setQuarantine(0x0a00_0002 as never, undefined);
    expect((await bed.ensure(service('late'))).addresses).toEqual(['10.0.0.2']);
  });

  it('is exchanged when another host had it before it was ever announced, but not for nothing, and not when it is asked for', async () => {
    const cause = 'another host has it';
    const [first, second] = [0x0a00_0001, 0x0a00_0002] as never[];
    const bed = new ProviderBed([configPool('any', ['10.0.0.1-10.0.0.2'])]);
    await bed.serve(service('web'));
    await bed.serve(service('asking', { spec: { loadBalancerIP: '10.0.0.2' } }));
    for (const address of [first, second]) {
      if (address === undefined) continue;
      bed.provider.setQuarantine(address, cause);
      bed.provider.setUnusable(address);
    }
    expect((await bed.ensure(service('web'))).addresses).toEqual(['10.0.0.1']);
    bed.config.setPools(configPool('any', ['10.0.0.1-10.0.0.3']));
    const asking = service('asking', { spec: { loadBalancerIP: '10.0.0.2' } });
    expect((await bed.ensure(asking)).addresses).toEqual(['10.0.0.2']);
    expect((await bed.serve(service('web'))).addresses).toEqual(['10.0.0.3']);
    expect(bed.events('ClearAssignment').join()).toContain(`10.0.0.1 is in quarantine: ${cause}`);
  });

  it('is put right in the status when somebody wiped or altered that', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('web'));
    const altered = service('web', { status: { ingress: [{ ip: '10.0.0.3' }], conditions: [] } });
    expect((await bed.ensure(altered)).addresses).toEqual(['10.0.0.1']);
    expect((await bed.ensure(service('web'))).addresses).toEqual(['10.0.0.1']);
  });

  it('is freed when the Service is released only after its status says so', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.1/32'])]);
    await bed.serve(service('web'));
    const other = bed.cluster.put(
      service('web', { spec: { type: 'ClusterIP' }, status: { ingress: [{ ip: '10.0.0.1' }], conditions: [] } }),
    );
    await bed.provider.ensureLoadBalancerDeleted('cluster', other);
    expect(await bed.provider.getLoadBalancer('cluster', other)).toMatchObject({
      status: { ingress: [] },
      exists: true,
    });
    expect((await bed.serve(service('next'))).addresses).toEqual([]);
    bed.writeStatus('web', []);
    expect(bed.takeNeeded()).toEqual(['default/next']);
    expect((await bed.serve(service('next'))).addresses).toEqual(['10.0.0.1']);
  });

  it('comes back to a Service that changes its mind before its status is written', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('first'));
    await bed.serve(service('web'));
    await bed.delete('first');
    const status = { ingress: [{ ip: '10.0.0.2' }], conditions: [] };
    const other = bed.cluster.put(service('web', { spec: { type: 'ClusterIP' }, status }));
    await bed.provider.ensureLoadBalancerDeleted('cluster', other);
    expect((await bed.ensure(bed.cluster.put(service('web', { status })))).addresses).toEqual(['10.0.0.2']);
  });

  it('is freed when the Service is deleted', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.1/32'])]);
    await bed.serve(service('web'));
    expect(await bed.provider.getLoadBalancer('cluster', service('web'))).toMatchObject({ exists: true });
    await bed.delete('web');
    expect(await bed.provider.getLoadBalancer('cluster', service('web'))).toMatchObject({ exists: false });
    expect(bed.announcer.announcements.size).toBe(0);
    expect((await bed.serve(service('next'))).addresses).toEqual(['10.0.0.1']);
  });
});

describe('the addresses of a dual-stack Service', () => {
  const both = configPool('both', ['10.0.0.1-10.0.0.2', 'fd00::1-fd00::2']);
  const prefer = service('web', { spec: { ...dual, ipFamilyPolicy: 'PreferDualStack' } });
  const require = service('web', { spec: { ...dual, ipFamilyPolicy: 'RequireDualStack' } });

  it('come of the first pool that has both, IPv4 first', async () => {
    const bed = new ProviderBed([configPool('a', ['10.0.9.0/24']), both]);
    expect(await bed.serve(prefer)).toEqual({ addresses: ['10.0.0.1', 'fd00::1'], pools: 'both' });
  });

  it('come of two pools when no pool has both', async () => {
    const bed = new ProviderBed([configPool('four', ['10.0.9.1/32']), configPool('six', ['fd00:9::/64'])]);
    expect(await bed.serve(require)).toEqual({ addresses: ['10.0.9.1', 'fd00:9::'], pools: 'four,six' });
  });

  it('may be one only when the Service prefers two, and an event says why', async () => {
    const bed = new ProviderBed([configPool('four', ['10.0.9.1/32'])]);
    expect(await bed.serve(prefer)).toEqual({ addresses: ['10.0.9.1'], pools: 'four' });
    expect(bed.events('AdditionalAssignFailed')).toEqual([
      'No address of the second IP family: pool "four" has no IPv6 addresses; add some to it',
    ]);
  });

  it('are completed when the other family can be had', async () => {
    const bed = new ProviderBed([configPool('four', ['10.0.9.1/32'])]);
    await bed.serve(prefer);
    bed.config.setPools(configPool('four', ['10.0.9.1/32']), configPool('six', ['fd00:9::/64']));
    expect(bed.takeNeeded()).toEqual(['default/web']);
    expect((await bed.serve(prefer)).addresses).toEqual(['10.0.9.1', 'fd00:9::']);
  });

  it('are both necessary when the Service requires two', async () => {
    const bed = new ProviderBed([configPool('four', ['10.0.9.1/32'])]);
    expect((await bed.ensure(require)).waiting?.message).toBe(
      'No address is available: pool "four" has no IPv6 addresses; add some to it',
    );
  });

  it('become one when the Service becomes single-stack, and the other way round', async () => {
    const bed = new ProviderBed([both]);
    await bed.serve(prefer);
    const single = service('web', { spec: { clusterIPs: ['fd00::1'], ipFamilies: ['IPv6'] } });
    expect((await bed.serve(single)).addresses).toEqual(['fd00::1']);
    expect((await bed.serve(prefer)).addresses).toEqual(['10.0.0.1', 'fd00::1']);
  });

  it('are asked for in part: the other family comes by itself, of the same pool when it can', async () => {
    const bed = new ProviderBed([configPool('a', ['10.0.9.0/24', 'fd00:9::/64']), both]);
    const asking = service('web', { spec: { ...dual, ipFamilyPolicy: 'PreferDualStack', loadBalancerIP: 'fd00::2' } });
    expect(await bed.serve(asking)).toEqual({ addresses: ['10.0.0.1', 'fd00::2'], pools: 'both' });
  });

  it('cannot be asked for in a family that the Service does not have', async () => {
    const bed = new ProviderBed([both]);
    const asking = service('web', { spec: { loadBalancerIP: 'fd00::2' } });
    expect((await bed.ensure(asking)).waiting?.message).toBe(
      "No address is available: fd00::2 is not of the Service's IP family (IPv4); ask for an address of that family, or change spec.ipFamilies",
    );
  });
});
