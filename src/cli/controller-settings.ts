import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../adapters/telemetry/pino-log.ts';
import type { Decoded } from '../core/config/decoded.ts';
import { poolRanges, poolsOfFlags } from '../core/config/pool-flags.ts';
import { describeProblem } from '../core/config/problem.ts';
import {
  CONTROLLER_HEALTH_PORT,
  DEFAULT_NAMESPACE,
  METRICS_PORT,
  SPEAKER_SERVICE_ACCOUNT,
  SPEAKER_SERVICE_PORT,
} from '../ports/defaults.ts';
import type { ObjectRef } from '../ports/kubernetes.ts';
import { type CloudControllerSettings, cloudControllerSettings } from './cloud-controller-settings.ts';
import { goBoolean } from './go-flag-values.ts';
import { collected, metallbMetricsOption, objectRef, portNumber } from './option-values.ts';
import { UsageError } from './process-life.ts';

/** What the flags and the environment of a controller say, checked. */
export interface ControllerSettings extends CloudControllerSettings {
  /** Of HeraldLB itself. */
  readonly namespace: string;
  readonly podName: string;
  readonly podIp: string;
  readonly nodeName: string;
  /** Namespaces whose configuration objects count. */
  readonly configNamespaces: readonly string[];
  /** What `--pool` asks for. */
  readonly fixedConfiguration: readonly Decoded[];
  /** The ConfigMap of a MetalLB before 0.13. */
  readonly legacyConfig?: ObjectRef;
  readonly ignoreExcludeLabel: boolean;
  /** Take the Pods of a dead node out of service before Kubernetes does. */
  readonly retiresEndpoints: boolean;
  /** Where speakers, probes and Prometheus find us: any address of the Pod's family. */
  readonly listenAddress: string;
  readonly speakerPort: number;
  /** Name of the ServiceAccount of the speakers, in our namespace. */
  readonly speakerServiceAccount: string;
  readonly healthPort: number;
  /** 0 = off. */
  readonly metricsPort: number;
  /** Tell metrics also under MetalLB's names. */
  readonly metallbMetrics: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

interface Flags {
  readonly namespace: string;
  readonly pool: readonly string[];
  readonly configNamespace: readonly string[];
  readonly legacyConfig?: ObjectRef;
  readonly lbClass?: string;
  readonly ignoreExcludeLb: boolean;
  readonly retireEndpoints: boolean;
  readonly podName: string;
  readonly podIp: string;
  readonly nodeName: string;
  readonly speakerPort: number;
  readonly speakerServiceAccount: string;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly metallbMetrics: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** Where guides for MetalLB put their objects. */
const METALLB_NAMESPACES = ['metallb-system', 'metallb'];

/** Adds the flags that no other cloud-controller-manager has. */
export function addOwnFlags(command: Command): Command {
  const options = [
    new Option('--namespace <name>', 'namespace of HeraldLB').env('POD_NAMESPACE').default(DEFAULT_NAMESPACE),
    new Option(
      '--pool <range>',
      'addresses to give out, announced on layer 2 from every node: CIDR or FIRST-LAST; repeatable (environment: HERALDLB_POOL, a list with commas)',
    )
      .argParser(collected)
      .default([], ''),
    new Option('--config-namespace <name>', 'namespace whose pools and advertisements count, * for all; repeatable')
      .argParser(collected)
      .default([], `that of HeraldLB, ${METALLB_NAMESPACES.join(', ')}`),
    new Option(
      '--legacy-config <namespace/name>',
      'ConfigMap with the configuration of a MetalLB before 0.13, in its key "config"',
    ).argParser(objectRef),
    new Option('--lb-class <name>', "MetalLB's name for --load-balancer-class").hideHelp(),
    new Option(
      '--ignore-exclude-lb [boolean]',
      'announce also from nodes labelled node.kubernetes.io/exclude-from-external-load-balancers',
    )
      .argParser(goBoolean)
      .preset('true')
      .default(false),
    new Option(
      '--retire-endpoints [boolean]',
      'mark the Pods of a dead node not ready after about two seconds, not fifty: see docs/endpoint-retirement.md',
    )
      .argParser(goBoolean)
      .preset('true')
      .default(false),
    new Option('--pod-name <name>', 'who we are, in Lease and events')
      .env('POD_NAME')
      .default(hostname(), 'that of the host'),
    new Option('--pod-ip <ip>', 'where speakers reach us').env('POD_IP').default('127.0.0.1'),
    new Option('--node-name <name>', 'where we run').env('NODE_NAME').default(hostname(), 'that of the host'),
    new Option('--speaker-port <port>', 'port that speakers dial (gRPC, TLS)')
      .argParser(portNumber)
      .default(SPEAKER_SERVICE_PORT),
    new Option(
      '--speaker-service-account <name>',
      'ServiceAccount of our namespace whose tokens are accepted from speakers',
    ).default(SPEAKER_SERVICE_ACCOUNT),
    new Option('--health-port <port>', 'port of the health service (grpc.health.v1, plaintext)')
      .argParser(portNumber)
      .default(CONTROLLER_HEALTH_PORT),
    new Option('--metrics-port <port>', 'port of /metrics (HTTP); 0 switches it off')
      .argParser(portNumber)
      .default(METRICS_PORT),
    metallbMetricsOption(),
    new Option('--log-level <level>', 'least important level that is logged').choices(LOG_LEVELS).default('info'),
    new Option('--log-format <format>', 'lines of JSON, or lines for people').choices(LOG_FORMATS).default('json'),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** Checks what the flags say. @throws UsageError of one line that names the flag */
export function controllerSettings(command: Command): ControllerSettings {
  const flags = command.opts<Flags>();
  const { namespace, podName, podIp, nodeName, speakerPort, speakerServiceAccount, healthPort, metricsPort } = flags;
  const cloud = cloudControllerSettings(command, namespace);
  return {
    ...cloud,
    ...(flags.lbClass === undefined ? {} : { loadBalancerClass: flags.lbClass }),
    namespace,
    podName,
    podIp,
    nodeName,
    configNamespaces: flags.configNamespace.length > 0 ? flags.configNamespace : [namespace, ...METALLB_NAMESPACES],
    fixedConfiguration: fixedConfiguration(flags.pool),
    ...(flags.legacyConfig === undefined ? {} : { legacyConfig: flags.legacyConfig }),
    ignoreExcludeLabel: flags.ignoreExcludeLb,
    retiresEndpoints: flags.retireEndpoints,
    listenAddress: podIp.includes(':') ? '::' : '0.0.0.0',
    speakerPort,
    speakerServiceAccount,
    healthPort,
    metricsPort,
    metallbMetrics: flags.metallbMetrics,
    logLevel: cloud.verbose ? 'debug' : flags.logLevel,
    logFormat: flags.logFormat,
  };
}

function fixedConfiguration(given: readonly string[]): readonly Decoded[] {
  const pools = poolsOfFlags(poolRanges(given, process.env.HERALDLB_POOL));
  if (pools.kind === 'ok') return pools.values;
  throw new UsageError(pools.problems.map(describeProblem).join('; '));
}
