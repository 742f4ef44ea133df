import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import type { ApiObject } from '../kubernetes/api.ts';
import { type ControlPlane, startControlPlane } from '../kubernetes/control-plane.ts';
import { type FileModule, moduleFiles } from '../kubernetes/module-files.ts';
import { POOL_OBJECTS } from './support/services.ts';
import { MANIFESTS, ROOT } from './support/shipped.ts';

const FOLDER = join(MANIFESTS, 'gitops');
const FILES = readdirSync(FOLDER);
const CHART = join(MANIFESTS, 'chart');
/** What Helm has to be told while it sees no cluster, as in Argo CD. */
const OFFLINE = ['--kube-version', '1.34.4'];
const OPERATORS: readonly FileModule[] = ['argo-cd', 'flux-helm', 'flux-source'];
const POOLS = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools';
/** A router, as MetalLB's webhook would convert it. */
const PEER: ApiObject = {
  apiVersion: 'metallb.io/v1beta2',
  kind: 'BGPPeer',
  metadata: { name: 'router', namespace: 'metallb-system' },
  spec: { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.1' },
};

let cluster: ControlPlane;
/** Folder of MetalLB's chart. */
let metallb: string;

beforeAll(async () => {
  cluster = await startControlPlane({ name: 'gitops' });
  [metallb = ''] = await moduleFiles('metallb');
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

it('the examples for Argo CD and Flux are objects that their own CRDs take', async ({ skip }) => {
  const crds = await Promise.all(OPERATORS.map(moduleFiles)).then(
    (files) => files.flat(),
    (error: unknown) => skip(`the module proxy does not give them: ${String(error)}`),
  );
  // CRDs as large as that of Applications do not fit into the annotation of a client-side apply.
  await cluster.kubectl(['apply', '--server-side', ...crds.flatMap((file) => ['-f', file])]);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  for (const namespace of ['argocd', 'flux-system']) await cluster.kubectl(['create', 'namespace', namespace]);
  const taken = await cluster.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', FOLDER]);
  expect(taken.trim().split('\n')).toHaveLength(FILES.flatMap(documentsOf).length);
});

describe.each(FILES)('%s', (file) => {
  it('names a chart of this repository, and values that it takes', async () => {
    const [release] = documentsOf(file).flatMap(releaseOf);
    expect(release).toBeDefined();
    const objects = await rendered(join(ROOT, release?.path ?? ''), release ?? NONE);
    expect(objects.map(nameOf)).toEqual(
      expect.arrayContaining(['Deployment heraldlb-controller', 'DaemonSet heraldlb-speaker']),
    );
  });
});

it("where Argo CD changes MetalLB's chart for ours it prunes the workloads, and no CRD that holds configuration", async () => {
  const [release = NONE] = documentsOf('argo-cd-from-metallb.yaml').flatMap(releaseOf);
  const before = await rendered(metallb, { ...release, values: {} });
  const after = new Set((await rendered(CHART, release)).map(nameOf));
  const pruned = before.map(nameOf).filter((name) => !after.has(name));
  expect(pruned).toEqual(expect.arrayContaining(['Deployment metallb-controller', 'DaemonSet metallb-speaker']));
  // What speakers of MetalLB report, and nothing that anybody writes.
  const crds = pruned.filter((name) => name.startsWith('CustomResourceDefinition'));
  expect(
    crds.filter((name) => /\.metallb\.io$/.test(name) && !/statuses|statestatuses|configurationstates/.test(name)),
  ).toEqual([]);
});

it("a Helm release whose chart changes from MetalLB's to ours, and back, keeps every pool and peer", async () => {
  const [release = NONE] = documentsOf('flux-from-metallb.yaml').flatMap(releaseOf);
  const namespace = ['-n', release.namespace, '--create-namespace'];
  await cluster.helm(['install', release.name, metallb, ...namespace, '--set', 'crds.validationFailurePolicy=Ignore']);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.apply([...POOL_OBJECTS, PEER]);
  const uids = async (): Promise<string> =>
    cluster.kubectl([
      'get',
      'ipaddresspools.metallb.io,l2advertisements.metallb.io,bgppeers.metallb.io',
      '-A',
      '-o',
      'jsonpath={.items[*].metadata.uid}',
    ]);
  const before = await uids();
  expect(before.split(' ')).toHaveLength(3);

  const values = ['--reset-then-reuse-values', '--set-json', `fullnameOverride="${release.values.fullnameOverride}"`];
  await cluster.helm(['upgrade', release.name, CHART, '-n', release.namespace, ...values]);
  expect(await uids()).toBe(before);
  expect(
    await cluster.kubectl(['get', 'deployments,daemonsets,validatingwebhookconfigurations', '-A', '-o', 'name']),
  ).toBe('deployment.apps/heraldlb-controller\ndaemonset.apps/heraldlb-speaker\n');
  await cluster.api.patch(`${POOLS}/lan`, { spec: { autoAssign: false } });

  await cluster.helm(['rollback', release.name, '1', '-n', release.namespace]);
  expect(await uids()).toBe(before);
  expect(await cluster.kubectl(['get', 'deployments,daemonsets', '-A', '-o', 'name'])).toBe(
    'deployment.apps/metallb-controller\ndaemonset.apps/metallb-speaker\n',
  );
});

/** What an Application or a HelmRelease has Helm install. */
interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const NONE: Release = { name: '', namespace: '', path: '', values: {} };

function releaseOf({ kind, spec }: ApiObject): Release[] {
  if (kind === 'Application') {
    const { path, helm } = spec.source as {
      path: string;
      helm: { releaseName: string; valuesObject: Release['values'] };
    };
    return [{ name: helm.releaseName, namespace: spec.destination.namespace, path, values: helm.valuesObject }];
  }
  if (kind !== 'HelmRelease') return [];
  const { releaseName: name, targetNamespace: namespace, values, chart } = spec;
  return [{ name, namespace, path: chart.spec.chart, values }];
}

async function rendered(chart: string, { name, namespace, values }: Release): Promise<ApiObject[]> {
  const file = join(cluster.folder.folder('values'), `${name}.yaml`);
  writeFileSync(file, stringify(values));
  return objectsOf(
    await cluster.helm(['template', name, chart, '-n', namespace, '-f', file, '--include-crds', ...OFFLINE]),
  );
}

function documentsOf(file: string): ApiObject[] {
  return objectsOf(readFileSync(join(FOLDER, file), 'utf8'));
}

function objectsOf(yaml: string): ApiObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as ApiObject | null)
    .filter((object) => object !== null);
}

function nameOf({ kind, metadata }: ApiObject): string {
  return `${kind} ${metadata.name}`;
}
