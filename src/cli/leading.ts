import { randomBytes } from 'node:crypto';
import { AnnouncedMetrics } from '../controller/announced/announced-metrics.ts';
import { BgpSource } from '../controller/announced/bgp-source.ts';
import { Announcer } from '../controller/announcer/announcer.ts';
import { Announcers } from '../controller/announcer/announcers.ts';
import { OwnerHistory } from '../controller/announcer/owner-history.ts';
import { ConfigurationStates } from '../controller/configuration/configuration-states.ts';
import { LegacyConfigEvents } from '../controller/configuration/legacy-config-events.ts';
import { DEFAULT_STATUS_WRITER_OPTIONS, StatusWriter } from '../controller/configuration/status-writer.ts';
import { Conflicts } from '../controller/conflicts/conflicts.ts';
import type { Leadership } from '../controller/leader/leader-elector.ts';
import { watchOtherLoadBalancers } from '../controller/preflight/neighbour-watch.ts';
import { PoolMetrics } from '../controller/provider/pool-metrics.ts';
import { DEFAULT_PROVIDER_OPTIONS, Provider } from '../controller/provider/provider.ts';
import {
  DEFAULT_ENDPOINT_RETIREMENT_OPTIONS,
  EndpointRetirement,
} from '../controller/retirement/endpoint-retirement.ts';
import { ServiceController } from '../controller/service/service-controller.ts';
import { HelloKeys } from '../controller/speakers/hello-keys.ts';
import { LeaderEndpoint } from '../controller/speakers/leader-endpoint.ts';
import { SpeakerRegistry } from '../controller/speakers/speaker-registry.ts';
import { CONFIG_RESOURCES } from '../core/config/schema/resource-names.ts';
import type { IpAddress } from '../core/net/index.ts';
import { LiveBoard } from '../inspect/live/live-state.ts';
import { CONTROLLER_SERVICE_NAME, HELLO_KEYS_SECRET_NAME } from '../ports/defaults.ts';
import { showAnnounced } from './announced-parts.ts';
import { type BgpParts, bgpParts } from './bgp-parts.ts';
import type { ControllerParts } from './controller-process.ts';
import type { ControllerSettings } from './controller-settings.ts';
import { systemTime } from './system-time.ts';
import { VERSION } from './version.ts';

/**
 * One term of leadership: what only one replica may do. Everything in here is made anew for each term, from what the API and
 * the speakers say, and ends with it.
 */
export async function leadTheCluster(
  settings: ControllerSettings,
  parts: ControllerParts,
  { generation, signal }: Leadership,
): Promise<void> {
  const { api, configuration, health, legacy, server } = parts;
  health.set('leader', true);
  const registry = new SpeakerRegistry({}, parts);
  const history = new OwnerHistory(parts);
  const announcer: Announcer = new Announcer(
    { generation, ignoreExcludeLabel: settings.ignoreExcludeLabel },
    {
      ...parts,
      speakers: registry,
      config: configuration,
      history,
      isFree: (each): boolean => conflicts.knownFree(each),
    },
  );
  const bgp = bgpParts(settings, parts, registry, signal);
  const provider = new Provider(DEFAULT_PROVIDER_OPTIONS, {
    ...parts,
    config: configuration,
    announcer: new Announcers([announcer, bgp.announcer]),
    events: api.events,
  });
  const conflicts = conflictsOf(parts, { speakers: registry, provider, announcer, history });
  const statuses = new StatusWriter(DEFAULT_STATUS_WRITER_OPTIONS, {
    ...parts,
    configuration,
    store: api.configObjects(CONFIG_RESOURCES),
    usage: provider,
    peers: bgp.statuses,
    events: api.events,
    time: systemTime,
  });
  const services = serviceController(settings, parts, provider);
  const needSync = (keys: readonly string[]): void => {
    for (const key of keys) services.enqueue(key);
  };
  const poolMetrics = new PoolMetrics({ ...parts, config: configuration, usage: provider });
  const usageChanged = (): void => {
    statuses.changed();
    poolMetrics.changed();
    conflicts.usageChanged();
  };
  provider.start({ needSync, usageChanged }, signal);
  poolMetrics.start(signal);
  conflicts.start(signal);
  retireEndpoints(parts, registry, signal);
  parts.live.board = liveBoard(settings, parts, { announcer, registry });
  new AnnouncedMetrics({ ...parts, announcer, bgp: bgp.announcer }).start(signal);
  const rooms = { speakers: registry, announcer, history, conflicts, sources: [new BgpSource(bgp)] };
  showAnnounced(settings, parts, rooms, signal);
  await Promise.all([announcer.start(signal), bgp.announcer.start(signal)]);
  bgp.statuses.onChange(() => statuses.changed());
  statuses.start(signal);
  showConfiguration(settings, parts, { speakers: registry, peers: bgp.statuses }, signal);
  if (legacy !== undefined) new LegacyConfigEvents({ configuration, legacy, events: api.events }).start(signal);
  // Sessions only now: what a speaker announces must meet an announcer that listens.
  server.serve(registry, signal);
  void watchOtherLoadBalancers(settings, { ...parts, workloads: api.workloads, events: api.events }, signal);
  const helloKeys = helloKeysOf(settings, parts, registry);
  await Promise.all([leaderEndpoint(settings, parts).run(signal), services.run(signal), helloKeys.run(signal)]);
  health.set('leader', false);
  parts.live.board = undefined;
  registry.stop();
}

