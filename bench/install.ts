// From `kubectl apply` of what `heraldlb manifest` prints, and from `helm install`, to the first page that a client on the LAN gets
// through the address of a Service that was there before: on real kubelets, each time on a new cluster. With the sizes of image and
// chart. `npm run bench -- install [ROUNDS]`; needs what the end-to-end tests with kubelets need.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pageDaemonSet } from '../test/e2e/support/page-daemon-set.ts';
import { Services } from '../test/e2e/support/services.ts';
import { DIST, MANIFESTS, NAMESPACE } from '../test/e2e/support/shipped.ts';
import type { ControlPlane } from '../test/kubernetes/control-plane.ts';
import { PodCluster } from '../test/kubernetes/pod-cluster.ts';
import { buildImage } from '../tools/image.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { quantile, rounded } from './support/process-figures.ts';
import { numberArgument, progress, report } from './support/report.ts';

const run = promisify(execFile);

const rounds = numberArgument(0, 5);
const CHART = join(MANIFESTS, 'chart');
const ADDRESS = '192.168.10.200';
const POOL = `${ADDRESS}/32`;
const PROBE_EVERY_MS = 10;
const PATIENCE_MS = 120_000;
const MIB = 2 ** 20;

/** Ways to install, each one command. */
const WAYS: Readonly<Record<string, (controlPlane: ControlPlane) => Promise<unknown>>> = {
  'kubectl apply': async (controlPlane) => controlPlane.kubectl(['apply', '-f', '-'], await manifest()),
  'helm install': (controlPlane) =>
    controlPlane.helm([
      'install',
      'heraldlb',
      CHART,
      '-n',
      NAMESPACE,
      '--create-namespace',
      '--set',
      `pools={${POOL}}`,
    ]),
};

/** In seconds from the start of the command. */
interface Trial {
  readonly command: number;
  readonly leader: number;
  readonly speaker: number;
  readonly page: number;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heraldlb-install-'));
  try {
    const image = await buildImage(join(folder, 'image.tar'));
    const sizes = await sizesOf(image, folder);
    const rows = [['p50, longest', 'the command', 'a controller leads', 'a speaker runs', 'first page']];
    const figures: Record<string, number> = { rounds, ...sizes };
    for (const [name, install] of Object.entries(WAYS)) {
      const trials: Trial[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        trials.push(await trial(image, install));
        progress(`${name}, ${round} of ${rounds}: ${trials.at(-1)?.page.toFixed(2)} s`);
      }
      const of = (pick: (each: Trial) => number, share: number): number =>
        rounded(quantile(trials.map(pick), share), 2);
      const cell = (pick: (each: Trial) => number): string => `${of(pick, 0.5)}, ${of(pick, 1)} s`;
      rows.push([
        name,
        ...(['command', 'leader', 'speaker', 'page'] as const).map((stage) => cell((each) => each[stage])),
      ]);
      figures[`${name.split(' ')[0]}P50S`] = of(({ page }) => page, 0.5);
      figures[`${name.split(' ')[0]}MaxS`] = of(({ page }) => page, 1);
    }
    const sized = `the image is ${sizes.imageGzipMib} MiB compressed and ${sizes.imageMib} unpacked, the chart ${sizes.chartKib} KiB`;
    report(`Installing on three nodes, ${rounds} times each; ${sized}`, rows, {
      bench: 'install',
      ratios: {},
      figures,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function trial(image: string, install: (controlPlane: ControlPlane) => Promise<unknown>): Promise<Trial> {
  await using cluster = await PodCluster.start({ name: 'bench-install', kubeProxyMode: 'nftables', images: [image] });
  const { controlPlane, client } = cluster;
  await controlPlane.apply([pageDaemonSet('web')]);
  await controlPlane.kubectl(['rollout', 'status', 'daemonset/web', '--timeout=120s']);
  await new Services(controlPlane.api).create('web', { app: 'web' });
  using probe = client.probe(`http://${ADDRESS}/`, PROBE_EVERY_MS);
  const startedAtMs = Date.now();
  const since = (atMs: number): number => (atMs - startedAtMs) / 1_000;
  const [page, command] = await Promise.all([
    probe.nextPage(PATIENCE_MS).then(({ endedAtMs }) => endedAtMs),
    install(controlPlane).then(() => Date.now()),
  ]);
  const first = async (component: string, event: string): Promise<number> =>
    since(Math.min(...(await timesOf(controlPlane, component, event))));
  return {
    command: since(command),
    leader: await first('controller', 'leader-elected'),
    speaker: await first('speaker', 'speaker-started'),
    page: since(page),
  };
}

/** When the Pods of a component logged an event. */
async function timesOf(controlPlane: ControlPlane, component: string, event: string): Promise<readonly number[]> {
  const selector = `app.kubernetes.io/component=${component}`;
  const pods = await controlPlane.kubectl(['-n', NAMESPACE, 'get', 'pods', '-l', selector, '-o', 'name']);
  const logs = pods
    .trim()
    .split('\n')
    // One whose container is still being made has no log.
    .map((pod) => controlPlane.kubectl(['-n', NAMESPACE, 'logs', pod]).catch(() => ''));
  const line = new RegExp(`"time":"([^"]+)".*"event":"${event}"`, 'g');
  return (await Promise.all(logs)).flatMap((log) => [...log.matchAll(line)].map(([, time = '']) => Date.parse(time)));
}

async function manifest(): Promise<string> {
  const args = [join(DIST, 'heraldlb.mjs'), 'manifest', '--pool', POOL];
  return (await run(process.execPath, args, { maxBuffer: 8 * MIB })).stdout;
}

/** What is pulled, and what is unpacked of it; what `helm package` makes. */
async function sizesOf(
  image: string,
  folder: string,
): Promise<Record<'imageMib' | 'imageGzipMib' | 'chartKib', number>> {
  const bytes = await readFile(image);
  const packed = await promisify(gzip)(bytes);
  const chart = join(folder, 'chart.tgz');
  await run('tar', ['-C', MANIFESTS, '-czf', chart, 'chart']);
  return {
    imageMib: rounded(bytes.length / MIB, 1),
    imageGzipMib: rounded(packed.length / MIB, 1),
    chartKib: Math.round((await stat(chart)).size / 1_024),
  };
}

await inSandbox(import.meta.filename, main);
