import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type EmbeddedApi, startEmbeddedApi } from '../../../src/lab/api/embedded-api.ts';
import { installCrds } from '../../support/kube/crds.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');

let api: EmbeddedApi;
let folder: string;

beforeAll(async () => {
  api = await startEmbeddedApi();
  folder = mkdtempSync(join(tmpdir(), 'heraldlb-cli-'));
  writeFileSync(join(folder, 'kubeconfig'), api.kubeconfigYaml);
  installCrds(api);
  seedCluster();
});

afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function heraldlb(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') },
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await exited, stdout, stderr };
}

describe('heraldlb status', () => {
  it('names what is missing, and ends with status 1', async () => {
    const { status, stdout } = await heraldlb('status');
    expect(stdout).toMatch(/^Controller {3}1 of 1 ready, leader heraldlb-controller-1$/m);
    expect(stdout).toMatch(/^Speakers {5}ready on 0 of 1 nodes$/m);
    expect(stdout).toMatch(/^Services {5}1 of 2 have an address, 1 have a problem$/m);
    expect(stdout).toMatch(/^Node node-a +no speaker runs here: it announces nothing$/m);
    expect(stdout).toMatch(/^Service web\/waiting +pool first-pool has no free address$/m);
    expect(status).toBe(1);
  });
});

describe('heraldlb pools', () => {
  it('prints a table for people, and the same as JSON and YAML for machines', async () => {
    const table = await heraldlb('pools');
    expect(table.stdout).toMatch(/^NAMESPACE +NAME +ADDRESSES +AUTO +USED +FREE +PROBLEM$/m);
    expect(table.stdout).toMatch(/^heraldlb-system +first-pool +10\.9\.0\.1-10\.9\.0\.1 +yes +1 +0 +-$/m);
    const json = await heraldlb('pools', '-o', 'json');
    const yaml = await heraldlb('pools', '-o', 'yaml');
    expect(JSON.parse(json.stdout)).toEqual(parse(yaml.stdout));
    expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'first-pool', assigned: { ipv4: 1, ipv6: 0 } }]);
    expect(table.status).toBe(0);
  });
});

describe('heraldlb services', () => {
  it('shows address, pool and announcing node', async () => {
    const { stdout, status } = await heraldlb('services', '-n', 'web');
    expect(stdout).toMatch(/^web +served +10\.9\.0\.1 +first-pool +Cluster +- +- +-$/m);
    expect(stdout).toMatch(/^web +waiting +<pending> +- +Cluster +- +- +pool first-pool has no free address$/m);
    expect(status).toBe(1);
  });

  it('with --problems shows only what has one', async () => {
    const { stdout } = await heraldlb('services', '--problems', '-o', 'json');
    expect((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name)).toEqual(['waiting']);
  });
});

