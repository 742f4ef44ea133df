import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedApi, startEmbeddedApi } from '../../src/lab/api/embedded-api.ts';
import { ensureKubernetesBinaries } from '../kubernetes/binaries.ts';
import { runKubectl } from '../kubernetes/kubectl.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', 'manifests');

/** The real kubectl against the embedded API: what a person does who looks into the lab. */
describe('kubectl in the lab', () => {
  let api: EmbeddedApi;
  let folder = '';
  let kubectl: (args: readonly string[], input?: string) => Promise<string>;
  beforeAll(async () => {
    const binaries = await ensureKubernetesBinaries(console.log);
    api = await startEmbeddedApi();
    folder = await mkdtemp(join(tmpdir(), 'heraldlb-kubectl-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, api.kubeconfigYaml);
    kubectl = (args, input) =>
      runKubectl(binaries, { kubeconfig, args: [`--cache-dir=${join(folder, 'cache')}`, ...args], input });
  });
  afterAll(async () => {
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const SERVICE = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  });
  const pool = (spec: object): string =>
    JSON.stringify({ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata: { name: 'pool' }, spec });

  it('applies our manifests, and applies them again without a change', async () => {
    expect(await kubectl(['apply', '-k', MANIFESTS])).toContain('ipaddresspools.metallb.io created');
    const again = (await kubectl(['apply', '-k', MANIFESTS])).trim().split('\n');
    // kubectl says so of a PodDisruptionBudget on a real server too.
    const always = 'poddisruptionbudget.policy/heraldlb-controller configured';
    expect(again.filter((line) => !line.endsWith(' unchanged') && line !== always)).toEqual([]);
  });

  it('applies a Service, and shows its address', async () => {
    await kubectl(['apply', '-f', '-'], SERVICE);
    expect(await kubectl(['get', 'svc', 'web'])).toMatch(
      /web +LoadBalancer +10\.96\.\d+\.\d+ +<pending> +80:\d+\/TCP +\d+s/,
    );
    const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } });
    await kubectl(['patch', 'svc', 'web', '--subresource=status', '-p', status]);
    expect(await kubectl(['get', 'svc', 'web'])).toMatch(/LoadBalancer +10\.96\.\d+\.\d+ +192\.0\.2\.1 /);
    await kubectl(['wait', 'svc/web', '--for=jsonpath={.status.loadBalancer.ingress}', '--timeout=5s']);
    expect(await kubectl(['apply', '-f', '-'], SERVICE)).toContain('unchanged');
    expect(await kubectl(['apply', '--server-side', '-f', '-'], SERVICE)).toContain('serverside-applied');
  });

  it('applies a pool, and is told what is wrong with one', async () => {
    await kubectl(['apply', '-f', '-'], pool({ addresses: ['192.0.2.0/28'] }));
    expect(await kubectl(['get', 'ipaddresspools'])).toContain('192.0.2.0/28');
    await expect(kubectl(['apply', '-f', '-'], pool({ addresses: ['never'] }))).rejects.toThrow('never');
    await expect(kubectl(['apply', '-f', '-'], pool({ addresses: [], colour: 'red' }))).rejects.toThrow(
      'unknown field "spec.colour"',
    );
  });

  it('describes, labels and deletes', async () => {
    await kubectl(['label', 'svc', 'web', 'a=b']);
    expect(await kubectl(['describe', 'svc', 'web'])).toMatch(/Labels: +a=b/);
    await kubectl(['delete', 'svc', 'web']);
    expect(await kubectl(['get', 'svc', '-o', 'name'])).toBe('service/kubernetes\n');
  });
});
