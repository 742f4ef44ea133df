import { type Command, Option } from 'commander';
import { goBoolean, goDuration, goFloat, goInteger, goList } from './go-flag-values.ts';

/** How a value is written. */
export type FlagValue = 'string' | 'boolean' | 'integer' | 'float' | 'duration' | 'list';

/** One flag of a cloud-controller-manager. */
export interface FlagDefinition {
  readonly name: string;
  readonly value: FlagValue;
  /** As it would be written; absent where upstream's is empty. */
  readonly default?: string;
  readonly help: string;
  /** False: accepted, so that manifests made for others work, and without effect. */
  readonly honoured: boolean;
}

const honoured = (name: string, value: FlagValue, help: string, fallback?: string): FlagDefinition => ({
  name,
  value,
  help,
  honoured: true,
  ...(fallback === undefined ? {} : { default: fallback }),
});

const ignored = (name: string, value: FlagValue, why: string): FlagDefinition => ({
  name,
  value,
  help: `accepted, without effect: ${why}`,
  honoured: false,
});

const NO_NODES = 'there are no node controllers';
const NO_ROUTES = 'there is no route controller';
const NO_DELEGATION = 'the secure port authorizes nothing';

/**
 * The flags of upstream's cloud-controller-manager. Where a default differs from upstream's, the help says why.
 * @see k8s.io/cloud-provider options/options.go
 */
export const CLOUD_CONTROLLER_FLAGS: readonly FlagDefinition[] = [
  honoured('cloud-provider', 'string', 'name of the cloud provider: only heraldlb', 'heraldlb'),
  honoured('cluster-name', 'string', 'name of the cluster, handed to the provider', 'kubernetes'),
  honoured('kubeconfig', 'string', 'kubeconfig file; without it the ServiceAccount of the Pod is used'),
  honoured('master', 'string', 'address of the API server, in place of the one that the kubeconfig or the Pod names'),
  honoured(
    'kube-api-qps',
    'float',
    'requests a second to the API server; negative: no limit. (Upstream: 20. One Service costs one request, and the API server limits by itself.)',
    '500',
  ),
  honoured('kube-api-burst', 'integer', 'requests at once to the API server (upstream: 30)', '1000'),
  honoured(
    'concurrent-service-syncs',
    'integer',
    'Services worked on at a time. (Upstream: 1. Allocation is one step in one process here, so more only wait for the API together.)',
    '8',
  ),
  honoured('concurrent-node-syncs', 'integer', 'checked, and without effect: there are no node controllers', '1'),
  honoured(
    'concurrent-node-status-updates',
    'integer',
    'checked, and without effect: there are no node controllers',
    '0',
  ),
  honoured(
    'controllers',
    'list',
    'controllers to run: only service-lb-controller exists; -service switches it off',
    '*',
  ),
  honoured('load-balancer-class', 'string', 'serve the Services of this class, and not those without one'),
  honoured('leader-elect', 'boolean', 'of several replicas only one works', 'true'),
  honoured('leader-elect-lease-duration', 'duration', 'how long a silent leader is believed in by others', '15s'),
  honoured('leader-elect-renew-deadline', 'duration', 'how long a leader tries to renew before it gives up', '10s'),
  honoured('leader-elect-retry-period', 'duration', 'time between two tries', '2s'),
  honoured('leader-elect-resource-lock', 'string', 'kind of the lock: only leases', 'leases'),
  honoured('leader-elect-resource-name', 'string', 'name of the Lease', 'heraldlb-controller'),
  honoured('leader-elect-resource-namespace', 'string', 'namespace of the Lease (default: our own)'),
  honoured(
    'secure-port',
    'integer',
    'HTTPS port of /healthz, /livez, /readyz and /metrics; 0 switches it off',
    '10258',
  ),
  honoured('bind-address', 'string', 'address of that port', '0.0.0.0'),
  honoured('tls-cert-file', 'string', 'certificate of that port, PEM; without it one is made in memory'),
  honoured('tls-private-key-file', 'string', 'key of that certificate, PEM'),
  honoured('v', 'integer', 'verbosity; 4 and more logs every step', '0'),
  ignored('cloud-config', 'string', 'there is no cloud to configure'),
  ignored('allocate-node-cidrs', 'boolean', NO_ROUTES),
  ignored('configure-cloud-routes', 'boolean', NO_ROUTES),
  ignored('cluster-cidr', 'string', NO_ROUTES),
  ignored('cidr-allocator-type', 'string', NO_ROUTES),
  ignored('route-reconciliation-period', 'duration', NO_ROUTES),
  ignored('node-monitor-period', 'duration', NO_NODES),
  ignored('node-status-update-frequency', 'duration', NO_NODES),
  ignored('node-sync-period', 'duration', NO_NODES),
  ignored('allow-untagged-cloud', 'boolean', 'there is no cloud'),
  ignored('external-cloud-volume-plugin', 'string', 'there are no volumes'),
  ignored('use-service-account-credentials', 'boolean', 'all parts act as one ServiceAccount'),
  ignored('min-resync-period', 'duration', 'a slow sweep of our own finds what no event told'),
  ignored('controller-start-interval', 'duration', 'there is one controller'),
  ignored('kube-api-content-type', 'string', 'it is JSON'),
  ignored('webhook-bind-address', 'string', 'there are no webhooks'),
  ignored('webhook-secure-port', 'integer', 'there are no webhooks'),
  ignored('webhook-cert-dir', 'string', 'there are no webhooks'),
  ignored('tls-min-version', 'string', 'it is TLS 1.2, or better where the client can'),
  ignored('tls-cipher-suites', 'list', 'they are those of Node'),
  ignored('tls-sni-cert-key', 'list', 'there is one certificate'),
  ignored('cert-dir', 'string', 'a certificate that is made stays in memory'),
  ignored('permit-port-sharing', 'boolean', 'the port is ours alone'),
  ignored('permit-address-sharing', 'boolean', 'the port is ours alone'),
  ignored('http2-max-streams-per-connection', 'integer', 'the port speaks HTTP/1.1'),
  ignored('authorization-always-allow-paths', 'list', NO_DELEGATION),
  ignored('authorization-kubeconfig', 'string', NO_DELEGATION),
  ignored('authorization-webhook-cache-authorized-ttl', 'duration', NO_DELEGATION),
  ignored('authorization-webhook-cache-unauthorized-ttl', 'duration', NO_DELEGATION),
  ignored('authentication-kubeconfig', 'string', NO_DELEGATION),
  ignored('authentication-skip-lookup', 'boolean', NO_DELEGATION),
  ignored('authentication-tolerate-lookup-failure', 'boolean', NO_DELEGATION),
  ignored('authentication-token-webhook-cache-ttl', 'duration', NO_DELEGATION),
  ignored('client-ca-file', 'string', NO_DELEGATION),
  ignored('requestheader-client-ca-file', 'string', NO_DELEGATION),
  ignored('requestheader-allowed-names', 'list', NO_DELEGATION),
  ignored('requestheader-extra-headers-prefix', 'list', NO_DELEGATION),
  ignored('requestheader-group-headers', 'list', NO_DELEGATION),
  ignored('requestheader-uid-headers', 'list', NO_DELEGATION),
  ignored('requestheader-username-headers', 'list', NO_DELEGATION),
  ignored('profiling', 'boolean', 'Node has its own profiler'),
  ignored('contention-profiling', 'boolean', 'Node has its own profiler'),
  ignored('feature-gates', 'list', 'there are none'),
  ignored('emulated-version', 'list', 'there are no feature gates'),
  ignored('leader-migration-config', 'string', 'there is nothing to migrate from'),
  ignored('enable-leader-migration', 'boolean', 'there is nothing to migrate from'),
  ignored('logging-format', 'string', 'it is JSON'),
  ignored('log-flush-frequency', 'duration', 'every line is written at once'),
  ignored('vmodule', 'list', 'there is one verbosity'),
];

