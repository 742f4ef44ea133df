import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterAccess } from '../../../src/adapters/kube/access/cluster-access.ts';
import { kubeconfigAccess } from '../../../src/adapters/kube/access/kubeconfig.ts';
import { ApiClient } from '../../../src/adapters/kube/http/api-client.ts';
import { KubernetesApi, type KubernetesApiOptions } from '../../../src/adapters/kube/kubernetes-api.ts';
import { systemRandom, systemTime } from '../../../src/cli/system-time.ts';
import { type EmbeddedApi, type EmbeddedApiOptions, startEmbeddedApi } from '../../../src/lab/api/embedded-api.ts';
import { RecordingLog, RecordingMetrics } from '../recording-telemetry.ts';

/** The embedded API with our adapter connected to it, and everything that must be stopped again. */
export interface ApiUnderTest extends AsyncDisposable {
  readonly server: EmbeddedApi;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
  /** Aborts when the test is over. */
  readonly signal: AbortSignal;
  /** A further connection; `token` instead of the administrator's. */
  connect(options?: Partial<KubernetesApiOptions> & { readonly token?: string }): Promise<KubernetesApi>;
  /** Requests as the administrator, for what users do. */
  readonly user: ApiClient;
  /** Runs it until the test is over. */
  run(api: { run(signal: AbortSignal): Promise<void> }): void;
}

export async function startApiUnderTest(options: EmbeddedApiOptions = {}): Promise<ApiUnderTest> {
  const server = await startEmbeddedApi(options);
  const folder = await mkdtemp(join(tmpdir(), 'heraldlb-kube-'));
  const log = new RecordingLog();
  const metrics = new RecordingMetrics();
  const controller = new AbortController();
  const running: Promise<void>[] = [];
  const accessOf = async (token: string): Promise<ClusterAccess> => {
    const path = join(folder, `${token}.kubeconfig`);
    await writeFile(path, server.kubeconfigFor(token));
    return await kubeconfigAccess({ path }, systemTime);
  };
  const time = { clock: systemTime, timers: systemTime, random: systemRandom };
  const user = new ApiClient(
    { access: await accessOf(server.adminToken), qps: 0, burst: 0, userAgent: 'user' },
    { ...time, metrics: new RecordingMetrics() },
  );
  return {
    user,
    server,
    log,
    metrics,
    signal: controller.signal,
    connect: async ({ token, ...rest } = {}) =>
      new KubernetesApi(
        {
          access: await accessOf(token ?? server.adminToken),
          qps: 0,
          burst: 0,
          userAgent: 'test',
          eventComponent: 'service-controller',
          instance: 'test',
          ...rest,
        },
        { ...time, log, metrics },
      ),
    run: (api) => void running.push(api.run(controller.signal)),
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await Promise.all(running);
      user.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves as soon as `condition` holds; fails with `what` after ten seconds. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await sleep(10);
  }
}