describe('heraldlb simulate apply', () => {
  const pool = (addresses: string) => `apiVersion: heraldlb.io/v1
kind: IPAddressPool
metadata: { namespace: heraldlb-system, name: first-pool }
spec: { addresses: [${addresses}] }
`;

  it('shows the address that a larger pool would bring to who waits', async () => {
    writeFileSync(join(folder, 'larger.yaml'), pool('10.9.0.1-10.9.0.9'));
    const { stdout, status } = await heraldlb('simulate', 'apply', join(folder, 'larger.yaml'));
    expect(stdout).toMatch(/^web\/waiting +- +10\.9\.0\.2 +-$/m);
    expect(stdout).not.toContain('web/served');
    expect(status).toBe(0);
  });

  it('shows an object that would not be in force, and ends with status 1', async () => {
    writeFileSync(join(folder, 'wrong.yaml'), pool('10.9.0.9-10.9.0.1'));
    const { stdout, status } = await heraldlb('simulate', 'apply', join(folder, 'wrong.yaml'));
    expect(stdout).toMatch(/^IPAddressPool heraldlb-system\/first-pool +.*10\.9\.0\.9-10\.9\.0\.1/m);
    expect(status).toBe(1);
  });

  it('refuses a file that is not there in one line', async () => {
    const { stderr, status } = await heraldlb('simulate', 'apply', join(folder, 'none.yaml'));
    expect(stderr).toMatch(/^heraldlb: ENOENT.*none\.yaml'\n$/);
    expect(status).toBe(2);
  });
});

describe('heraldlb simulate kill', () => {
  it('says who would announce, and names a node that does not exist', async () => {
    const killed = await heraldlb('simulate', 'kill', 'node-a');
    expect(killed.stdout).toMatch(/^NODE +NOW +THEN$/m);
    expect(killed.stderr).toMatch(/^heraldlb: not seen: who announces what now \(.+\); shown is/);
    const wrong = await heraldlb('simulate', 'drain', 'node-x');
    expect(wrong).toMatchObject({ status: 2, stderr: 'heraldlb: there is no node node-x\n' });
  });
});

describe('heraldlb explain', () => {
  it('goes from what a Service asks for to why each node announces it or not', async () => {
    const { stdout, status } = await heraldlb('explain', 'served', '-n', 'web');
    expect(stdout).toMatch(/^Service web\/served$/m);
    expect(stdout).toMatch(/^ {2}families IPv4 \(SingleStack\), externalTrafficPolicy Cluster$/m);
    expect(stdout).toMatch(/^Address 10\.9\.0\.1:$/m);
    expect(stdout).toMatch(/^ {2}node-a: no L2Advertisement selects the pool and the Service$/m);
    expect(status).toBe(0);
  });

  it('of a Service that waits says what the controller says', async () => {
    const { stdout, status } = await heraldlb('explain', 'web/waiting');
    expect(stdout).toMatch(/^Address:\n {2}pool first-pool has no free address$/m);
    expect(status).toBe(1);
  });

  it('names a Service that does not exist', async () => {
    expect(await heraldlb('explain', 'none')).toMatchObject({
      status: 2,
      stderr: 'heraldlb: there is no Service default/none\n',
    });
  });
});

describe('heraldlb migrate', () => {
  it("reads kube-vip's ConfigMap, and prints objects for kubectl", async () => {
    api.seed({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-system', name: 'kubevip' },
      data: { 'range-global': '10.8.0.1-10.8.0.9' },
    });
    const plan = await heraldlb('migrate', '--from', 'kube-vip');
    expect(plan.stdout).toMatch(/^From kube-vip: 1 of 2 Services would keep their addresses\.$/m);
    expect(plan.stdout).toMatch(/^web\/served +10\.9\.0\.1 +10\.9\.0\.1 +kept +-$/m);
    const { stdout } = await heraldlb('migrate', '--from', 'kube-vip', '-o', 'yaml');
    const [pool] = parseAllDocuments(stdout).map((document) => document.toJS() as object);
    expect(pool).toMatchObject({ kind: 'IPAddressPool', spec: { addresses: ['10.8.0.1-10.8.0.9'] } });
  });
});

describe('a cluster that cannot be read', () => {
  it('is one line and status 2', async () => {
    const { status, stderr } = await heraldlb('status', '--kubeconfig', join(folder, 'none'));
    expect(stderr).toMatch(/^heraldlb: cannot read kubeconfig .*none.*\n$/);
    expect(status).toBe(2);
  });

  it('an unknown context is named', async () => {
    const { status, stderr } = await heraldlb('pools', '--context', 'elsewhere');
    expect(stderr).toMatch(/context "elsewhere" is not among its contexts/);
    expect(status).toBe(2);
  });
});

describe('heraldlb completion', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s knows every command', async (shell) => {
    const { stdout } = await heraldlb('completion', shell);
    for (const command of ['status', 'pools', 'services', 'explain', 'convert', 'manifest'])
      expect(stdout).toContain(command);
  });
});

function seedCluster(): void {
  const pool = 'first-pool';
  const at = '2026-01-01T00:00:00Z';
  api.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  api.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
  api.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'heraldlb-system',
      name: 'heraldlb-controller-1',
      labels: { 'app.kubernetes.io/name': 'heraldlb', 'app.kubernetes.io/component': 'controller' },
    },
    spec: { nodeName: 'node-a' },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  api.seed({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'heraldlb-system', name: 'heraldlb-controller' },
    spec: { holderIdentity: 'heraldlb-controller-1' },
  });
  api.seed({
    apiVersion: 'heraldlb.io/v1',
    kind: 'IPAddressPool',
    metadata: { namespace: 'heraldlb-system', name: pool, generation: 1 },
    spec: { addresses: ['10.9.0.1-10.9.0.1'] },
    status: {
      assignedIPv4: 1,
      assignedIPv6: 0,
      availableIPv4: 0,
      availableIPv6: 0,
      conditions: [{ type: 'Valid', status: 'True', reason: 'InForce', message: '', lastTransitionTime: at }],
    },
  });
  seedService(
    'served',
    { 'heraldlb.io/ip-allocated-from-pool': pool },
    { loadBalancer: { ingress: [{ ip: '10.9.0.1' }] } },
  );
  seedService(
    'waiting',
    {},
    {
      conditions: [
        {
          type: 'heraldlb.io/AddressAllocated',
          status: 'False',
          reason: 'Exhausted',
          message: 'pool first-pool has no free address',
          lastTransitionTime: at,
        },
      ],
    },
  );
}

let clusterIPs = 0;

function seedService(name: string, annotations: Readonly<Record<string, string>>, status: object): void {
  clusterIPs += 1;
  const clusterIP = `10.96.7.${clusterIPs}`;
  api.seed({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'web', name, annotations },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ports: [{ port: 80, protocol: 'TCP' }],
    },
    status: { ...status },
  });
}
