import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ApiObject } from '../kubernetes/api.ts';
import { type ControlPlane, startControlPlane } from '../kubernetes/control-plane.ts';
import { MANIFESTS } from './support/shipped.ts';
import { type } from './support/typed-commands.ts';

const CHART = join(MANIFESTS, 'chart');
const NAMESPACE = 'heraldlb-system';
/** What Helm has to be told while it sees no cluster. */
const OFFLINE = ['--kube-version', '1.34.4'];

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ name: 'chart' });
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

const template = async (values: readonly string[] = []): Promise<ApiObject[]> =>
  objectsOf(await cluster.helm(['template', 'heraldlb', CHART, '-n', NAMESPACE, ...OFFLINE, ...values]));

it('helm lint has nothing to say but that there is no icon', async () => {
  const lines = (await cluster.helm(['lint', '--strict', CHART])).split('\n').filter((line) => line.startsWith('['));
  expect(lines).toEqual(['[INFO] Chart.yaml: icon is recommended']);
});

it('with default values the chart makes the objects of kubectl apply -k, and nothing else', async () => {
  const kustomized = objectsOf(await cluster.kubectl(['kustomize', MANIFESTS]));
  // Helm makes its namespace by --create-namespace, and the chart has nothing in that of MetalLB's guides.
  const expected = kustomized
    .filter(({ kind, metadata }) => kind !== 'Namespace' && [undefined, NAMESPACE].includes(metadata.namespace))
    .map(comparable);
  const made = (await template(['--no-hooks'])).map(comparable);
  expect(new Map(made.map((object) => [nameOf(object), object]))).toEqual(
    new Map(expected.map((object) => [nameOf(object), object])),
  );
});

describe('values', () => {
  it('another name is carried to everything that refers to it', async () => {
    const objects = await template(['--set', 'fullnameOverride=lb', '--set', 'existingConfigMap=config']);
    const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
    for (const { roleRef, subjects } of bindings as unknown as readonly Binding[]) {
      expect(objects.map(nameOf)).toContain(`${roleRef.kind} ${roleRef.name}`);
      for (const { kind, name } of subjects) expect(objects.map(nameOf)).toContain(`${kind} ${name}`);
    }
    expect(objects.map(nameOf)).toEqual(expect.arrayContaining(['Deployment lb-controller', 'DaemonSet lb-speaker']));
    expect(argumentsOf(objects, 'Deployment')).toContain('--speaker-service-account=lb-speaker');
  });

  it('retirement of endpoints is a flag with its rights, of which no trace is left without it', async () => {
    const objects = await template(['--set', 'controller.retireEndpoints=true']);
    expect(argumentsOf(objects, 'Deployment')).toContain('--retire-endpoints');
    expect(objects.filter(({ metadata }) => metadata.namespace === 'kube-node-lease').map(nameOf)).toEqual([
      'Role heraldlb-endpoint-retirement',
      'RoleBinding heraldlb-endpoint-retirement',
    ]);
    expect((await template()).map(nameOf).join()).not.toContain('retirement');
  });

  it("MetalLB's names of metrics can be left out, by both components", async () => {
    const objects = await template(['--set', 'prometheus.metallbMetrics=false']);
    for (const kind of ['Deployment', 'DaemonSet'])
      expect(argumentsOf(objects, kind)).toContain('--metallb-metrics=false');
    expect(argumentsOf(await template(), 'DaemonSet').join()).not.toContain('metallb-metrics');
  });

  it('what is on by default is on also without its key, as --reuse-values of an older release has it', async () => {
    const keys = ['releaseServicesOnUninstall', 'prometheus.metallbMetrics', 'prometheus.prometheusRule'];
    const older = await template(['--set', keys.map((key) => `${key}=null`).join()]);
    expect(older).toEqual(await template());
  });

  it('speakers are told what neighbours and switches of the LAN need', async () => {
    const args = async (...values: string[]): Promise<readonly string[]> =>
      argumentsOf(await template(['--set', values.join()]), 'DaemonSet');
    expect(await args('speaker.standIn=false', 'speaker.refreshInterval=0')).toEqual(
      expect.arrayContaining(['--stand-in=false', '--refresh-interval=0']),
    );
    expect(await args('speaker.refreshInterval=5m')).toContain('--refresh-interval=5m');
    const older = await args('speaker.standIn=null', 'speaker.refreshInterval=null');
    expect(older.join()).not.toMatch(/stand-in|refresh-interval/);
  });

  it("MetalLB's values for the workloads do what they do there", async () => {
    const toleration = { key: 'dedicated', operator: 'Exists' };
    const objects = await template([
      ...['--set', 'loadBalancerClass=example.com/lb,controller.logLevel=all,speaker.ignoreExcludeLB=true'],
      ...['--set-json', `speaker.tolerations=[${JSON.stringify(toleration)}]`],
      ...['--set', 'controller.image.tag=v9,imagePullSecrets[0].name=pull,commonLabels.team=net'],
      ...['--set', 'controller.resources.limits.memory=1Gi,speaker.readinessProbe.enabled=false'],
    ]);
    expect(argumentsOf(objects, 'Deployment')).toEqual(
      expect.arrayContaining(['--load-balancer-class=example.com/lb', '--log-level=debug', '--ignore-exclude-lb']),
    );
    const [controller, speaker] = ['Deployment', 'DaemonSet'].map((kind) => podOf(objects, kind));
    expect(speaker?.tolerations).toEqual([{ operator: 'Exists' }, toleration]);
    expect(speaker?.containers[0]).not.toHaveProperty('readinessProbe');
    expect(controller).toMatchObject({
      imagePullSecrets: [{ name: 'pull' }],
      containers: [{ image: 'ghcr.io/heraldlb/heraldlb:v9', resources: { limits: { memory: '1Gi' } } }],
    });
    for (const { metadata } of objects) expect(metadata.labels).toMatchObject({ team: 'net' });
  });

  it('the ConfigMap of a MetalLB before 0.13 is written here or named, and may be read', async () => {
    const inline = '{"address-pools":[{"name":"default","protocol":"layer2","addresses":["10.9.0.0/24"]}]}';
    const objects = await template(['--set-json', `configInline=${inline}`]);
    expect(argumentsOf(objects, 'Deployment')).toContain(`--legacy-config=${NAMESPACE}/heraldlb`);
    expect(objects.map(nameOf)).toEqual(expect.arrayContaining(['ConfigMap heraldlb', 'Role heraldlb-legacy-config']));
  });

  it.each([
    ['--set', 'speakr.enabled=true', /speakr/],
    ['--set', 'controller.image.tga=v1', /tga/],
    ['--set', 'controller.logLevel=loud', /logLevel/],
    ['--set', 'pools={192.168.1.240}', /pools/],
    ['--set', 'prometheus.podMonitor.enabled=true,prometheus.serviceMonitor.enabled=true', /switch one of the two off/],
  ])('wrong value (%s %s) is refused with its key', async (flag, value, complaint) => {
    await expect(template([flag, value])).rejects.toThrow(complaint);
  });

  it.each(['podMonitor', 'serviceMonitor'])('%s selects the Pods or Services that the chart makes', async (monitor) => {
    const objects = await template(['--set', `prometheus.${monitor}.enabled=true`]);
    const monitors = objects.filter(({ kind }) => kind.endsWith('Monitor')) as unknown as readonly Monitor[];
    expect(monitors).toHaveLength(2);
    for (const { spec } of monitors) {
      const labels = objects
        .filter(({ kind }) => kind === 'Service')
        .map(({ metadata }) => metadata.labels)
        .concat(['Deployment', 'DaemonSet'].map((kind) => templateOf(objects, kind).metadata.labels));
      expect(labels).toContainEqual(expect.objectContaining(spec.selector.matchLabels));
    }
  });
});