const PARSERS = {
  string: (text: string) => text,
  boolean: goBoolean,
  integer: goInteger,
  float: goFloat,
  duration: goDuration,
  list: goList,
} as const satisfies Record<FlagValue, (text: string, before: never) => unknown>;

/** Adds the flags to a command. Those without effect are not in its help. */
export function addCloudControllerFlags(command: Command): Command {
  for (const flag of CLOUD_CONTROLLER_FLAGS) command.addOption(optionOf(flag));
  return command;
}

/** The flags that were given and have no effect, each with the reason: to be logged once. */
export function ignoredFlags(command: Command): readonly { readonly flag: string; readonly reason: string }[] {
  return CLOUD_CONTROLLER_FLAGS.filter(
    (flag) => !flag.honoured && command.getOptionValueSource(optionOf(flag).attributeName()) === 'cli',
  ).map((flag) => ({ flag: `--${flag.name}`, reason: flag.help.replace(/^.*?: /, '') }));
}

function optionOf(flag: FlagDefinition): Option {
  const argument = flag.value === 'boolean' ? '[boolean]' : `<${flag.value}>`;
  const option = new Option(flag.name === 'v' ? `-v, --v ${argument}` : `--${flag.name} ${argument}`, flag.help);
  const parse: (text: string, before: never) => unknown = PARSERS[flag.value];
  option.argParser((text, before) => parse(text, before as never));
  if (flag.value === 'boolean') option.preset('true');
  // Of a list the default is not what a given value is added to.
  if (flag.default !== undefined && flag.value !== 'list')
    option.default(parse(flag.default, undefined as never), flag.default);
  return flag.honoured ? option : option.hideHelp();
}
