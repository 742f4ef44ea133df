import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT, NODES } from '../../kubernetes/topology.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';
import { CLEANUP_FINALIZER } from '../support/services.ts';

const nodeNames = NODES.map(({ name }) => name);

describe.each(['nftables', 'iptables'] as const)('with kube-proxy in %s mode', (mode) => {
  let bed: ProcessBed;

  beforeAll(async () => {
    bed = await startProcessBed({ name: `service-life-${mode}`, kubeProxyMode: mode });
    for (const node of nodeNames) await bed.cluster.addPagePod('web', node);
    await bed.cluster.addPagePod('lone', 'node2');
  });

  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
  });

  it('a new Service gets an address, one node answers ARP for it, and a client reads the page behind it', async () => {
    await bed.services.create('created', { app: 'web' });
    const address = await bed.services.address('created');

    expect(nodeNames).toContain((await bed.lan.page(address)).node);
    expect(nodeNames).toContain(await bed.lan.owner(address));
    const { metadata, status } = await bed.services.get('created');
    expect(metadata.finalizers).toEqual([CLEANUP_FINALIZER]);
    expect(status.loadBalancer.ingress).toEqual([expect.objectContaining({ ip: address, ipMode: 'VIP' })]);
  });

  it('with externalTrafficPolicy Local, a node with a Pod answers, and the Pod sees the client', async () => {
    await bed.services.create('local', { app: 'lone', externalTrafficPolicy: 'Local' });
    const address = await bed.services.address('local');

    expect(await bed.lan.page(address)).toMatchObject({ node: 'node2', client: CLIENT.address });
    expect(await bed.lan.owner(address)).toBe('node2');
  });

  it('a requested address that changes moves the Service, and the old address falls silent', async () => {
    await bed.services.create('moved', { app: 'web', requested: '192.168.10.205' });
    expect(await bed.services.address('moved')).toBe('192.168.10.205');

    await bed.services.request('moved', '192.168.10.206');
    expect(await bed.services.address('moved', '192.168.10.205')).toBe('192.168.10.206');
    await bed.lan.page('192.168.10.206');
    await bed.lan.silence('192.168.10.205');
  });

  it('a Service whose type changes away gives its address back, and another can have it', async () => {
    await bed.services.create('changed', { app: 'web', requested: '192.168.10.207' });
    await bed.services.address('changed');
    await bed.services.patch('changed', { spec: { type: 'ClusterIP', externalTrafficPolicy: null } });
    await bed.services.released('changed');
    await bed.lan.silence('192.168.10.207');

    await bed.services.create('heir', { app: 'web', requested: '192.168.10.207' });
    expect(await bed.services.address('heir')).toBe('192.168.10.207');
  });

  it('a deleted Service goes, its address falls silent, and another can have it', async () => {
    await bed.services.create('deleted', { app: 'web', requested: '192.168.10.208' });
    await bed.services.address('deleted');
    await bed.services.delete('deleted');
    await bed.services.gone('deleted');
    await bed.lan.silence('192.168.10.208');

    await bed.services.create('second', { app: 'web', requested: '192.168.10.208' });
    expect(await bed.services.address('second')).toBe('192.168.10.208');
  });
});
