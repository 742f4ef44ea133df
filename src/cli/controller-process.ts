import { AuthorityStore } from '../adapters/grpc/authority-store.ts';
import { CertificateAuthority } from '../adapters/grpc/certificate-authority.ts';
import { GrpcHealthServer } from '../adapters/grpc/health-server.ts';
import { ServerIdentity } from '../adapters/grpc/server-identity.ts';
import { GrpcSpeakerServer } from '../adapters/grpc/speaker-server.ts';
import type { ClusterAccess } from '../adapters/kube/access/cluster-access.ts';
import { inClusterAccess } from '../adapters/kube/access/in-cluster.ts';
import { kubeconfigAccess } from '../adapters/kube/access/kubeconfig.ts';
import { KubernetesApi } from '../adapters/kube/kubernetes-api.ts';
import { watchEventLoopLag } from '../adapters/telemetry/event-loop-lag.ts';
import { PromMetrics } from '../adapters/telemetry/prom-metrics.ts';
import { parseYaml } from '../adapters/yaml/positioned-yaml.ts';
import type { StatusGroup } from '../controller/announced/kept-objects.ts';
import { ClusterAddresses } from '../controller/configuration/cluster-addresses.ts';
import { Configuration } from '../controller/configuration/configuration.ts';
import { LegacyConfigMap } from '../controller/configuration/legacy-config-map.ts';
import { LeaderElector } from '../controller/leader/leader-elector.ts';
import {
  controllerPermissions,
  logMissingPermissions,
  retirementPermissions,
} from '../controller/preflight/permissions.ts';
import { ReviewingTokenVerifier } from '../controller/speakers/token-verifier.ts';
import { configurationState } from '../core/config/schema/configuration-state.ts';
import type { ServedKind } from '../core/config/schema/kind.ts';
import { CONFIG_RESOURCES, resourcesOf } from '../core/config/schema/resource-names.ts';
import { serviceBgpStatus } from '../core/config/schema/service-bgp-status.ts';
import { serviceL2Status } from '../core/config/schema/service-l2-status.ts';
import {
  CA_BUNDLE_CONFIG_MAP_NAME,
  CA_BUNDLE_KEY,
  CA_SECRET_NAME,
  CONTROLLER_SERVICE_NAME,
  controllerServerName,
  HELLO_KEYS_SECRET_NAME,
  SPEAKER_TOKEN_AUDIENCE,
} from '../ports/defaults.ts';
import type { Log } from '../ports/log.ts';
import type { Permission } from '../ports/stores.ts';
import type { ControllerSettings } from './controller-settings.ts';
import { leadTheCluster } from './leading.ts';
import { LiveSlot } from './live-page.ts';
import { aborted } from './process-life.ts';
import { systemRandom, systemTime } from './system-time.ts';
import { VERSION } from './version.ts';
import { webEndpoints } from './web-endpoints.ts';

const TIME = { clock: systemTime, timers: systemTime, random: systemRandom };

const LIVENESS_MS = 1_000;

/** Everything of one controller process that lives as long as it does, whether it leads or not. */
export type ControllerParts = Awaited<ReturnType<typeof assemble>>;

/** Runs a controller until `stop` aborts. */
export async function runController(settings: ControllerSettings, log: Log, stop: AbortSignal): Promise<void> {
  const alive = new AbortController();
  const parts = await assemble(settings, log);
  const { api, authority, configuration, elector, health, server } = parts;
  await health.listen(alive.signal);
  // A process that believes to lead and cannot renew is stuck: the kubelet starts it anew.
  const pulse = setInterval(() => health.set('liveness', elector.healthy), LIVENESS_MS);
  health.set('liveness', true);
  await server.listen(alive.signal);
  const web = await webEndpoints(settings, parts);
  watchEventLoopLag(parts, alive.signal);

  const running = api.run(alive.signal);
  void authority.start(alive.signal);
  lookForPermissions(settings, { reviewer: api.accessReviewer, log }, alive.signal);
  const ready = (async () => {
    await Promise.all(
      [parts.services, parts.nodes, parts.endpointSlices].map((informer) => informer.synced(alive.signal)),
    );
    await configuration.start(alive.signal);
    for (const service of ['', 'readiness'] as const) health.set(service, !stop.aborted);
  })();
  // Without the caches there is nothing to lead with: a replica that cannot read does not stand in the way of one that can.
  await Promise.race([ready, aborted(stop)]);
  // Without the service controller (`--controllers=-service`) there is nothing to lead.
  await (settings.runsServiceController ? lead(settings, parts, stop) : aborted(stop));
  for (const service of ['', 'readiness', 'leader'] as const) health.set(service, false);
  clearInterval(pulse);
  alive.abort();
  ready.catch(() => undefined);
  await Promise.all([running, ...web.map((endpoint) => endpoint.stop())]);
}

/**
 * Leads whenever it is our turn. Upstream ends the process with the Lease; every term here begins from nothing, so that the
 * same process may try again, at once after an outage of the API and without a Lease of a former self to wait for.
 */