it('the alerts are those of manifests/, without what is switched off and with what is added', async () => {
  const extra = JSON.stringify([{ alert: 'Mine', expr: 'up == 0' }]);
  const objects = await template([
    ...['--set', 'prometheus.prometheusRule.enabled=true,prometheus.prometheusRule.addressPoolUsage.enabled=false'],
    ...['--set-json', `prometheus.prometheusRule.extraAlerts=${extra}`],
  ]);
  const names = ({ spec }: ApiObject = {}): string[] =>
    (spec.groups[0].rules as { alert: string }[]).map(({ alert }) => alert);
  const [shipped] = objectsOf(readFileSync(join(MANIFESTS, 'monitoring', 'alerts.yaml'), 'utf8'));
  expect(names(objects.find(({ kind }) => kind === 'PrometheusRule'))).toEqual([
    ...names(shipped).filter((name) => !name.startsWith('MetalLBAddressPoolUsage')),
    'Mine',
  ]);
});

it('installed, upgraded and uninstalled: CRDs, pools and the addresses of Services stay', async () => {
  const release = ['heraldlb', CHART, '-n', NAMESPACE, '--create-namespace'];
  await cluster.helm(['install', ...release, '--set', 'pools={10.9.0.0/24}']);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.kubectl(['apply', '-f', join(MANIFESTS, 'examples', 'layer2.yaml')]);

  await cluster.kubectl(['delete', 'crd', 'lbcommunities.heraldlb.io']);
  const upgraded = await cluster.helm(['upgrade', ...release, '--set', 'speaker.memberlist.enabled=true']);
  expect(upgraded).toContain('ignored: speaker.memberlist');
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd/lbcommunities.heraldlb.io', '--timeout=60s']);

  // The hook is a Job, and nothing runs Pods here: pods-helm.test.ts has it.
  await cluster.helm(['uninstall', 'heraldlb', '-n', NAMESPACE, '--no-hooks']);
  expect(await cluster.kubectl(['get', 'all,roles,rolebindings', '-n', NAMESPACE, '-o', 'name'])).toBe('');
  expect(await cluster.kubectl(['get', 'lbipaddresspools', '-n', NAMESPACE, '-o', 'name'])).toContain('first-pool');
});

