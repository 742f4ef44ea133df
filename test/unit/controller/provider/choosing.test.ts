import { describe, expect, it } from 'vitest';
import type { ServiceAllocation } from '../../../../src/core/config/config.ts';
import { service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const pinned = (rest: Partial<ServiceAllocation> = {}) => ({
  serviceAllocation: { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [], ...rest },
});
const asking = (text: string) => service('web', { spec: { loadBalancerIP: text } });

describe('a Service without a request', () => {
  it('gets an address of pinned pools before others: the lower priority first, 0 last, equal ones by name', async () => {
    const bed = new ProviderBed([
      configPool('a', ['10.0.1.1/32']),
      configPool('b', ['10.0.2.1/32'], pinned()),
      configPool('c', ['10.0.3.1/32'], pinned({ priority: 20 })),
      configPool('d', ['10.0.4.1/32'], pinned({ priority: 10 })),
      configPool('e', ['10.0.5.1/32'], pinned({ priority: 10 })),
    ]);
    const got: string[] = [];
    for (const name of ['v', 'w', 'x', 'y', 'z']) got.push(...(await bed.serve(service(name))).addresses);
    expect(got).toEqual(['10.0.4.1', '10.0.5.1', '10.0.3.1', '10.0.2.1', '10.0.1.1']);
  });

  it('is admitted to a pinned pool by its namespace and its labels', async () => {
    const selects = { serviceSelectors: [{ matchLabels: { app: 'web' } }, { matchLabels: { app: 'dns' } }] };
    const pool = configPool('p', ['10.0.1.1-10.0.1.9'], pinned({ namespaces: ['default'], ...selects }));
    const bed = new ProviderBed([pool]);
    expect((await bed.serve(service('web', { meta: { labels: { app: 'web' } } }))).addresses).toEqual(['10.0.1.1']);
    expect((await bed.serve(service('dns', { meta: { labels: { app: 'dns' } } }))).addresses).toEqual(['10.0.1.2']);
    expect((await bed.serve(service('other'))).waiting?.message).toBe(
      'No address is available: pool "p" is for other Services; let its serviceAllocation select this namespace and these labels',
    );
    const elsewhere = service('web', { meta: { namespace: 'x', labels: { app: 'web' } } });
    expect((await bed.ensure(elsewhere)).waiting?.reason).toBe('AllocationFailed');
  });

  it('is looked at by the pools of a moment later while these are being changed', async () => {
    const bed = new ProviderBed([]);
    const change = Promise.withResolvers<void>();
    bed.config.settling = change.promise;
    const ensured = bed.ensure(service('web'));
    bed.config.setPools(configPool('new', ['10.0.1.1/32']));
    change.resolve();
    expect((await ensured).addresses).toEqual(['10.0.1.1']);
  });

  it('is told of every pool why it has none', async () => {
    const bed = new ProviderBed([
      configPool('full', ['10.0.1.1/32']),
      configPool('hidden', ['10.0.2.1/32'], { autoAssign: false }),
      configPool('pinned', ['10.0.3.1/32'], pinned({ namespaces: ['x'] })),
      configPool('six', ['fd00::/64']),
    ]);
    await bed.serve(service('first'));
    expect((await bed.ensure(service('web'))).waiting).toEqual({
      reason: 'AllocationFailed',
      message: [
        'No address is available: pool "pinned" is for other Services; let its serviceAllocation select this namespace and these labels',
        'pool "full" has no free IPv4 address (1 of 1 are in use); extend it, or delete a Service that has one of its addresses',
        'pool "six" has no IPv4 addresses; add some to it',
        'pool "hidden" is given out on request only (autoAssign: false); ask for it by the annotation heraldlb.io/address-pool',
      ].join('; '),
    });
  });

  it('gets a message that an event has room for, however many pools there are', async () => {
    const pools = Array.from({ length: 50 }, (_, at) =>
      configPool(`pool-with-a-long-name-${at}`, [`10.0.${at}.1/32`], { autoAssign: false }),
    );
    const message = (await new ProviderBed(pools).ensure(service('web'))).waiting?.message ?? '';
    expect(message.length).toBeLessThan(1024);
    expect(message).toContain('44 more pools have none either');
  });

  it.each([
    ['metallb.io/loadBalancerIPs', `10.0.0.${'9'.repeat(200_000)}`],
    ['metallb.io/loadBalancerIPs', `fe80::1%${'x'.repeat(200_000)}`],
    ['metallb.io/loadBalancerIPs', '10.0.0.300,'.repeat(20_000)],
    ['metallb.io/address-pool', 'x'.repeat(200_000)],
    ['metallb.io/address-pool', 'x,y,'.repeat(50_000)],
  ])('gets a message that an event has room for, however long the annotation %s is', async (key, value) => {
    const bed = new ProviderBed([configPool('any', ['10.0.1.1/32'])]);
    const asking = service('web', { meta: { annotations: { [key]: value } } });
    const message = (await bed.ensure(asking)).waiting?.message ?? '';
    expect(message).not.toBe('');
    expect(message.length).toBeLessThan(1024);
  });

  it('gets no address that ends in .0 or .255 of a pool that avoids those', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.254-10.0.1.1'], { avoidBuggyIps: true })]);
    const first = await bed.serve(service('a'));
    const second = await bed.serve(service('b'));
    expect([...first.addresses, ...second.addresses]).toEqual(['10.0.0.254', '10.0.1.1']);
    expect((await bed.serve(service('c'))).waiting?.message).toContain('(2 of 2 are in use)');
    expect(bed.provider.usage('any')).toEqual({
      assignedIPv4: 2n,
      availableIPv4: 0n,
      assignedIPv6: 0n,
      availableIPv6: 0n,
    });
  });

  it('gets addresses of ranges in the order in which they are listed', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.9.1/32', '10.0.1.0/31'])]);
    const got: string[] = [];
    for (const name of ['a', 'b', 'c']) got.push(...(await bed.serve(service(name))).addresses);
    expect(got).toEqual(['10.0.9.1', '10.0.1.0', '10.0.1.1']);
  });
});

