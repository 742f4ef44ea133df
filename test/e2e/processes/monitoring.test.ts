import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { metricDefinitions } from '../../../tools/metric-definitions.ts';
import { ManagedProcess } from '../../kubernetes/managed-process.ts';
import { CONTROL_PLANE, NODES } from '../../kubernetes/topology.ts';
import { heraldlb } from '../support/heraldlb-command.ts';
import { type ProcessBed, startProcessBed } from '../support/process-bed.ts';
import { MANIFESTS } from '../support/shipped.ts';

const run = promisify(execFile);
const MONITORING = join(MANIFESTS, 'monitoring');
const PROMETHEUS = '127.0.0.1:19090';
const METRICS_PORT = 7954;
const SCRAPED_WITHIN_MS = 60_000;
/** Nobody is there: metrics of sessions are told whether or not they stand. */
const ROUTER = '192.168.10.250';

const ROUTING = [
  object('BGPPeer', 'v1beta2', { myASN: 64512, peerASN: 64513, peerAddress: ROUTER, bfdProfile: 'tor' }),
  object('BFDProfile', 'v1beta1', {}),
  object('BGPAdvertisement', 'v1beta1', {}),
];

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

let bed: ProcessBed;
let prometheus: ManagedProcess | undefined;
let folder: string;
let targets: readonly string[];

/** A cluster with a Service on layer 2 and BGP, and a Prometheus that watches it by the rules that are shipped. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heraldlb-monitoring-'));
  bed = await startProcessBed({ name: 'monitoring', nodes: [CONTROL_PLANE, ...NODES.slice(0, 2)] });
  await bed.cluster.controlPlane.apply(ROUTING);
  await bed.cluster.addPagePod('web', CONTROL_PLANE.name);
  await bed.services.create('web', { app: 'web' });
  await bed.lan.page(await bed.services.address('web'));
  const controllers = [...bed.heraldlb.controllers.values()].map(({ pod }) => pod.address);
  targets = [...controllers, ...bed.cluster.nodes.map(({ address }) => address)].map(
    (address) => `${address}:${METRICS_PORT}`,
  );
  const { spec } = parse(readFileSync(join(MONITORING, 'alerts.yaml'), 'utf8')) as { readonly spec: unknown };
  writeFileSync(join(folder, 'rules.yaml'), stringify(spec));
  writeFileSync(
    join(folder, 'prometheus.yaml'),
    stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      scrape_configs: [{ job_name: 'heraldlb', static_configs: [{ targets }] }],
    }),
  );
  prometheus = new ManagedProcess({
    name: 'prometheus',
    logFile: join(folder, 'prometheus.log'),
    command: [
      'prometheus',
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${PROMETHEUS}`,
    ],
  });
  // Rates need two scrapes of each.
  await rated();
});

afterAll(async () => {
  await prometheus?.end('SIGTERM');
  await bed?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

it('a Prometheus scrapes every controller and speaker', async () => {
  expect((await query('up == 1')).data?.result).toHaveLength(targets.length);
});

it('every panel of the dashboard asks what Prometheus can answer, and shows something but where nothing was refused', async () => {
  const { panels } = JSON.parse(readFileSync(join(MONITORING, 'dashboard.json'), 'utf8')) as {
    readonly panels: readonly Panel[];
  };
  const empty: string[] = [];
  for (const { title, targets: asked = [] } of panels) {
    for (const { expr } of asked) {
      const answer = await query(expr.replaceAll('$__rate_interval', '30s').replaceAll('$pool', '.*'));
      expect(answer, `${title}: ${expr}`).toMatchObject({ status: 'success' });
      if (answer.data?.result.length === 0) empty.push(title);
    }
  }
  expect(empty.filter((title) => title !== 'What controller and speakers refused')).toEqual([]);
});

it('every alert rule is evaluated without an error', async () => {
  await expect.poll(rulesWithTrouble, { timeout: SCRAPED_WITHIN_MS }).toEqual([]);
});

describe("metrics under MetalLB's names", () => {
  it('are told by a cluster that announces on layer 2 and by BGP, each with its labels', async () => {
    const theirs = (await metricDefinitions()).filter(({ definition }) => definition.name.startsWith('metallb_'));
    const missing: string[] = [];
    for (const { definition } of theirs) {
      const { data } = await query(definition.name);
      const labels = Object.keys((data?.result[0] as { metric?: object } | undefined)?.metric ?? {});
      if (data?.result.length === 0 || !definition.labels.every((label) => labels.includes(label)))
        missing.push(definition.name);
    }
    expect(missing).toEqual([]);
  });

  it('name a peer by address and port, with the VRF', async () => {
    const { data } = await query(`metallb_bgp_session_up{peer="${ROUTER}:179",vrf="default"} == 0`);
    expect(data?.result).toHaveLength(bed.cluster.nodes.length);
  });

  it('are the only ones that promtool has something to say of', async () => {
    for (const target of targets) {
      const text = await (await fetch(`http://${target}/metrics`)).text();
      const checking = run('promtool', ['check', 'metrics']);
      checking.child.stdin?.end(text);
      const { stderr } = await checking.catch((error: { readonly stderr: string }) => error);
      expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('metallb_'))).toEqual([]);
    }
  });
});

interface Rule {
  readonly name: string;
  readonly health: string;
}

/** Those too that were not evaluated yet. */
async function rulesWithTrouble(): Promise<readonly Rule[]> {
  const answer = (await (await fetch(`http://${PROMETHEUS}/api/v1/rules`)).json()) as {
    readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  };
  const rules = answer.data.groups.flatMap((group) => group.rules);
  return rules.length === 0 ? [{ name: 'no rule', health: 'absent' }] : rules.filter(({ health }) => health !== 'ok');
}

it('heraldlb tells of the same sessions, and of the routes that they would carry', async () => {
  const nodes = bed.cluster.nodes.length;
  await expect
    .poll(() => heraldlb(bed.cluster.controlPlane, ['status']), { timeout: SCRAPED_WITHIN_MS })
    .toMatchObject({ out: expect.stringContaining(`0 of ${nodes} sessions established`), errors: '' });
  const { out } = await heraldlb(bed.cluster.controlPlane, ['explain', 'web']);
  for (const { name } of bed.cluster.nodes)
    expect(out).toMatch(new RegExp(`^ {2}by BGP 192\\.168\\.10\\.\\d+/32 from ${name} to tor: \\w+`, 'm'));
});

async function rated(): Promise<void> {
  for (const untilMs = Date.now() + SCRAPED_WITHIN_MS; Date.now() < untilMs; await sleep(500)) {
    const answer = await query('min(count_over_time(up[1m])) > 3').catch(() => undefined);
    if (answer?.data?.result.length === 1) return;
  }
  throw new Error(`Prometheus did not scrape everything within ${SCRAPED_WITHIN_MS / 1000} s`);
}

async function query(expression: string): Promise<Answer> {
  const answer = await fetch(`http://${PROMETHEUS}/api/v1/query?query=${encodeURIComponent(expression)}`);
  return (await answer.json()) as Answer;
}

function object(kind: string, version: string, spec: object): Record<string, unknown> {
  return {
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata: { name: 'tor', namespace: 'metallb-system' },
    spec,
  };
}