it('a second release is refused beside the first, and elsewhere told to take a class of its own', async () => {
  const install = (namespace: string, ...values: string[]): Promise<string> =>
    cluster.helm(['upgrade', '--install', 'second', CHART, '-n', namespace, '--create-namespace', ...values]);
  await cluster.helm(['install', 'heraldlb', CHART, '-n', NAMESPACE]);
  await expect(install(NAMESPACE)).rejects.toThrow(
    /Service "heraldlb-controller" in namespace "heraldlb-system" exists and cannot be imported/,
  );
  const warning = `HeraldLB is installed in ${NAMESPACE} too, and serves the same Services`;
  expect(await install('other')).toContain(warning);
  expect(await install('other', '--set', 'loadBalancerClass=example.com/lb')).not.toContain(warning);
});

describe.each([
  ['of the same name in another namespace', 'ipaddresspools.metallb.io', 'heraldlb', 'elsewhere'],
  ['of another name, as that of MetalLB', 'bgppeers.metallb.io', 'metallb', NAMESPACE],
  ['of another name, as before a reinstallation', 'lbipaddresspools.heraldlb.io', 'former', NAMESPACE],
])('a CRD that a release brought %s', (_, crd, release, namespace) => {
  it('is left to it, and the notes name it with what to type', async () => {
    await cluster.kubectl([
      ...['annotate', 'crd', crd, '--overwrite'],
      ...[`meta.helm.sh/release-name=${release}`, `meta.helm.sh/release-namespace=${namespace}`],
    ]);
    const seen = await cluster.helm(['template', 'heraldlb', CHART, '-n', NAMESPACE, ...OFFLINE, '--dry-run=server']);
    const names = objectsOf(seen).map(nameOf);
    expect(names).not.toContain(`CustomResourceDefinition ${crd}`);
    expect(names).toContain('CustomResourceDefinition lbcommunities.heraldlb.io');
    const notes = await cluster.helm(['upgrade', 'heraldlb', CHART, '-n', NAMESPACE, '--dry-run=server']);
    expect(notes).toContain(`CRDs of release ${namespace}/${release} are there`);

    await type(
      cluster,
      notes.split('\n').filter((line) => /^ {2}kubectl (annotate|label) crd /.test(line)),
    );
    const taken = await cluster.helm(['upgrade', 'heraldlb', CHART, '-n', NAMESPACE]);
    expect(taken).not.toContain('are there, and are not upgraded');
  });
});

it('CRDs that kubectl applied are left alone, as when a migration began with them', async () => {
  await cluster.helm(['uninstall', 'heraldlb', '-n', NAMESPACE, '--no-hooks']);
  await cluster.kubectl(['delete', 'crd', 'lbcommunities.heraldlb.io']);
  await cluster.kubectl(['apply', '-k', join(MANIFESTS, 'crds/heraldlb.io')]);
  const notes = await cluster.helm(['install', 'heraldlb', CHART, '-n', NAMESPACE]);
  expect(notes).toMatch(/CRDs of no release of Helm are there, .*: lbcommunities\.heraldlb\.io\./);
});

interface Binding {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string }[];
}
interface Monitor {
  readonly spec: { readonly selector: { readonly matchLabels: Record<string, string> } };
}
interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: {
    readonly tolerations: readonly unknown[];
    readonly containers: readonly { readonly args: readonly string[] }[];
  };
}

function objectsOf(yaml: string): ApiObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as ApiObject | null)
    .filter((object) => object !== null);
}

function nameOf({ kind, metadata }: ApiObject): string {
  return `${kind} ${metadata.name}`;
}

/** An object without what only Helm adds. */
function comparable({ metadata, ...object }: ApiObject): ApiObject {
  const text = JSON.stringify({ ...object, metadata: { ...metadata, annotations: undefined } });
  return JSON.parse(text, (key, value) => {
    if (key === 'labels') return Object.fromEntries(Object.entries(value).filter(([label]) => !HELM_LABELS.has(label)));
    if (key === 'args') return (value as string[]).filter((argument) => !HELM_ARGUMENTS.test(argument));
    return value;
  });
}

const HELM_LABELS: ReadonlySet<string> = new Set([
  'helm.sh/chart',
  'app.kubernetes.io/version',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
]);
/** Flags that the chart always writes, with their defaults. */
const HELM_ARGUMENTS = /^--(log-level=info|metrics-port=7954|speaker-service-account=heraldlb-speaker)$/;

function templateOf(objects: readonly ApiObject[], kind: string): PodTemplate {
  const found = objects.find((object) => object.kind === kind) as { spec: { template: PodTemplate } } | undefined;
  if (found === undefined) throw new Error(`no ${kind}`);
  return found.spec.template;
}

function podOf(objects: readonly ApiObject[], kind: string): PodTemplate['spec'] {
  return templateOf(objects, kind).spec;
}

function argumentsOf(objects: readonly ApiObject[], kind: string): readonly string[] {
  return podOf(objects, kind).containers[0]?.args ?? [];
}
