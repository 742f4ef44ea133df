import { kubeconfigAccess } from '../../src/adapters/kube/access/kubeconfig.ts';
import { KubernetesApi } from '../../src/adapters/kube/kubernetes-api.ts';
import { PromMetrics } from '../../src/adapters/telemetry/prom-metrics.ts';
import { systemRandom, systemTime } from '../../src/cli/system-time.ts';
import type { Log } from '../../src/ports/log.ts';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

/** A connection as the controller has it, without its limit of requests. */
export async function connect(kubeconfig: string): Promise<KubernetesApi> {
  return new KubernetesApi(
    {
      access: await kubeconfigAccess({ path: kubeconfig }, systemTime),
      qps: 0,
      burst: 0,
      userAgent: 'heraldlb-bench',
      eventComponent: 'bench',
      instance: 'bench',
    },
    { clock: systemTime, timers: systemTime, random: systemRandom, log: SILENT, metrics: new PromMetrics() },
  );
}
