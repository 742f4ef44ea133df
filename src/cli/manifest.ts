import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { parseAllDocuments, stringify } from 'yaml';
import { poolsOfFlags } from '../core/config/pool-flags.ts';
import { describeProblem } from '../core/config/problem.ts';
import { parseIp } from '../core/net/index.ts';
import { DEFAULT_NAMESPACE } from '../ports/defaults.ts';
import { collected } from './option-values.ts';

/** What `manifest` is to print. */
export interface ManifestOptions {
  readonly pool: readonly string[];
  /** `ADDRESS=ASN` of routers. */
  readonly bgpPeer: readonly string[];
  /** Our AS, when there are routers. */
  readonly bgpAsn?: string;
  readonly namespace: string;
  readonly k3s?: boolean;
}

export type ManifestResult =
  | { readonly kind: 'ok'; readonly yaml: string }
  /** One line that names the flag. */
  | { readonly kind: 'wrong'; readonly error: string };

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; namespace?: string };
  readonly subjects?: { namespace?: string }[];
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: { args: string[] }[] } } };
}

const CONFIG_MAP = 'heraldlb-config';
/** @see RFC 1123 label, as Kubernetes takes it for names of namespaces: at most 63 characters */
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_ASN = 4_294_967_295;

/** The command `manifest`: everything that is to be installed, as one YAML. */
export function manifestCommand(): Command {
  return new Command('manifest')
    .description(
      'Prints one YAML with everything: heraldlb manifest --pool 192.168.1.240-192.168.1.250 | kubectl apply -f -',
    )
    .option('--pool <range>', 'addresses to give out: CIDR or FIRST-LAST; repeatable', collected, [])
    .option('--bgp-peer <address=asn>', 'router to announce them to, in place of layer 2; repeatable', collected, [])
    .option('--bgp-asn <asn>', 'our AS number, with --bgp-peer')
    .option('--namespace <name>', 'namespace to install into', DEFAULT_NAMESPACE)
    .addOption(new Option('--k3s', 'for the folder of k3s whose files it applies by itself: see the first lines'))
    .action((options: ManifestOptions) => {
      const result = manifest(shippedManifests(), options);
      if (result.kind === 'ok') process.stdout.write(result.yaml);
      else {
        console.error(`heraldlb manifest: ${result.error}`);
        process.exitCode = 2;
      }
    });
}

/** `shipped` with what the flags say. */
export function manifest(shipped: string, options: ManifestOptions): ManifestResult {
  const configuration = configurationOf(options);
  if (typeof configuration === 'string') return { kind: 'wrong', error: configuration };
  const objects = parseAllDocuments(shipped).map((document) => document.toJS() as Manifest);
  for (const object of objects) {
    move(object, options.namespace);
    for (const container of object.spec?.template?.spec.containers ?? []) {
      container.args = container.args.map((argument) =>
        argument.replace(`=${DEFAULT_NAMESPACE}`, `=${options.namespace}`),
      );
      if (object.kind === 'Deployment') container.args.push(...configuration.args);
    }
  }
  const documents = [...withoutTwins(objects), ...configuration.objects].map((object) =>
    stringify(object, { lineWidth: 0 }),
  );
  return { kind: 'ok', yaml: `${options.k3s ? K3S_HEADER : ''}${documents.join('---\n')}` };
}

const K3S_HEADER = `# For k3s: write this to /var/lib/rancher/k3s/server/manifests/heraldlb.yaml on a server.
# k3s's own ServiceLB must be off ("disable: [servicelb]" in /etc/rancher/k3s/config.yaml), or both give out addresses.
`;

/** Our namespace in place of the shipped one; what guides for MetalLB need stays where they look for it. */
function move(object: Manifest, namespace: string): void {
  if (object.metadata.namespace === DEFAULT_NAMESPACE) object.metadata.namespace = namespace;
  if (object.kind === 'Namespace' && object.metadata.name === DEFAULT_NAMESPACE)
    Object.assign(object.metadata, { name: namespace });
  for (const subject of object.subjects ?? [])
    if (subject.namespace === DEFAULT_NAMESPACE) subject.namespace = namespace;
}

/** In a namespace where guides for MetalLB look, what stands there and what was moved there are the same: ours is the whole of it. */
function withoutTwins(objects: readonly Manifest[]): readonly Manifest[] {
  const nameOf = ({ kind, metadata: { namespace = '', name } }: Manifest): string => `${kind} ${namespace}/${name}`;
  const first = new Map(objects.toReversed().map((object) => [nameOf(object), object]));
  return objects.filter((object) => first.get(nameOf(object)) === object);
}

interface Configuration {
  /** Of the controller. */
  readonly args: readonly string[];
  readonly objects: readonly unknown[];
}

/**
 * Pools alone are flags. With routers they are a ConfigMap: kubectl applies no object of a kind whose CRD is in the same file.
 */
function configurationOf({ pool, bgpPeer, bgpAsn, namespace }: ManifestOptions): Configuration | string {
  if (!NAMESPACE_NAME.test(namespace))
    return `--namespace ${JSON.stringify(namespace)}: give up to 63 lower-case letters, digits and hyphens, with no hyphen at either end`;
  const pools = poolsOfFlags(pool);
  if (pools.kind === 'problems') return pools.problems.map(describeProblem).join('; ');
  if (bgpPeer.length === 0) {
    return bgpAsn === undefined
      ? { args: pool.map((range) => `--pool=${range}`), objects: [] }
      : '--bgp-asn is our side of a session: give also --bgp-peer ADDRESS=ASN';
  }
  if (pool.length === 0) return '--bgp-peer needs --pool: which addresses is the router to be told of?';
  if (!isAsn(bgpAsn)) return `--bgp-asn ${bgpAsn ?? 'is missing'}: give our AS number, 1 to ${MAX_ASN}`;
  const peers: unknown[] = [];
  for (const text of bgpPeer) {
    const [address = '', asn] = text.split('=');
    if (parseIp(address) === undefined || !isAsn(asn))
      return `--bgp-peer ${text}: write ADDRESS=ASN, as in 192.168.1.1=64512`;
    peers.push({ 'my-asn': Number(bgpAsn), 'peer-asn': Number(asn), 'peer-address': address });
  }
  const config = { peers, 'address-pools': [{ name: 'default', protocol: 'bgp', addresses: pool }] };
  return {
    args: [`--legacy-config=${namespace}/${CONFIG_MAP}`],
    objects: configMapObjects(namespace, stringify(config)),
  };
}

function isAsn(text = ''): boolean {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_ASN;
}

function configMapObjects(namespace: string, config: string): readonly unknown[] {
  const metadata = { name: CONFIG_MAP, namespace, labels: { 'app.kubernetes.io/part-of': 'heraldlb' } };
  const apiGroup = 'rbac.authorization.k8s.io';
  const rule = {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [CONFIG_MAP],
    verbs: ['get', 'list', 'watch'],
  };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { config } },
    { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules: [rule] },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: CONFIG_MAP },
      subjects: [{ kind: 'ServiceAccount', name: 'heraldlb-controller', namespace }],
    },
  ];
}

/** Put here by the release build, which is one file. */
declare const SHIPPED_MANIFESTS: string | undefined;

/** What `kubectl apply -k manifests` sends. */
function shippedManifests(): string {
  if (typeof SHIPPED_MANIFESTS !== 'undefined') return SHIPPED_MANIFESTS;
  return readFileSync(new URL('../../manifests/heraldlb.yaml', import.meta.url), 'utf8');
}
