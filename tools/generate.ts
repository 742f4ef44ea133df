// Writes the files that are made from others: the CRDs, the reference page, the objects of the Helm chart. With --check it only says
// which are not current.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { parse, stringify } from 'yaml';
import { customResourceDefinition } from '../src/core/config/crd.ts';
import type { ApiGroup } from '../src/core/config/schema/kind.ts';
import { KINDS } from '../src/core/config/schema/kinds.ts';
import { resourceNames } from '../src/core/config/schema/resource-names.ts';
import { STATUS_KINDS } from '../src/core/config/schema/status-kinds.ts';
import { bgpPage } from './bgp-page.ts';
import { dashboard } from './dashboard.ts';
import { errorsReference } from './errors-page.ts';
import { eventsReference } from './events-page.ts';
import { flagsReference } from './flags-page.ts';
import { logEventsReference } from './log-events.ts';
import { metricDefinitions } from './metric-definitions.ts';
import { metricsReference } from './metrics-page.ts';
import { configurationReference } from './reference-page.ts';

const ROOT = join(import.meta.dirname, '..');
const GROUPS: readonly ApiGroup[] = ['heraldlb.io', 'metallb.io'];
const HEADER = '# Made by `npm run generate` from src/core/config/schema. Change it there.\n';

/** The content of every generated file, by its path below the root. */
async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const crds = GROUPS.flatMap(crdFolder);
  return new Map([
    ...crds,
    ['manifests/heraldlb.yaml', await everything(new Map(crds), 'manifests')] as const,
    ...[...crds, ...(await workloads())]
      .filter(([path]) => !/\/(kustomization|[^/]*\.test)\.yaml$/.test(path))
      .map(chartFile),
    ['docs/reference/configuration.md', configurationReference(KINDS)] as const,
    ['manifests/monitoring/dashboard.json', `${JSON.stringify(dashboard(), undefined, 2)}\n`] as const,
    ['docs/rfc/bgp.md', bgpPage()] as const,
    ['docs/reference/errors.md', errorsReference()] as const,
    ['docs/reference/events.md', eventsReference()] as const,
    ['docs/reference/flags.md', flagsReference()] as const,
    ['docs/reference/log-events.md', logEventsReference()] as const,
    ['docs/reference/metrics.md', metricsReference(await metricDefinitions())] as const,
  ]);
}

/** The objects of a kustomization as one file, for who has no checkout. `fresh` are files that may not be written yet. */
async function everything(fresh: ReadonlyMap<string, string>, folder: string): Promise<string> {
  const read = async (path: string): Promise<string> => fresh.get(path) ?? (await readFile(join(ROOT, path), 'utf8'));
  const { resources } = parse(await read(`${folder}/kustomization.yaml`)) as { readonly resources: readonly string[] };
  const files = resources.map((resource) => normalize(`${folder}/${resource}`));
  const contents = await Promise.all(
    files.map((file) => (file.endsWith('.yaml') ? read(file) : everything(fresh, file))),
  );
  return contents.join('---\n');
}

/** What `kubectl apply -k` sends for the two components, and what is applied beside them. */
async function workloads(): Promise<(readonly [path: string, content: string])[]> {
  const folders = await Promise.all(
    ['controller', 'speaker', 'monitoring'].map(async (component) => {
      const folder = `manifests/${component}`;
      const files = (await readdir(join(ROOT, folder))).filter((name) => name.endsWith('.yaml'));
      return files.map((name) => `${folder}/${name}`);
    }),
  );
  const optional = 'manifests/examples/endpoint-retirement.yaml';
  return Promise.all(
    [...folders.flat(), optional].map(async (path) => [path, await readFile(join(ROOT, path), 'utf8')] as const),
  );
}

/** A chart can only read what is inside it. */
function chartFile([path, content]: readonly [path: string, content: string]): readonly [
  path: string,
  content: string,
] {
  return [path.replace('manifests/', 'manifests/chart/files/'), content];
}

/** A file for each kind of a group, and the kustomization that names them. */
function crdFolder(group: ApiGroup): (readonly [path: string, content: string])[] {
  const kinds = [...KINDS, ...STATUS_KINDS].filter(({ versions }) =>
    versions.some((version) => version.group === group),
  );
  const crds = kinds.map(
    (kind) => [`${resourceNames(kind, group).plural}.yaml`, crdFile(customResourceDefinition(kind, group))] as const,
  );
  const kustomization = stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: crds.map(([name]) => name),
  });
  return [...crds, ['kustomization.yaml', `${HEADER}${kustomization}`] as const].map(
    ([name, content]) => [`manifests/crds/${group}/${name}`, content] as const,
  );
}

function crdFile(crd: unknown): string {
  return `${HEADER}${stringify(crd, { lineWidth: 120, aliasDuplicateObjects: false })}`;
}

async function main(check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const [path, content] of await generatedFiles()) {
    const file = join(ROOT, path);
    if ((await readFile(file, 'utf8').catch(() => undefined)) === content) continue;
    stale.push(relative(ROOT, file));
    if (check) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  for (const path of stale) console.log(check ? `${path} is not current: run npm run generate` : `wrote ${path}`);
  return check && stale.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
