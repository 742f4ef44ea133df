import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { LOAD_BALANCER_NAMES } from '../../../src/controller/preflight/other-load-balancers.ts';
import { controllerPermissions, retirementPermissions } from '../../../src/controller/preflight/permissions.ts';
import { CONFIG_RESOURCES } from '../../../src/core/config/schema/resource-names.ts';
import {
  CA_BUNDLE_CONFIG_MAP_NAME,
  CA_SECRET_NAME,
  CONTROLLER_HEALTH_PORT,
  CONTROLLER_SERVICE_NAME,
  DEFAULT_NAMESPACE,
  HELLO_KEYS_SECRET_NAME,
  METRICS_PORT,
  SPEAKER_HEALTH_PORT,
  SPEAKER_SERVICE_ACCOUNT,
  SPEAKER_SERVICE_PORT,
  SPEAKER_TOKEN_AUDIENCE,
} from '../../../src/ports/defaults.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Only what is looked at here. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly spec?: {
    readonly ports?: readonly { readonly port: number }[];
    readonly selector?: unknown;
    readonly template?: { readonly spec: PodSpec };
  };
}
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
interface PodSpec {
  readonly serviceAccountName: string;
  readonly hostNetwork?: boolean;
  readonly containers: readonly {
    readonly image: string;
    readonly ports: readonly { readonly containerPort: number; readonly hostPort?: number }[];
    readonly livenessProbe: { readonly grpc: { readonly port: number; readonly service: string } };
    readonly readinessProbe: { readonly grpc: { readonly port: number; readonly service: string } };
    readonly securityContext: unknown;
  }[];
  readonly volumes?: readonly {
    readonly configMap?: { readonly name: string };
    readonly projected?: {
      readonly sources: readonly { readonly serviceAccountToken?: { readonly audience: string } }[];
    };
  }[];
}

/** What `kubectl apply -k` sends of a folder. */
function objectsOf(folder: string): Manifest[] {
  const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
  return resources.flatMap((resource) =>
    resource.endsWith('.yaml')
      ? parseAllDocuments(readFileSync(join(folder, resource), 'utf8')).map((document) => document.toJS() as Manifest)
      : objectsOf(join(folder, resource)),
  );
}

const all = objectsOf(join(ROOT, 'manifests'));

function find(kind: string, name: string): Manifest {
  const found = all.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

function podOf(kind: string, name: string): PodSpec {
  const pod = find(kind, name).spec?.template?.spec;
  if (pod === undefined) throw new Error(`${kind} ${name} has no pod`);
  return pod;
}

it('the generated files are those that the schemas make now', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'tools', 'generate.ts'), '--check']);
  expect(stdout.toString()).toBe('');
  expect(status).toBe(0);
});

it('the controller may read every kind of ours and patch its status, and nothing else of it', () => {
  const rules = find('ClusterRole', 'heraldlb-controller').rules ?? [];
  for (const group of ['heraldlb.io', 'metallb.io']) {
    const plurals = CONFIG_RESOURCES.filter((resource) => resource.group === group).map(({ plural }) => plural);
    expect(rules.filter(({ apiGroups }) => apiGroups.includes(group))).toEqual([
      { apiGroups: [group], resources: plurals, verbs: ['get', 'list', 'watch'] },
      { apiGroups: [group], resources: plurals.map((plural) => `${plural}/status`), verbs: ['patch'] },
    ]);
  }
});

