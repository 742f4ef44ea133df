import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicantOf } from '../../../../src/controller/provider/applicant.ts';
import { requestOf } from '../../../../src/controller/provider/service-request.ts';
import type { Pool } from '../../../../src/core/config/config.ts';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { CrashingLeader } from '../../../support/crashing-leader.ts';
import { node, service } from '../../../support/kube/fake-cluster.ts';
import { settle } from '../../../support/manual-time.ts';
import { mayShare } from '../../../support/naive-ipam.ts';
import { configPool, FakeConfig } from '../../../support/provider-bed.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const LAYOUTS: readonly (readonly Pool[])[] = [
  [configPool('any', ['10.0.0.1-10.0.0.2'])],
  [configPool('any', ['10.0.0.2-10.0.0.3']), configPool('hidden', ['10.0.0.1/32'], { autoAssign: false })],
  [configPool('lower', ['10.0.0.1-10.0.0.2']), configPool('upper', ['10.0.0.3-10.0.0.9'])],
  [],
];

const name = fc.constantFrom(...NAMES);
const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.9', '192.0.2.1');
interface Wishes {
  readonly loadBalancerIP?: string;
  readonly pool?: string;
  readonly key?: string;
  readonly port?: number;
  readonly type?: string;
}

const type = fc.constantFrom('LoadBalancer', 'LoadBalancer', 'ClusterIP');
const demanding = fc.record(
  {
    loadBalancerIP: ip,
    pool: fc.constantFrom('any', 'hidden', 'lower'),
    key: fc.constantFrom('k', 'l'),
    port: fc.constantFrom(80, 443),
    type,
  },
  { requiredKeys: [] },
);
const wishes: fc.Arbitrary<Wishes> = fc.oneof(demanding, fc.record({ type }));
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), name, wishes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('damage' as const), name, ips: fc.array(ip, { maxLength: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pools' as const), layout: fc.nat(LAYOUTS.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('node' as const), ip, present: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), afterWrites: fc.nat(3), lastArrives: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 1_000, 6_000) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function wishing(object: Service, { loadBalancerIP, pool, key, port = 80, type = 'LoadBalancer' }: Wishes): Service {
  const annotations = {
    ...(pool === undefined ? {} : { 'metallb.io/address-pool': pool }),
    ...(key === undefined ? {} : { 'metallb.io/allow-shared-ip': key }),
  };
  const { loadBalancerIP: _former, ...spec } = object.spec;
  return {
    ...object,
    meta: { ...object.meta, annotations },
    spec: {
      ...spec,
      type,
      ports: [{ protocol: 'TCP', port }],
      ...(loadBalancerIP === undefined ? {} : { loadBalancerIP }),
    },
  };
}

/** A cluster to which random things happen. */
class World {
  readonly config = new FakeConfig(LAYOUTS[0]);
  readonly leader = new CrashingLeader(this.config);
  #created = 0;

  async perform(step: Operation): Promise<void> {
    const { cluster, time } = this.leader;
    switch (step.kind) {
      case 'put':
        this.#put(step.name, step.wishes);
        break;
      case 'delete':
        cluster.remove(step.name);
        break;
      case 'damage':
        if (cluster.stored(step.name)?.meta.finalizers.length !== 1) return;
        cluster.edit(step.name, (object) => ({
          ...object,
          status: { ...object.status, ingress: step.ips.map((each) => ({ ip: each })) },
        }));
        break;
      case 'pools':
        this.config.setPools(...(LAYOUTS[step.layout] ?? []));
        break;
      case 'node': {
        const addresses = step.present ? [{ type: 'InternalIP', address: step.ip }] : [];
        cluster.nodes.set('node-a', node('node-a', { addresses }));
        break;
      }
      case 'crash':
        await this.leader.restart();
        this.leader.crashAfter(step);
        break;
      case 'wait':
        await time.advance(step.ms);
    }
    await settle();
  }

  services(): readonly Service[] {
    return NAMES.flatMap((each) => this.leader.cluster.stored(each) ?? []);
  }

  statuses(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(this.services().map((object) => [object.meta.name, addressesOf(object)]));
  }

  #put(called: string, wanted: Wishes): void {
    const { cluster } = this.leader;
    const stored = cluster.stored(called);
    if (stored?.meta.deletionTimestamp !== undefined) return;
    this.#created += 1;
    const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, this.#created)).toISOString();
    const fresh = service(called, { meta: { uid: `uid-${this.#created}`, creationTimestamp } });
    cluster.put(wishing(stored ?? fresh, wanted));
  }
}

function addressesOf({ status }: Service): string[] {
  return status.ingress.flatMap((entry) => entry.ip ?? []);
}