/** As MetalLB shows it; each object says it too. */
function showConfiguration(
  { namespace }: ControllerSettings,
  parts: ControllerParts,
  rooms: { readonly speakers: SpeakerRegistry; readonly peers: BgpParts['statuses'] },
  signal: AbortSignal,
): void {
  const { api, configurationStates: groups } = parts;
  new ConfigurationStates({ namespace }, { ...parts, ...rooms, groups, store: api.statusObjects }).start(signal);
}

/** Only when it was asked for: then there are Leases to look at. */
function retireEndpoints(parts: ControllerParts, speakers: SpeakerRegistry, signal: AbortSignal): void {
  const { nodeLeases: leases, api } = parts;
  if (leases === undefined) return;
  const { pods, events } = api;
  const dependencies = { ...parts, speakers, leases, pods, events };
  new EndpointRetirement(DEFAULT_ENDPOINT_RETIREMENT_OPTIONS, dependencies).start(signal);
}

function conflictsOf(
  parts: ControllerParts,
  rooms: {
    readonly speakers: SpeakerRegistry;
    readonly provider: Provider;
    readonly announcer: Announcer;
    readonly history: OwnerHistory;
  },
): Conflicts {
  const { announcer, history } = rooms;
  const renew = (address: IpAddress): void => announcer.renew(address);
  const wasAnnounced = (address: IpAddress): boolean => history.knows(address);
  return new Conflicts({}, { ...parts, ...rooms, events: parts.api.events, renew, wasAnnounced });
}

function liveBoard(
  { podName, namespace }: ControllerSettings,
  parts: ControllerParts,
  { announcer, registry }: { readonly announcer: Announcer; readonly registry: SpeakerRegistry },
): LiveBoard {
  return new LiveBoard(
    { version: VERSION, podName, namespace },
    {
      ...parts,
      objects: () => parts.configuration.assessed().map(({ object }) => object),
      announcer,
      presenceOf: (nodeName) => registry.speaker(nodeName)?.presence ?? 'gone',
      witnessesOf: (nodeName) => registry.witnessesOf(nodeName),
    },
  );
}

function leaderEndpoint(settings: ControllerSettings, parts: ControllerParts): LeaderEndpoint {
  const { namespace, podName, podIp, nodeName, speakerPort } = settings;
  return new LeaderEndpoint(
    { namespace, serviceName: CONTROLLER_SERVICE_NAME, port: speakerPort, address: podIp, podName, nodeName },
    { ...parts, store: parts.api.endpointSlices },
  );
}

function helloKeysOf({ namespace }: ControllerSettings, parts: ControllerParts, registry: SpeakerRegistry): HelloKeys {
  return new HelloKeys(
    { secret: { namespace, name: HELLO_KEYS_SECRET_NAME } },
    {
      ...parts,
      secrets: parts.api.secrets,
      newKey: () => new Uint8Array(randomBytes(32)),
      distribute: (keys) => registry.setHelloKeys(keys),
      reachesAll: () => registry.reachesAll,
    },
  );
}

function serviceController(
  settings: ControllerSettings,
  parts: ControllerParts,
  provider: Provider,
): ServiceController {
  const { clusterName, concurrentServiceSyncs: concurrency, ignoreExcludeLabel, loadBalancerClass } = settings;
  const { services: store, events } = parts.api;
  return new ServiceController(
    {
      clusterName,
      concurrency,
      ignoreExcludeLabel,
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    },
    { ...parts, store, loadBalancer: provider, claims: provider, events },
  );
}
