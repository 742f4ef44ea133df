import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Option } from 'commander';
import type { ClusterAccess } from '../../adapters/kube/access/cluster-access.ts';
import { inClusterAccess } from '../../adapters/kube/access/in-cluster.ts';
import { kubeconfigAccess } from '../../adapters/kube/access/kubeconfig.ts';
import { ApiClusterReader } from '../../adapters/kube/cluster-reader.ts';
import { ApiClient } from '../../adapters/kube/http/api-client.ts';
import { PromMetrics } from '../../adapters/telemetry/prom-metrics.ts';
import { LOAD_BALANCER_NAMES } from '../../controller/preflight/other-load-balancers.ts';
import type { ClusterReader } from '../../ports/cluster-snapshot.ts';
import { CONTROLLER_SERVICE_NAME, DEFAULT_NAMESPACE } from '../../ports/defaults.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';
import { systemTime } from '../system-time.ts';
import { VERSION } from '../version.ts';

/** Which cluster, and where HeraldLB is in it. */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly installedIn: string;
}

const PATIENCE_MS = 1000;

/** kubectl's own flags, so that a plugin is called as kubectl is. */
export function clusterOptions(): readonly Option[] {
  return [
    new Option('--kubeconfig <path>', 'kubeconfig file (default: $KUBECONFIG, ~/.kube/config, the Pod we are in)'),
    new Option('--context <name>', 'context of the kubeconfig file'),
    new Option('--installed-in <namespace>', 'namespace of HeraldLB').default(DEFAULT_NAMESPACE),
  ];
}

/** Where the replicas of the controller agree who leads. */
export function leaseOf({ installedIn }: ClusterFlags): ObjectRef {
  return { namespace: installedIn, name: CONTROLLER_SERVICE_NAME };
}

export function clusterReader(flags: ClusterFlags, client: ApiClient): ApiClusterReader {
  const options = { namespace: flags.installedIn, lease: leaseOf(flags), loadBalancers: LOAD_BALANCER_NAMES };
  return new ApiClusterReader(options, client);
}

/** Reads with what `use` is given. */
export function withCluster<T>(flags: ClusterFlags, use: (cluster: ClusterReader) => Promise<T>): Promise<T> {
  return withClient(flags, (client) => use(clusterReader(flags, client)));
}

/** Asks the API server; says on a terminal what takes long. */
export async function withClient<T>(flags: ClusterFlags, use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = new ApiClient(
    { access: await clusterAccess(flags), qps: 0, burst: 0, userAgent: `heraldlb/${VERSION}` },
    { clock: systemTime, timers: systemTime, metrics: new PromMetrics() },
  );
  const note = setTimeout(() => {
    if (process.stderr.isTTY) process.stderr.write(`reading ${client.server} …\n`);
  }, PATIENCE_MS);
  try {
    return await use(client);
  } finally {
    clearTimeout(note);
    client.close();
  }
}

async function clusterAccess({ kubeconfig, context }: ClusterFlags): Promise<ClusterAccess> {
  const path = kubeconfig ?? (await kubeconfigPath());
  if (path === undefined) return inClusterAccess({ environment: process.env }, systemTime);
  return kubeconfigAccess({ path, ...(context === undefined ? {} : { context }) }, systemTime);
}

/** The first file of `$KUBECONFIG`, else kubectl's usual one when it is there. */
async function kubeconfigPath(): Promise<string | undefined> {
  const named = process.env.KUBECONFIG?.split(delimiter).find((path) => path !== '');
  if (named !== undefined) return named;
  const usual = join(homedir(), '.kube', 'config');
  return access(usual).then(
    () => usual,
    () => undefined,
  );
}
