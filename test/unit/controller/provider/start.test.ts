import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../../src/core/net/index.ts';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { node, service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const ANY = configPool('any', ['10.0.0.1-10.0.0.9', 'fd00::1-fd00::9']);
const promised = (
  name: string,
  ips: readonly string[],
  rest: { meta?: Partial<Service['meta']>; spec?: Partial<Service['spec']> } = {},
) => service(name, { ...rest, status: { ingress: ips.map((ip) => ({ ip })), conditions: [] } });

describe('after a start', () => {
  it('every Service keeps what its status promises, whatever comes first afterwards', async () => {
    const bed = new ProviderBed([ANY]);
    bed.provider.claimExisting([promised('old', ['10.0.0.1']), service('new')]);
    expect((await bed.ensure(service('new'))).addresses).toEqual(['10.0.0.2']);
    expect((await bed.ensure(promised('old', ['10.0.0.1']))).addresses).toEqual(['10.0.0.1']);
    expect(bed.cluster.reasons('old')).toEqual([]);
  });

  it('what statuses promise is declared to the announcer before anything else', () => {
    const bed = new ProviderBed([ANY]);
    bed.provider.claimExisting([promised('old', ['10.0.0.1', 'fd00::1'])]);
    const { addresses = [] } = bed.announcer.announcements.get('default/old') ?? {};
    expect(addresses.map(({ address }) => formatIp(address))).toEqual(['10.0.0.1', 'fd00::1']);
    expect(bed.announcer.isDeclared).toBe(true);
  });

  it.each([
    ['node addresses that k3s left behind', ['10.0.0.7', '10.0.0.8'], []],
    ['addresses outside of all pools', ['192.0.2.1'], []],
    ['two addresses of one family', ['10.0.0.1', '10.0.0.2'], []],
    ['a host name', ['lb.example'], []],
    ['a node address beside ours', ['10.0.0.7', '10.0.0.1'], ['10.0.0.1']],
    ['two of one family beside one of the other', ['10.0.0.1', '10.0.0.2', 'fd00::5'], ['fd00::5']],
  ])('of %s in a status only ours is adopted', async (_what, ips, adopted) => {
    const bed = new ProviderBed([ANY]);
    for (const [name, address] of [
      ['n7', '10.0.0.7'],
      ['n8', '10.0.0.8'],
    ] as const) {
      bed.cluster.nodes.set(
        name,
        node(name, {
          addresses: [
            { type: 'InternalIP', address },
            { type: 'Hostname', address: name },
          ],
        }),
      );
    }
    const stale = promised('stale', ips);
    bed.provider.claimExisting([stale]);
    const { status, exists } = await bed.provider.getLoadBalancer('cluster', stale);
    expect(status.ingress.map(({ ip }) => ip)).toEqual(adopted);
    expect(exists).toBe(adopted.length > 0);
  });

  it('a stale node address is replaced by one of a pool', async () => {
    const bed = new ProviderBed([ANY]);
    bed.cluster.nodes.set('n', node('n', { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] }));
    const stale = promised('stale', ['10.0.0.1']);
    bed.provider.claimExisting([stale]);
    expect((await bed.ensure(stale)).addresses).toEqual(['10.0.0.2']);
  });

  it('of two Services that promise the same, the older keeps it and the other gets another one', async () => {
    const bed = new ProviderBed([ANY]);
    const younger = promised('a', ['10.0.0.1'], { meta: { creationTimestamp: '2026-02-01T00:00:00Z' } });
    const older = promised('b', ['10.0.0.1']);
    bed.provider.claimExisting([younger, older]);
    expect((await bed.ensure(older)).addresses).toEqual(['10.0.0.1']);
    expect((await bed.ensure(younger)).addresses).toEqual(['10.0.0.2']);
    expect(bed.cluster.reasons('a')).toEqual(['ClearAssignment', 'IPAllocated']);
  });

  it.each([
    ['is being deleted', { meta: { deletionTimestamp: '2026-03-01T00:00:00Z' } }],
    ['is of another type now', { spec: { type: 'ClusterIP' } }],
  ])('a Service that %s gives way to one that stays, and is not announced', async (_what, rest) => {
    const bed = new ProviderBed([ANY]);
    const leaving = promised('a', ['10.0.0.1'], rest);
    const alone = promised('c', ['10.0.0.3'], rest);
    const staying = promised('b', ['10.0.0.1'], { meta: { creationTimestamp: '2026-02-01T00:00:00Z' } });
    bed.provider.claimExisting([leaving, staying, alone]);
    expect((await bed.ensure(staying)).addresses).toEqual(['10.0.0.1']);
    expect(await bed.provider.getLoadBalancer('cluster', leaving)).toMatchObject({ exists: false });
    expect(await bed.provider.getLoadBalancer('cluster', alone)).toMatchObject({ exists: true });
    expect([...bed.announcer.announcements.keys()]).toEqual(['default/b']);
  });

  it('a Service that cannot be read blocks no other', async () => {
    const bed = new ProviderBed([ANY]);
    const broken = { ...promised('broken', ['10.0.0.1']), status: undefined } as unknown as Service;
    bed.provider.claimExisting([broken, promised('fine', ['10.0.0.2'])]);
    expect(bed.log.events('error')).toEqual(['status-not-claimed']);
    expect((await bed.ensure(promised('fine', ['10.0.0.2']))).addresses).toEqual(['10.0.0.2']);
  });

  it('a Service that may not keep what it has is moved by its own sync', async () => {
    const bed = new ProviderBed([
      configPool('theirs', ['10.0.0.1/32'], {
        serviceAllocation: { priority: 0, namespaces: ['x'], namespaceSelectors: [], serviceSelectors: [] },
      }),
      configPool('ours', ['10.0.1.1/32']),
    ]);
    const old = promised('old', ['10.0.0.1']);
    bed.provider.claimExisting([old]);
    expect(bed.announcer.announcements.size).toBe(1);
    expect((await bed.ensure(old)).addresses).toEqual(['10.0.1.1']);
  });
});
