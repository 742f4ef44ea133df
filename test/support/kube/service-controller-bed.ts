import { ServiceController } from '../../../src/controller/service/service-controller.ts';
import { ManualTime, settle } from '../manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../recording-telemetry.ts';
import { FakeCluster, node, service } from './fake-cluster.ts';
import { FakeLoadBalancer } from './fake-load-balancer.ts';

export const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
export const VIP = (ip: string) => ({ ip, ipMode: 'VIP' });

/** A service controller on a cluster in memory, not started yet. */
export function arrange(options: { addresses?: readonly string[]; loadBalancerClass?: string } = {}) {
  const cluster = new FakeCluster();
  cluster.nodes.set('node-a', node('node-a'));
  const loadBalancer = new FakeLoadBalancer(options.addresses);
  const time = new ManualTime();
  const log = new RecordingLog();
  const metrics = new RecordingMetrics();
  const stop = new AbortController();
  const make = () => {
    const { loadBalancerClass } = options;
    return new ServiceController(
      { clusterName: 'kubernetes', concurrency: 4, ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }) },
      {
        services: cluster.services,
        nodes: cluster.nodes,
        store: cluster,
        events: cluster,
        loadBalancer,
        claims: loadBalancer,
        clock: time,
        timers: time,
        log,
        metrics,
      },
    );
  };
  const controller = make();
  loadBalancer.onFreed = (waiting) => {
    for (const key of waiting) controller.enqueue(key);
  };
  let running: Promise<void> = Promise.resolve();
  return {
    cluster,
    loadBalancer,
    time,
    log,
    metrics,
    controller,
    start: async () => {
      running = controller.run(stop.signal);
      await settle();
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

type Arranged = ReturnType<typeof arrange>;

/** Started, with one Service. */
export async function withService({ cluster, start }: Arranged, name = 'web'): Promise<void> {
  await start();
  cluster.put(service(name));
  await settle();
}