async function lead(settings: ControllerSettings, parts: ControllerParts, stop: AbortSignal): Promise<void> {
  if (!settings.leaderElection.enabled) {
    if (stop.aborted) return;
    // Alone by the user's word: the date makes a later start the newer generation.
    await leadTheCluster(settings, parts, { generation: Math.floor(Date.now() / 1_000), signal: stop });
    return;
  }
  while (!stop.aborted) await parts.elector.run((leadership) => leadTheCluster(settings, parts, leadership), stop);
}

async function assemble(settings: ControllerSettings, log: Log) {
  const metrics = new PromMetrics({ metallbNames: settings.metallbMetrics });
  const common = { ...TIME, log, metrics };
  const api = new KubernetesApi(
    {
      access: await clusterAccess(settings),
      qps: settings.kubeApiQps,
      burst: settings.kubeApiBurst,
      userAgent: `heraldlb-controller/${VERSION}`,
      eventComponent: 'service-controller',
      instance: settings.podName,
    },
    common,
  );
  const identity = new ServerIdentity();
  const ref = (name: string) => ({ namespace: settings.namespace, name });
  const store = new AuthorityStore(
    { secret: ref(CA_SECRET_NAME), bundle: ref(CA_BUNDLE_CONFIG_MAP_NAME), bundleKey: CA_BUNDLE_KEY },
    { secrets: api.secrets, configMaps: api.configMaps },
  );
  const verifier = new ReviewingTokenVerifier(
    {
      audience: SPEAKER_TOKEN_AUDIENCE,
      namespace: settings.namespace,
      serviceAccount: settings.speakerServiceAccount,
    },
    { reviewer: api.tokenReviewer, clock: systemTime },
  );
  const services = api.serviceInformer();
  const nodes = api.nodeInformer();
  const legacy = legacyConfigMap(settings, api);
  const configuration = new Configuration(
    { namespaces: settings.configNamespaces, fixed: settings.fixedConfiguration },
    {
      ...common,
      objects: CONFIG_RESOURCES.map((type) => api.configInformer(type)),
      namespaces: api.namespaceInformer(),
      clusterAddresses: new ClusterAddresses({ nodes, services, serviceCidrs: api.serviceCidrInformer() }),
      ...(legacy === undefined ? {} : { legacy }),
    },
  );
  return {
    ...common,
    api,
    configuration,
    legacy,
    services,
    nodes,
    endpointSlices: api.endpointSliceInformer(),
    layer2Statuses: statusGroups(serviceL2Status, settings, api),
    bgpStatuses: statusGroups(serviceBgpStatus, settings, api),
    configurationStates: statusGroups(configurationState, settings, api),
    authority: new CertificateAuthority(
      { serverName: controllerServerName(settings.namespace) },
      { ...common, store, identity },
    ),
    server: new GrpcSpeakerServer(
      { host: settings.listenAddress, port: settings.speakerPort },
      { ...common, identity, verifier },
    ),
    live: new LiveSlot(),
    ...(settings.retiresEndpoints ? { nodeLeases: api.nodeLeaseInformer() } : {}),
    health: new GrpcHealthServer({ host: settings.listenAddress, port: settings.healthPort }),
    elector: new LeaderElector(
      { ...settings.leaderElection, identity: `${settings.podName}_${systemRandom.uuid()}` },
      { ...common, leases: api.leases },
    ),
  };
}

function statusGroups(kind: ServedKind, { namespace }: ControllerSettings, api: KubernetesApi): readonly StatusGroup[] {
  return resourcesOf(kind).map((type) => ({ type, objects: api.configInformer(type, namespace) }));
}

function legacyConfigMap({ legacyConfig }: ControllerSettings, api: KubernetesApi): LegacyConfigMap | undefined {
  if (legacyConfig === undefined) return undefined;
  return new LegacyConfigMap(legacyConfig, { configMaps: api.configMapInformer(legacyConfig), parse: parseYaml });
}

function lookForPermissions(
  settings: ControllerSettings,
  dependencies: Pick<Parameters<typeof logMissingPermissions>[1], 'reviewer' | 'log'>,
  signal: AbortSignal,
): void {
  const own = { ...dependencies, grantedBy: 'manifests/controller' };
  void logMissingPermissions(permissionsOf(settings), own, signal);
  if (!settings.retiresEndpoints) return;
  const optIn = { ...dependencies, grantedBy: 'manifests/examples/endpoint-retirement.yaml' };
  void logMissingPermissions(retirementPermissions(), optIn, signal);
}

function permissionsOf({ namespace, leaderElection, legacyConfig }: ControllerSettings): readonly Permission[] {
  return controllerPermissions({
    ...(legacyConfig === undefined ? {} : { legacyConfig }),
    namespace,
    lease: leaderElection.lease,
    caSecret: CA_SECRET_NAME,
    helloKeys: HELLO_KEYS_SECRET_NAME,
    caBundle: CA_BUNDLE_CONFIG_MAP_NAME,
    endpointSlice: CONTROLLER_SERVICE_NAME,
  });
}

function clusterAccess({ kubeconfig, master }: ControllerSettings): Promise<ClusterAccess> {
  const server = master === undefined ? {} : { master };
  return kubeconfig === undefined
    ? inClusterAccess({ environment: process.env, ...server }, systemTime)
    : kubeconfigAccess({ path: kubeconfig, ...server }, systemTime);
}
