import { afterAll, beforeAll, expect, it } from 'vitest';
import { NODES } from '../../kubernetes/topology.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';
import { CLEANUP_FINALIZER, type Services } from '../support/services.ts';

let bed: ProcessBed;

/** A Service as k3s leaves it when ServiceLB is switched off: nothing empties its status or takes its finalizer away. */
async function leaveBehind(services: Services, name: string): Promise<void> {
  await services.create(name, { app: 'web' });
  await services.patch(name, { metadata: { finalizers: [CLEANUP_FINALIZER] } });
  await services.patchStatus(name, {
    loadBalancer: { ingress: NODES.map(({ address }) => ({ ip: address, ipMode: 'VIP' })) },
  });
}

beforeAll(async () => {
  bed = await startProcessBed({
    name: 'k3s-servicelb',
    before: async (services) => {
      for (const name of ['kept', 'dropped', 'dying']) await leaveBehind(services, name);
      await services.patch('dropped', { spec: { type: 'ClusterIP' } });
      await services.delete('dying');
    },
  });
  for (const { name } of NODES) await bed.cluster.addPagePod('web', name);
});

afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
});

it("a Service that ServiceLB left with the nodes' addresses gets one of the pool's instead, and serves it", async () => {
  const address = await bed.services.address('kept');
  expect(address).toMatch(/^192\.168\.10\.20\d$/);
  await bed.lan.page(address);
});

it('a Service that was deleted while nobody served it goes', async () => {
  await bed.services.gone('dying');
});

it('a Service that ServiceLB left behind and that is no LoadBalancer any more is cleaned', async () => {
  await bed.services.released('dropped');
});

it("nobody but a node itself answers for the node's address", async () => {
  await bed.services.address('kept');
  for (const { name, address } of NODES) expect(await bed.cluster.lan.whoHas(address)).toEqual([name]);
});
