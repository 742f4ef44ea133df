import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServiceController } from '../../../../src/controller/service/service-controller.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import { FakeCluster, node, service } from '../../../support/kube/fake-cluster.ts';
import { FakeLoadBalancer } from '../../../support/kube/fake-load-balancer.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const ADDRESSES = ['192.0.2.1', '192.0.2.2'];

type Step =
  | {
      readonly kind: 'create' | 'recreate' | 'delete' | 'wipe' | 'steal' | 'strip' | 'annotate' | 'toggle';
      readonly name: string;
    }
  | { readonly kind: 'fail-api' | 'fail-provider' | 'lag' | 'catch-up' | 'restart' | 'join' | 'leave' }
  | { readonly kind: 'wait'; readonly ms: number };

const name = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('create', 'delete', 'toggle', 'annotate'), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('recreate', 'wipe', 'steal', 'strip'), name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('fail-api', 'fail-provider', 'lag', 'catch-up', 'restart', 'join', 'leave'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 20_000 }) }) },
) as fc.Arbitrary<Step>;

/** A cluster whose controller can be ended and started again, as by a change of leader. */
class Scenario {
  readonly cluster = new FakeCluster();
  readonly time = new ManualTime();
  loadBalancer = new FakeLoadBalancer(ADDRESSES);
  #generation = 0;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor() {
    this.cluster.nodes.set('node-a', node('node-a'));
  }

  start(): void {
    const { cluster, time, loadBalancer } = this;
    this.#stop = new AbortController();
    const controller = new ServiceController(
      { clusterName: 'kubernetes', concurrency: 2 },
      {
        services: cluster.services,
        nodes: cluster.nodes,
        store: cluster,
        events: cluster,
        loadBalancer,
        claims: loadBalancer,
        clock: time,
        timers: time,
        log: new RecordingLog(),
        metrics: new RecordingMetrics(),
      },
    );
    loadBalancer.onFreed = (waiting) => {
      for (const key of waiting) controller.enqueue(key);
    };
    this.#running = controller.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async apply(each: Step): Promise<void> {
    const { cluster, loadBalancer } = this;
    switch (each.kind) {
      case 'wait':
        await this.time.advance(each.ms);
        break;
      case 'restart':
        await this.stop();
        cluster.catchUp();
        this.loadBalancer = new FakeLoadBalancer(ADDRESSES);
        this.start();
        break;
      case 'join':
        cluster.nodes.set('node-b', node('node-b'));
        break;
      case 'leave':
        cluster.nodes.delete('node-b');
        break;
      case 'lag':
        cluster.informerIsCurrent = false;
        break;
      case 'catch-up':
        this.catchUp();
        break;
      case 'fail-api':
        cluster.failures.push(new ApiError('unavailable', 'no answer'), new ApiError('conflict', 'changed'));
        break;
      case 'fail-provider':
        loadBalancer.failures.push(
          { verb: 'ensure', error: new Error('no') },
          { verb: 'delete', error: new Error('no') },
        );
        break;
      default:
        this.#user(each.kind, each.name);
    }
    await settle();
  }

  catchUp(): void {
    this.cluster.informerIsCurrent = true;
    this.cluster.catchUp();
  }

  #user(kind: Exclude<Step, { kind: 'wait' }>['kind'], which: string): void {
    const { cluster } = this;
    const stored = cluster.stored(which);
    const terminating = stored?.meta.deletionTimestamp !== undefined;
    if (kind === 'create' && stored === undefined) {
      cluster.put(service(which, { meta: { uid: `${which}-${this.#generation++}` } }));
    }
    if (stored === undefined) return;
    if (kind === 'delete' && !terminating) cluster.remove(which);
    // Only what had no finalizer can be gone and back between two looks.
    if (kind === 'recreate' && stored.meta.finalizers.length === 0) {
      cluster.put(service(which, { meta: { uid: `${which}-${this.#generation++}` } }));
    }
    if (kind === 'wipe') cluster.edit(which, (each) => ({ ...each, status: { ...each.status, ingress: [] } }));
    // The API server lets no other type have such a status, and empties it when the type changes.
    if (kind === 'steal' && stored.spec.type === 'LoadBalancer') {
      cluster.edit(which, (each) => ({ ...each, status: { ...each.status, ingress: [{ ip: '203.0.113.9' }] } }));
    }
    if (kind === 'strip' && !terminating) {
      cluster.edit(which, (each) => ({ ...each, meta: { ...each.meta, finalizers: [] } }));
    }
    if (kind === 'annotate') {
      const annotations = { changed: String(this.#generation++) };
      cluster.edit(which, (each) => ({ ...each, meta: { ...each.meta, annotations } }));
    }
    if (kind === 'toggle' && !terminating) {
      const type = stored.spec.type === 'LoadBalancer' ? 'ClusterIP' : 'LoadBalancer';
      cluster.edit(which, (each) => ({
        ...each,
        spec: { ...each.spec, type },
        status: { ingress: [], conditions: [] },
      }));
    }
  }
}

test('whatever happens, every Service ends up served or waiting, nothing leaks, and then nothing is written any more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const scenario = new Scenario();
      scenario.start();
      for (const each of steps) await scenario.apply(each);
      scenario.catchUp();
      scenario.cluster.failures.length = 0;
      scenario.loadBalancer.failures.length = 0;
      await scenario.time.advance(20 * 60_000);

      const { cluster, loadBalancer } = scenario;
      const present = ['a', 'b', 'c'].flatMap((each) => cluster.stored(each) ?? []);
      const wanting = present.filter((each) => each.spec.type === 'LoadBalancer').map((each) => each.meta.name);
      expect(present.filter((each) => each.meta.deletionTimestamp !== undefined)).toEqual([]);
      expect([...loadBalancer.assigned.keys()].every((each) => wanting.includes(each))).toBe(true);
      expect(loadBalancer.assigned.size).toBe(Math.min(wanting.length, ADDRESSES.length));
      for (const each of present) {
        const address = loadBalancer.assigned.get(each.meta.name);
        expect(each.status.ingress).toEqual(address === undefined ? [] : [{ ip: address, ipMode: 'VIP' }]);
        expect(each.meta.finalizers).toEqual(each.spec.type === 'LoadBalancer' ? [FINALIZER] : []);
      }
      const patches = cluster.patches.length;
      await scenario.time.advance(60 * 60_000);
      expect(cluster.patches.length).toBe(patches);
      await scenario.stop();
      expect(scenario.time.armed).toBe(0);
    }),
    { numRuns: 300 },
  );
});