it('no rule has a wildcard, and what holds secrets names them, or may only read those beside the peers', () => {
  const rules = all.flatMap(({ rules }) => rules ?? []);
  expect(rules.filter((rule) => JSON.stringify(rule).includes('"*"'))).toEqual([]);
  const secrets = rules.filter(({ resources }) => resources.includes('secrets'));
  expect(secrets.map(({ verbs, resourceNames }) => [verbs, resourceNames])).toEqual([
    [['create'], undefined],
    [['get', 'update'], [CA_SECRET_NAME]],
    [['get', 'update'], [HELLO_KEYS_SECRET_NAME]],
    // Named by BGPPeer objects: in our namespaces only, and never written.
    [['list', 'watch'], undefined],
    [['list', 'watch'], undefined],
  ]);
  const roles = all.filter(({ rules: some }) => some?.some(({ resources }) => resources.includes('secrets')));
  expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`)).toEqual([
    'Role heraldlb-system heraldlb-controller',
    'Role heraldlb-system heraldlb-bgp-passwords',
    'Role metallb-system heraldlb-bgp-passwords',
  ]);
});

it('the roles of the controller allow what it does with the API, and outside of reading no more', () => {
  const rules = ['ClusterRole', 'Role'].flatMap((kind) => find(kind, 'heraldlb-controller').rules ?? []);
  const own = {
    namespace: DEFAULT_NAMESPACE,
    lease: { namespace: DEFAULT_NAMESPACE, name: 'heraldlb-controller' },
    caSecret: CA_SECRET_NAME,
    helloKeys: HELLO_KEYS_SECRET_NAME,
    caBundle: CA_BUNDLE_CONFIG_MAP_NAME,
    endpointSlice: CONTROLLER_SERVICE_NAME,
  };
  // Looked for where it is allowed: nothing is missing without it, so that nobody is told of it.
  const looksFor = ['deployments', 'daemonsets'].flatMap((resource) =>
    LOAD_BALANCER_NAMES.map((name) => ({ group: 'apps', resource, verb: 'list', name })),
  );
  const does = [...controllerPermissions(own), ...looksFor].map(({ group, resource, verb, name }) =>
    [group, resource, verb, name].join(' '),
  );
  const mayWrite = rules
    .flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => (resourceNames ?? ['']).map((name) => [group, resource, verb, name].join(' '))),
        ),
      ),
    )
    // Its own kinds are tested above, and everybody may review what he may do himself.
    .filter((right) => !/^(heraldlb|metallb)\.io |selfsubjectaccessreviews/.test(right));
  expect(does.filter((right) => !mayWrite.includes(right))).toEqual([]);
  expect(mayWrite.filter((right) => !does.includes(right) && !/ get $/.test(right))).toEqual([]);
});

it('the example for --retire-endpoints grants what that takes, and nothing else', () => {
  const text = readFileSync(join(ROOT, 'manifests', 'examples', 'endpoint-retirement.yaml'), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const granted = objects.flatMap(({ metadata: { namespace }, rules }) =>
    (rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
      verbs.map((verb) => ({ verb, group: apiGroups.join(), resource: resources.join(), namespace })),
    ),
  );
  expect(granted).toEqual(retirementPermissions().map((each) => ({ namespace: undefined, ...each })));
});

it('a speaker is bound to no role and holds a token for the controller only', () => {
  const bindings = all.filter(({ kind }) => kind.endsWith('RoleBinding'));
  expect(JSON.stringify(bindings)).not.toContain(SPEAKER_SERVICE_ACCOUNT);
  const pod = podOf('DaemonSet', 'heraldlb-speaker');
  expect(pod.serviceAccountName).toBe(SPEAKER_SERVICE_ACCOUNT);
  const audiences = pod.volumes?.flatMap(({ projected }) =>
    (projected?.sources ?? []).map(({ serviceAccountToken }) => serviceAccountToken?.audience),
  );
  expect(audiences).toEqual([SPEAKER_TOKEN_AUDIENCE]);
  expect(pod.volumes?.flatMap(({ configMap }) => configMap?.name ?? [])).toEqual([CA_BUNDLE_CONFIG_MAP_NAME]);
});

it('the controller has no port of the host and no right of root, the speaker no capability but those for frames and for port 179', () => {
  const controller = podOf('Deployment', 'heraldlb-controller');
  expect(controller.hostNetwork).toBeUndefined();
  expect(controller.containers.flatMap(({ ports }) => ports.filter(({ hostPort }) => hostPort !== undefined))).toEqual(
    [],
  );
  expect(controller.containers[0]?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(podOf('DaemonSet', 'heraldlb-speaker').containers[0]?.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['NET_RAW', 'NET_BIND_SERVICE'] },
  });
});

it('ports and names are those that the program has by default', () => {
  const service = find('Service', CONTROLLER_SERVICE_NAME);
  expect(service.metadata.namespace).toBe(DEFAULT_NAMESPACE);
  expect(service.spec?.selector).toBeUndefined();
  expect(service.spec?.ports?.map(({ port }) => port)).toEqual([SPEAKER_SERVICE_PORT]);
  const probes = [
    ['Deployment', 'heraldlb-controller', CONTROLLER_HEALTH_PORT],
    ['DaemonSet', 'heraldlb-speaker', SPEAKER_HEALTH_PORT],
  ] as const;
  for (const [kind, name, port] of probes) {
    const container = podOf(kind, name).containers[0];
    expect(container?.livenessProbe.grpc).toEqual({ port, service: 'liveness' });
    expect(container?.readinessProbe.grpc).toEqual({ port, service: 'readiness' });
    expect(container?.ports.map(({ containerPort }) => containerPort)).toEqual(
      expect.arrayContaining([port, METRICS_PORT]),
    );
  }
});

it('both programs are one image, of the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const images = [podOf('Deployment', 'heraldlb-controller'), podOf('DaemonSet', 'heraldlb-speaker')].map(
    ({ containers }) => containers.map(({ image }) => image),
  );
  expect(images).toEqual([[`ghcr.io/heraldlb/heraldlb:${version}`], [`ghcr.io/heraldlb/heraldlb:${version}`]]);
});

it('every object that has a namespace names it', () => {
  const clusterWide = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition'];
  const lost = all.filter(({ kind, metadata }) => !clusterWide.includes(kind) && metadata.namespace === undefined);
  expect(lost).toEqual([]);
});
