import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { PromMetrics } from '../../src/adapters/telemetry/prom-metrics.ts';
import { metricDefinitions } from '../../tools/metric-definitions.ts';
import { MANIFESTS } from './support/shipped.ts';

const run = promisify(execFile);
const MONITORING = join(MANIFESTS, 'monitoring');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heraldlb-monitoring-'));
  const { spec } = parse(readFileSync(join(MONITORING, 'alerts.yaml'), 'utf8')) as { readonly spec: unknown };
  writeFileSync(join(folder, 'rules.yaml'), stringify(spec));
  copyFileSync(join(MONITORING, 'alerts.test.yaml'), join(folder, 'alerts.test.yaml'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('promtool', () => {
  it('finds nothing wrong with the alert rules', async () => {
    await expect(run('promtool', ['check', 'rules', 'rules.yaml'], { cwd: folder })).resolves.toMatchObject({
      stdout: expect.stringContaining('SUCCESS'),
    });
  });

  it('sees every alert fire when it has to, and none in a healthy cluster', async () => {
    await expect(run('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd: folder })).resolves.toMatchObject({
      stdout: expect.stringContaining('SUCCESS'),
    });
  });

  it('finds nothing wrong with the metrics but the names that MetalLB gave them', async () => {
    const metrics = new PromMetrics();
    for (const { kind, definition } of await metricDefinitions()) {
      const labels = Object.fromEntries(definition.labels.map((label) => [label, 'x']));
      if (kind === 'counter') metrics.counter(definition).add(labels);
      else if (kind === 'gauge') metrics.gauge(definition).set(labels, 1);
      else metrics.histogram({ buckets: [1], ...definition }).observe(labels, 1);
    }
    const { text } = await metrics.exposition();
    const checking = run('promtool', ['check', 'metrics']);
    checking.child.stdin?.end(text);
    const { stderr } = await checking.catch((error: { readonly stderr: string }) => error);
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('metallb_'))).toEqual([]);
  });
});

it('every alert and every panel asks for metrics that exist', async () => {
  const known = new Set((await metricDefinitions()).map(({ definition }) => definition.name));
  const texts = readdirSync(MONITORING).map((name) => readFileSync(join(MONITORING, name), 'utf8'));
  const asked = texts.flatMap((text) => text.match(/\b(heraldlb|metallb|leader_election)_\w+/g) ?? []);
  const names = asked.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  expect([...new Set(names)].filter((name) => !known.has(name))).toEqual([]);
});

describe('the dashboard', () => {
  const { uid, schemaVersion, panels, templating } = JSON.parse(
    readFileSync(join(MONITORING, 'dashboard.json'), 'utf8'),
  ) as Dashboard;

  it('has what Grafana asks of one that is imported', () => {
    expect(uid.length).toBeLessThanOrEqual(40);
    expect(schemaVersion).toBeGreaterThan(30);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, targets = [] } of panels) {
      expect(
        targets.map(({ refId }) => refId),
        title,
      ).toEqual([...'ABCDEF'].slice(0, targets.length));
      for (const { datasource } of targets) expect(datasource?.uid ?? '$datasource').toBe('$datasource');
    }
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'pool']);
  });

  it('has no panel on top of another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

/** @see Grafana, dashboard JSON model */
interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets?: readonly { readonly refId: string; readonly datasource?: { readonly uid: string } }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}