describe('a Service that asks for an address', () => {
  const hidden = configPool('hidden', ['10.0.2.0-10.0.2.9'], { autoAssign: false, avoidBuggyIps: true });
  const others = configPool('others', ['10.0.3.1/32'], pinned({ namespaces: ['x'] }));

  it('gets it of a pool that is given out on request only', async () => {
    expect(await new ProviderBed([hidden]).serve(asking('10.0.2.7'))).toEqual({
      addresses: ['10.0.2.7'],
      pools: 'hidden',
    });
  });

  it.each([
    ['10.9.9.9', '10.9.9.9 is in no pool; ask for an address of a pool, or add it to one'],
    ['10.0.2.0', '10.0.2.0 ends in .0 or .255, which pool "hidden" avoids (avoidBuggyIPs); ask for another address'],
    [
      '10.0.3.1',
      '10.0.3.1 is in pool "others", which is for other Services; let its serviceAllocation select this namespace and these labels',
    ],
  ])('is refused %s with a sentence', async (text, message) => {
    expect((await new ProviderBed([hidden, others]).serve(asking(text))).waiting?.message).toBe(
      `No address is available: ${message}`,
    );
  });

  it('and for a pool gets it only of that pool', async () => {
    const bed = new ProviderBed([hidden, configPool('any', ['10.0.1.0/24'])]);
    const both = service('web', {
      meta: { annotations: { 'metallb.io/address-pool': 'any' } },
      spec: { loadBalancerIP: '10.0.2.7' },
    });
    expect((await bed.serve(both)).waiting?.message).toBe(
      'No address is available: 10.0.2.7 is in pool "hidden", but pool "any" is asked for; change one of the two',
    );
  });
});

describe('a Service that asks for a pool', () => {
  const forPool = (pool: string) => service('web', { meta: { annotations: { 'metallb.io/address-pool': pool } } });

  it('gets an address of it, also when it is given out on request only', async () => {
    const bed = new ProviderBed([
      configPool('any', ['10.0.1.0/24']),
      configPool('hidden', ['10.0.2.1/32'], { autoAssign: false }),
    ]);
    expect((await bed.serve(forPool('hidden'))).addresses).toEqual(['10.0.2.1']);
  });

  it('is told which pools there are when there is none of that name', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.1.0/24']), configPool('more', ['10.0.2.0/24'])]);
    expect((await bed.serve(forPool('mroe'))).waiting?.message).toBe(
      'No address is available: there is no pool "mroe"; create it, or ask for one that there is: "any", "more"',
    );
  });

  it('gets the families of two pools when it names two', async () => {
    const bed = new ProviderBed([
      configPool('four', ['10.0.1.0/24']),
      configPool('six', ['fd00::/64']),
      configPool('any', ['10.0.0.0/24', 'fd01::/64']),
    ]);
    const asks = forPool('six,four');
    const dual = {
      ...asks,
      spec: { ...asks.spec, clusterIPs: ['10.96.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] as const },
    };
    expect(await bed.serve(dual)).toEqual({ addresses: ['10.0.1.0', 'fd00::'], pools: 'four,six' });
  });
});
