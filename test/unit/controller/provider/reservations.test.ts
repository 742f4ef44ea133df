import { expect, it } from 'vitest';
import { range } from '../../../support/ipam-pools.ts';
import { service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const reservations = [{ service: 'default/web', addresses: [range('10.0.0.2/32')] }];
const pool = configPool('any', ['10.0.0.1-10.0.0.3'], { reservations });
const asking = (name: string, text: string) => service(name, { spec: { loadBalancerIP: text } });

it('a Service that is deleted and made again gets its reserved address back, whoever came between', async () => {
  const bed = new ProviderBed([pool]);
  expect((await bed.serve(service('web'))).addresses).toEqual(['10.0.0.2']);
  await bed.delete('web');
  expect((await bed.serve(service('a'))).addresses).toEqual(['10.0.0.1']);
  expect((await bed.serve(service('b'))).addresses).toEqual(['10.0.0.3']);
  expect((await bed.serve(service('c'))).waiting?.reason).toBe('AllocationFailed');
  expect((await bed.serve(service('web', { meta: { uid: 'again' } }))).addresses).toEqual(['10.0.0.2']);
});

it('another Service is refused a reserved address with a sentence that names whose it is', async () => {
  const bed = new ProviderBed([pool]);
  expect((await bed.serve(asking('other', '10.0.0.2'))).waiting?.message).toBe(
    'No address is available: 10.0.0.2 is reserved in pool "any" for Service default/web; ask for another address',
  );
  expect((await bed.serve(asking('web', '10.0.0.2'))).addresses).toEqual(['10.0.0.2']);
});

it('a reserved address is had without asking also of a pool that is given out on request only', async () => {
  const bed = new ProviderBed([configPool('first', ['10.0.1.0/24']), { ...pool, autoAssign: false }]);
  expect((await bed.serve(service('web'))).addresses).toEqual(['10.0.0.2']);
  expect((await bed.serve(service('other'))).addresses).toEqual(['10.0.1.0']);
});

it.each([0, 60_000])(
  'who has an address when it becomes reserved keeps it until it is deleted; then the other is called after %i ms',
  async (coolDownMs) => {
    const bed = new ProviderBed([configPool('any', ['10.0.0.2/32'])], { coolDownMs });
    expect((await bed.serve(service('other'))).addresses).toEqual(['10.0.0.2']);
    bed.config.setPools(configPool('any', ['10.0.0.2/32'], { reservations }));
    expect((await bed.serve(bed.cluster.stored('other') ?? service('other'))).addresses).toEqual(['10.0.0.2']);
    expect((await bed.serve(service('web'))).waiting?.reason).toBe('AllocationFailed');
    await bed.delete('other');
    if (coolDownMs > 0) {
      await bed.serve(service('web'));
      bed.takeNeeded();
      await bed.time.advance(coolDownMs);
    }
    expect(bed.takeNeeded()).toContain('default/web');
    expect((await bed.serve(service('web'))).addresses).toEqual(['10.0.0.2']);
  },
);
