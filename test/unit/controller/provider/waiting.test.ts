import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../../src/core/net/index.ts';
import { node, service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const ONE = configPool('any', ['10.0.0.1/32']);
const sharing = (name: string, key: string, port: number) =>
  service(name, {
    meta: { annotations: { 'metallb.io/allow-shared-ip': key } },
    spec: { ports: [{ protocol: 'TCP', port }] },
  });
const asking = (name: string, ip: string) => service(name, { spec: { loadBalancerIP: ip } });

describe('Services that wait', () => {
  it('are called one for each address that is freed, in the order in which they came', async () => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(service('holder'));
    for (const name of ['c', 'a', 'b']) await bed.serve(service(name));
    await bed.delete('holder');
    expect(bed.takeNeeded()).toEqual(['default/c']);
    await bed.serve(service('c'));
    await bed.delete('c');
    expect(bed.takeNeeded()).toEqual(['default/a']);
  });

  it('are served before a Service that came later, though that is looked at first', async () => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(service('holder'));
    await bed.serve(service('waiter'));
    await bed.delete('holder');
    expect((await bed.serve(service('newcomer'))).waiting?.message).toContain(
      '1 promised to Services that have waited for longer',
    );
    expect((await bed.serve(service('waiter'))).addresses).toEqual(['10.0.0.1']);
    await bed.delete('waiter');
    expect(bed.takeNeeded()).toEqual(['default/waiter', 'default/newcomer']);
  });

  it('are told of the one that has the address now, when that is another one', async () => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(service('holder'));
    for (const name of ['a', 'b', 'c']) await bed.serve(asking(name, '10.0.0.1'));
    await bed.delete('holder');
    expect(bed.takeNeeded()).toEqual(['default/a']);
    expect((await bed.serve(asking('a', '10.0.0.1'))).addresses).toEqual(['10.0.0.1']);
    expect(bed.takeNeeded()).toEqual(['default/b', 'default/c']);
    for (const name of ['b', 'c']) {
      const { waiting } = await bed.serve(asking(name, '10.0.0.1'));
      expect(waiting?.message).toContain('10.0.0.1 is in use by Service default/a,');
    }
    expect(bed.takeNeeded()).toEqual([]);
  });

  it('keep their turn however often they try in vain', async () => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(service('holder'));
    for (const name of ['a', 'b', 'a', 'a']) await bed.serve(service(name));
    await bed.delete('holder');
    expect(bed.takeNeeded()).toEqual(['default/a']);
  });

  it.each([
    ['is deleted', async (bed: ProviderBed) => await bed.delete('a')],
    [
      'is of another type now',
      (bed: ProviderBed) => void bed.cluster.put(service('a', { spec: { type: 'ClusterIP' } })),
    ],
    ['asks for something else', async (bed: ProviderBed) => void (await bed.serve(asking('a', '10.9.9.9')))],
  ])('give way to the next when the one that was called %s', async (_what, goes) => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(service('holder'));
    await bed.serve(service('a'));
    await bed.serve(service('b'));
    await bed.delete('holder');
    expect(bed.takeNeeded()).toEqual(['default/a']);
    await goes(bed);
    expect(bed.takeNeeded()).toEqual(['default/b']);
    expect((await bed.serve(service('b'))).addresses).toEqual(['10.0.0.1']);
  });

  it('for one address are called one after the other, and told of who has it again', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.1-10.0.0.9'])]);
    await bed.serve(asking('holder', '10.0.0.1'));
    for (const name of ['a', 'b', 'c']) await bed.serve(asking(name, '10.0.0.1'));
    await bed.delete('holder');
    expect(bed.takeNeeded()).toEqual(['default/a']);
    await bed.delete('a');
    expect(bed.takeNeeded()).toEqual(['default/b']);
    await bed.serve(asking('b', '10.0.0.1'));
    expect(bed.takeNeeded()).toEqual(['default/c']);
    expect((await bed.serve(asking('c', '10.0.0.1'))).waiting?.message).toContain('in use by Service default/b');
    expect(bed.takeNeeded()).toEqual([]);
  });

  it('for a shared address are called on when there may be room for more', async () => {
    const bed = new ProviderBed([ONE]);
    const shared = (name: string, port: number) => sharing(name, 'k', port);
    await bed.serve(shared('one', 80));
    await bed.serve(shared('two', 443));
    for (const [name, port] of [
      ['a', 80],
      ['b', 443],
    ] as const)
      expect((await bed.serve(shared(name, port))).addresses).toEqual([]);
    await bed.delete('two');
    expect(bed.takeNeeded()).toEqual(['default/a']);
    expect((await bed.serve(shared('a', 80))).addresses).toEqual([]);
    expect(bed.takeNeeded()).toEqual(['default/b']);
    expect((await bed.serve(shared('b', 443))).addresses).toEqual(['10.0.0.1']);
  });

  it('with a sharing key are called when who has the address comes to share by that key', async () => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(sharing('holder', 'k', 80));
    expect((await bed.serve(sharing('a', 'q', 81))).addresses).toEqual([]);
    expect((await bed.serve(sharing('holder', 'q', 80))).addresses).toEqual(['10.0.0.1']);
    expect(bed.takeNeeded()).toEqual(['default/a']);
    expect((await bed.serve(sharing('a', 'q', 81))).addresses).toEqual(['10.0.0.1']);
  });

  it('with one sharing key share what is freed for the first of them', async () => {
    const bed = new ProviderBed([ONE]);
    await bed.serve(service('holder'));
    for (const [at, name] of ['a', 'b', 'c'].entries()) await bed.serve(sharing(name, 'k', 80 + at));
    await bed.delete('holder');
    for (const [at, name] of ['a', 'b', 'c'].entries()) {
      expect(bed.takeNeeded()).toEqual([`default/${name}`]);
      expect((await bed.serve(sharing(name, 'k', 80 + at))).addresses).toEqual(['10.0.0.1']);
    }
    expect(bed.takeNeeded()).toEqual([]);
  });

  it.each([
    ['a pool grows', [configPool('any', ['10.0.0.1-10.0.0.2'])]],
    ['a pool is created', [ONE, configPool('more', ['10.0.1.0/24'])]],
  ])('are all called when %s, in the order in which they came', async (_what, pools) => {
    const bed = new ProviderBed([ONE]);
    for (const name of ['holder', 'c', 'a', 'b']) await bed.serve(service(name));
    bed.takeNeeded();
    bed.config.setPools(...pools);
    expect(bed.takeNeeded().filter((key) => key !== 'default/holder')).toEqual(['default/c', 'default/a', 'default/b']);
  });

  it('are not called when the configuration changed in nothing that concerns addresses', async () => {
    const bed = new ProviderBed([ONE]);
    for (const name of ['holder', 'a']) await bed.serve(service(name));
    bed.config.setPools({ ...ONE });
    expect(bed.takeNeeded()).toEqual([]);
  });

  it('are called when a node gives an address up', async () => {
    const bed = new ProviderBed([ONE]);
    bed.cluster.nodes.set('n', node('n', { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] }));
    expect((await bed.serve(service('a'))).addresses).toEqual([]);
    bed.cluster.nodes.set('n', node('n', { addresses: [{ type: 'InternalIP', address: '10.0.0.2' }] }));
    expect(bed.takeNeeded()).toEqual(['default/a']);
  });
});