function expectSound(world: World): void {
  const services = world.services();
  const { cluster, provider } = world.leader;
  for (const object of services) {
    const isOurs = object.spec.type === 'LoadBalancer';
    expect(object.meta.deletionTimestamp, 'a finalizer is stuck').toBeUndefined();
    expect(object.meta.finalizers.length, 'a finalizer stands for a load balancer').toBe(isOurs ? 1 : 0);
    if (!isOurs) expect(addressesOf(object)).toEqual([]);
    if (isOurs && addressesOf(object).length === 0) expect(object.status.conditions[0]?.status).toBe('False');
  }
  for (const [at, one] of services.entries()) {
    for (const two of services.slice(at + 1)) {
      if (!addressesOf(one).some((address) => addressesOf(two).includes(address))) continue;
      const [first, second] = [one, two].map((each) => applicantOf(each, requestOf(each)));
      expect(
        mayShare(first as never, { sharing: undefined, ports: [], ...second } as never),
        'two hold one address',
      ).toBe(true);
    }
  }
  const inUse = new Set(services.flatMap(addressesOf));
  const pools = world.config.current().pools;
  const assigned = pools.reduce((sum, { name: pool }) => sum + (provider.usage(pool)?.assignedIPv4 ?? 0n), 0n);
  expect(assigned, 'an address leaked').toBe(BigInt(inUse.size));
  const isNode = (address: string) => cluster.nodes.get('node-a')?.addresses.some((each) => each.address === address);
  for (const address of inUse) expect(isNode(address), 'a node address is in use').toBeFalsy();
  const free = pools
    .filter(({ autoAssign }) => autoAssign)
    .reduce((sum, { name: pool }) => sum + (provider.usage(pool)?.availableIPv4 ?? 0n), 0n);
  const undemanding = services.filter(
    ({ meta, spec }) =>
      spec.type === 'LoadBalancer' &&
      spec.loadBalancerIP === undefined &&
      meta.annotations['metallb.io/address-pool'] === undefined,
  );
  if (free > 0n)
    for (const each of undemanding) expect(addressesOf(each), 'there is an address for it').toHaveLength(1);
}

/** Every address that a status names, as often as one does. */
function promises(world: World): readonly string[] {
  return world.services().flatMap(addressesOf);
}

/** What leaves the statuses to us, and the addresses to one Service each. */
const orderly = operation.filter(
  (step) => step.kind !== 'damage' && step.kind !== 'pools' && (step.kind !== 'put' || step.wishes.key === undefined),
);

/** Longer than the cool-down of an address, and far shorter than the pause between two sweeps. */
const SOON_MS = 6_000;

const crowded = fc.record(
  { key: fc.constantFrom('k', 'l'), port: fc.constantFrom(80, 443, 8443) },
  { requiredKeys: [] },
);
/** What happens to a leader that lives on, where many want to share few addresses. */
const survivable = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('put' as const), name, wishes: crowded }) },
  { weight: 1, arbitrary: operation.filter(({ kind }) => kind !== 'crash') },
);

describe('The provider and its service controller', () => {
  it('leave nobody waiting for what it could have, shared or not, until the next sweep', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(survivable, { minLength: 1, maxLength: 30, size: 'max' }), async (operations) => {
        const world = new World();
        await world.leader.restart();
        for (const step of operations) {
          await world.perform(step);
          await world.leader.time.advance(SOON_MS);
        }
        const before = world.statuses();
        await world.leader.lookAgain();
        await world.leader.time.advance(SOON_MS);
        expect(world.statuses()).toEqual(before);
        await world.leader.stop();
      }),
      { numRuns: 150 },
    );
  });

  it('lose, share and swap no address, whatever happens and wherever they die', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 30, size: 'max' }), async (operations) => {
        const world = new World();
        await world.leader.restart();
        for (const step of operations) await world.perform(step);
        await world.leader.calm();
        expectSound(world);
        const before = world.statuses();
        await world.leader.restart();
        await world.leader.calm();
        expect(world.statuses(), 'a restart changes nothing').toEqual(before);
        expectSound(world);
        await world.leader.stop();
      }),
      { numRuns: 400 },
    );
  });

  it('promise no address to two at any moment, though every write may be the last one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(orderly, { minLength: 1, maxLength: 30, size: 'max' }), async (operations) => {
        const world = new World();
        await world.leader.restart();
        for (const step of operations) {
          await world.perform(step);
          expect(new Set(promises(world)).size).toBe(promises(world).length);
        }
        await world.leader.stop();
      }),
      { numRuns: 400 },
    );
  });
});
