import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpEndpoint } from '../../src/adapters/telemetry/http-endpoint.ts';
import { liveRoutes } from '../../src/cli/live-page.ts';
import type { LiveState } from '../../src/inspect/live/live-state.ts';
import { PAGE } from '../../src/inspect/live/page.ts';

const run = promisify(execFile);

/** As a leader says it; one text tries to be markup. */
const STATE: LiveState = {
  version: '0.1.0',
  leader: 'heraldlb-controller-1',
  at: '2026-01-01T00:00:00.000Z',
  nodes: [
    { name: 'node-a', speaker: 'connected', announces: 1, heardBy: {} },
    { name: 'node-b', speaker: 'gone', announces: 0, heardBy: {} },
  ],
  pools: [
    {
      namespace: 'heraldlb-system',
      name: 'first-pool',
      apiVersion: 'heraldlb.io/v1',
      addresses: ['192.168.1.240-192.168.1.250'],
      autoAssign: true,
      assigned: { ipv4: 1, ipv6: 0 },
      available: { ipv4: 10, ipv6: 0 },
      unavailable: [],
    },
  ],
  services: [
    {
      namespace: 'web',
      name: 'shop',
      addresses: ['192.168.1.240'],
      pool: 'first-pool',
      externalTrafficPolicy: 'Cluster',
      owners: [{ address: '192.168.1.240', node: 'node-a', since: '2026-01-01T00:00:00.000Z', standbys: ['node-b'] }],
    },
    {
      namespace: 'web',
      name: 'waiting',
      addresses: [],
      externalTrafficPolicy: 'Cluster',
      owners: [],
      problem: '<b id="markup">no pool has a free address</b>',
    },
  ],
  changes: [
    {
      address: '192.168.1.240',
      service: 'web/shop',
      node: 'node-a',
      at: '2026-01-01T00:00:00.000Z',
      reason: 'neighbour-down',
      gapMs: 420,
    },
  ],
};

/** Leaves the width of the content and of the window in the title. */
const MEASURING = `<script>setTimeout(() => {
  document.title = document.documentElement.scrollWidth + ' of ' + innerWidth;
}, 1000)</script>`;

let endpoint: HttpEndpoint;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heraldlb-page-'));
  const routes = new Map([
    ...liveRoutes({ board: undefined }),
    ['/measured', () => ({ status: 200, contentType: 'text/html', body: PAGE + MEASURING })] as const,
    ['/state', () => ({ status: 200, contentType: 'application/json', body: JSON.stringify(STATE) })] as const,
  ]);
  endpoint = new HttpEndpoint({ host: '127.0.0.1', port: 0, routes });
  url = `http://127.0.0.1:${await endpoint.start()}/`;
});

afterAll(async () => {
  await endpoint.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What Chromium makes of the page. */
async function chromium(args: readonly string[], path = ''): Promise<string> {
  const quiet = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--virtual-time-budget=1500',
  ];
  const { stdout } = await run('chromium', [...quiet, `--user-data-dir=${folder}`, ...args, url + path], {
    timeout: 60_000,
  });
  return stdout;
}

describe('the page in Chromium', () => {
  it('shows addresses, owners, load and changes, problems first', async () => {
    const [, main = ''] = (await chromium(['--dump-dom'])).split('<main');
    const text = main.replaceAll(/<[^>]+>/g, ' ');
    const inOrder = ['Problems', 'no pool has a free address', 'its speaker is gone', 'Services', 'web/shop', 'Nodes'];
    const places = [...inOrder, 'Pools', 'Last changes', '420 ms'].map((words) => text.indexOf(words));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toMatch(/192\.168\.1\.240\s+first-pool\s+node-a\s+\(then node-b\)/);
  });

  it('takes no text for markup', async () => {
    expect(await chromium(['--dump-dom'])).not.toContain('<b id="markup">');
  });

  it.each([
    ['a wide window', '1200,900'],
    ['a phone', '390,844'],
  ])('needs no scrolling to the side on %s', async (_name, size) => {
    const dom = await chromium(['--dump-dom', `--window-size=${size}`], 'measured');
    const [, content, window] = /<title>(\d+) of (\d+)<\/title>/.exec(dom) ?? [];
    expect(Number(content)).toBeLessThanOrEqual(Number(window));
  });
});