describe('an address that was freed', () => {
  it('is given to who waits when its cool-down is over, and says so meanwhile', async () => {
    const bed = new ProviderBed([ONE], { coolDownMs: 5_000 });
    await bed.serve(service('holder'));
    await bed.delete('holder');
    const { waiting } = await bed.serve(service('a'));
    expect(waiting?.message).toContain('(0 of 1 are in use, 1 freed a moment ago and still in their cool-down)');
    await bed.time.advance(4_999);
    expect(bed.takeNeeded()).toEqual([]);
    await bed.time.advance(1);
    expect(bed.takeNeeded()).toEqual(['default/a']);
    expect((await bed.serve(service('a'))).addresses).toEqual(['10.0.0.1']);
    expect(bed.time.armed).toBe(0);
  });

  it('can be had at once by who asks for it, and by the Service that had it', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.1-10.0.0.9'])], { coolDownMs: 5_000 });
    for (const name of ['a', 'b']) await bed.serve(service(name));
    for (const name of ['a', 'b']) await bed.delete(name);
    expect((await bed.serve(service('c'))).addresses).toEqual(['10.0.0.3']);
    expect((await bed.serve(service('b'))).addresses).toEqual(['10.0.0.2']);
    expect((await bed.serve(asking('d', '10.0.0.1'))).addresses).toEqual(['10.0.0.1']);
  });

  it('goes to another by itself only when it is the turn of the next in order', async () => {
    const bed = new ProviderBed([ONE], { coolDownMs: 5_000 });
    await bed.serve(service('holder'));
    for (const name of ['a', 'b']) await bed.serve(service(name));
    await bed.delete('holder');
    await bed.time.advance(5_000);
    expect(bed.takeNeeded()).toEqual(['default/a']);
    expect((await bed.serve(service('b'))).addresses).toEqual([]);
  });
});

describe('the usage of a pool', () => {
  it('counts what is assigned and what can still be given, and tells when that changes', async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.0/29', 'fd00::/48'])], { coolDownMs: 5_000 });
    bed.cluster.nodes.set('n', node('n', { addresses: [{ type: 'InternalIP', address: '10.0.0.7' }] }));
    await bed.serve(service('a'));
    expect(bed.provider.usage('any')).toEqual({
      assignedIPv4: 1n,
      availableIPv4: 6n,
      assignedIPv6: 0n,
      availableIPv6: 2n ** 80n,
      unavailable: [{ address: '10.0.0.7', cause: 'the own address of node "n"' }],
    });
    expect(bed.provider.usage('none')).toBeUndefined();
    const before = bed.usageChanges;
    await bed.delete('a');
    expect(bed.usageChanges).toBeGreaterThan(before);
    expect(bed.provider.usage('any')).toMatchObject({ assignedIPv4: 0n, availableIPv4: 7n });
  });

  it("lists what is in quarantine or a node's own, in order, for as long as it is", async () => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.0/29', 'fd00::/48'])]);
    const [quarantined, foreign] = [parseIp('fd00::9'), parseIp('192.0.2.1')];
    if (quarantined === undefined || foreign === undefined) throw new Error('no addresses');
    bed.provider.setQuarantine(quarantined, 'aa:bb:cc:00:00:01 answers for it');
    bed.provider.setQuarantine(foreign, 'it is in no pool');
    bed.cluster.nodes.set('n', node('n', { addresses: [{ type: 'InternalIP', address: '10.0.0.7' }] }));
    expect(bed.provider.usage('any')?.unavailable).toEqual([
      { address: '10.0.0.7', cause: 'the own address of node "n"' },
      { address: 'fd00::9', cause: 'aa:bb:cc:00:00:01 answers for it' },
    ]);
    bed.provider.setQuarantine(quarantined, undefined);
    bed.cluster.nodes.delete('n');
    expect(bed.provider.usage('any')?.unavailable).toBeUndefined();
  });
});
