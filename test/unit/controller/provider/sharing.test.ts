import { describe, expect, it } from 'vitest';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const ANY = configPool('any', ['10.0.0.1-10.0.0.3']);
const sharing = (name: string, port: number, spec: Partial<Service['spec']> = {}, key = 'k') =>
  service(name, {
    meta: key === '' ? {} : { annotations: { 'metallb.io/allow-shared-ip': key } },
    spec: { ports: [{ protocol: 'TCP', port }], ...spec },
  });
const LOCAL = { externalTrafficPolicy: 'Local', selector: { app: 'a' } } as const;
const HERE = { loadBalancerIP: '10.0.0.1' };

describe('Services share an address', () => {
  it('when they have the same key and no port in common, across namespaces', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 80));
    const elsewhere = sharing('two', 443);
    const { addresses } = await bed.ensure({ ...elsewhere, meta: { ...elsewhere.meta, namespace: 'elsewhere' } });
    expect(addresses).toEqual(['10.0.0.1']);
  });

  it('when the ports are equal but the protocols are not', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 53));
    expect((await bed.serve(sharing('two', 53, { ports: [{ protocol: 'UDP', port: 53 }] }))).addresses).toEqual([
      '10.0.0.1',
    ]);
  });

  it('when all are Local and select the same pods', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 80, LOCAL));
    expect((await bed.serve(sharing('two', 443, LOCAL))).addresses).toEqual(['10.0.0.1']);
  });

  it.each([
    [
      'the port is taken',
      sharing('two', 80, HERE),
      '10.0.0.1 is in use by Service default/one, which has port TCP/80 there already; use another port, or ask for another address',
    ],
    [
      'the keys differ',
      sharing('two', 443, HERE, 'l'),
      '10.0.0.1 is in use by Service default/one, which shares it by the key "k", not "l"; use the same key, or ask for another address',
    ],
    [
      'it has no key',
      sharing('two', 443, HERE, ''),
      '10.0.0.1 is in use by Service default/one, which shares it by the key "k"; give this Service the annotation heraldlb.io/allow-shared-ip: "k", or ask for another address',
    ],
    [
      'its pods are others',
      sharing('two', 443, { ...HERE, ...LOCAL }),
      '10.0.0.1 is in use by Service default/one, whose pods differ (with externalTrafficPolicy Local only nodes with such a pod announce it); give both the same spec.selector and externalTrafficPolicy',
    ],
  ])('but not with one for which %s', async (_why, second, message) => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 80));
    expect((await bed.serve(second)).waiting?.message).toBe(`No address is available: ${message}`);
  });

  it('but not with a holder that has no key', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('one'));
    expect((await bed.serve(sharing('two', 443, HERE))).waiting?.message).toBe(
      'No address is available: 10.0.0.1 is in use by Service default/one, which does not allow sharing; give it the same annotation heraldlb.io/allow-shared-ip, or ask for another address',
    );
  });

  it('of their own accord only as long as that is the lowest address that they can have', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(service('first'));
    await bed.serve(sharing('one', 80));
    await bed.delete('first');
    expect((await bed.serve(sharing('two', 443))).addresses).toEqual(['10.0.0.1']);
    expect((await bed.serve(sharing('three', 443))).addresses).toEqual(['10.0.0.2']);
  });

  it('until one of two changes its key: that one moves', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 80));
    await bed.serve(sharing('two', 443));
    expect((await bed.serve(sharing('two', 443, {}, 'l'))).addresses).toEqual(['10.0.0.2']);
    expect((await bed.serve(sharing('one', 80))).addresses).toEqual(['10.0.0.1']);
  });

  it('until one of two becomes Local: that one moves', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 80));
    await bed.serve(sharing('two', 443));
    expect((await bed.serve(sharing('two', 443, LOCAL))).addresses).toEqual(['10.0.0.2']);
  });

  it('while a sole holder may change its key, its policy and its ports in place', async () => {
    const bed = new ProviderBed([ANY]);
    await bed.serve(sharing('one', 80));
    expect((await bed.serve(sharing('one', 80, {}, 'l'))).addresses).toEqual(['10.0.0.1']);
    expect((await bed.serve(sharing('one', 81, LOCAL, 'l'))).addresses).toEqual(['10.0.0.1']);
    expect((await bed.serve(sharing('two', 81, LOCAL, 'l'))).addresses).toEqual(['10.0.0.2']);
    expect((await bed.serve(sharing('three', 80, LOCAL, 'l'))).addresses).toEqual(['10.0.0.1']);
  });

  it('while one of several may change its ports in place, and moves when a port is taken', async () => {
    const bed = new ProviderBed([ANY]);
    for (const [name, port] of [
      ['one', 80],
      ['two', 443],
      ['three', 53],
    ] as const)
      await bed.serve(sharing(name, port));
    expect((await bed.serve(sharing('two', 8443))).addresses).toEqual(['10.0.0.1']);
    expect((await bed.serve(sharing('two', 53))).addresses).toEqual(['10.0.0.2']);
    expect(bed.events('ClearAssignment').join()).toContain(
      '10.0.0.1 is in use by Service default/three, which has port TCP/53 there already',
    );
  });
});
