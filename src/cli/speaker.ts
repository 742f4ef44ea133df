import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { GrpcControllerLink } from '../adapters/grpc/controller-link.ts';
import { GrpcHealthServer } from '../adapters/grpc/health-server.ts';
import { BootSecrets } from '../adapters/linux/boot-secrets.ts';
import { KernelAddresses } from '../adapters/linux/kernel-addresses.ts';
import { loadLibc } from '../adapters/linux/libc.ts';
import { StateFolder } from '../adapters/linux/state-folder.ts';
import { TcpStreams } from '../adapters/linux/tcp-streams.ts';
import { WorkerBfdPlane } from '../adapters/linux/worker-bfd-plane.ts';
import { WorkerPacketPlane } from '../adapters/linux/worker-packet-plane.ts';
import { watchEventLoopLag } from '../adapters/telemetry/event-loop-lag.ts';
import { type HttpAnswer, HttpEndpoint } from '../adapters/telemetry/http-endpoint.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel, pinoLog } from '../adapters/telemetry/pino-log.ts';
import { PromMetrics } from '../adapters/telemetry/prom-metrics.ts';
import {
  CONTROLLER_SERVICE_NAME,
  controllerServerName,
  DEFAULT_NAMESPACE,
  METRICS_PORT,
  SPEAKER_HEALTH_PORT,
  SPEAKER_SERVICE_PORT,
} from '../ports/defaults.ts';
import type { Log } from '../ports/log.ts';
import { BgpSpeaker } from '../speaker/bgp/bgp-speaker.ts';
import { Speaker } from '../speaker/speaker.ts';
import { collectAfterStart, releaseAtRest } from './memory-at-rest.ts';
import { metricsRoute } from './metrics-route.ts';
import { type NodeSubject, nodeReport } from './node-report.ts';
import {
  addressAndPort,
  metallbMetricsOption,
  portNumber,
  refreshIntervalOption,
  standInOption,
} from './option-values.ts';
import { aborted, endOnDefect, runToExit, stopSignal } from './process-life.ts';
import { runProgram } from './program-life.ts';
import { systemRandom, systemTime } from './system-time.ts';
import { VERSION } from './version.ts';

interface SpeakerSettings {
  readonly nodeName: string;
  readonly namespace: string;
  readonly controller?: string;
  readonly caFile: string;
  readonly tokenFile: string;
  readonly stateDir: string;
  readonly healthAddress: string;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly standIn: boolean;
  readonly refreshInterval: number;
  readonly metallbMetrics: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** The command `speaker`. */
export function speakerCommand(): Command {
  return new Command('speaker')
    .description('Announces the addresses that the controller grants to this node.')
    .version(VERSION)
    .addOption(
      new Option('--node-name <name>', 'name of the Node object of this machine')
        .env('NODE_NAME')
        .default(hostname(), 'that of the host'),
    )
    .addOption(
      new Option('--namespace <name>', 'namespace of HeraldLB').env('POD_NAMESPACE').default(DEFAULT_NAMESPACE),
    )
    .addOption(
      new Option(
        '--controller <host:port>',
        `where the controller listens (default: ${CONTROLLER_SERVICE_NAME}.NAMESPACE.svc:${SPEAKER_SERVICE_PORT})`,
      )
        .env('HERALDLB_CONTROLLER')
        .argParser(addressAndPort),
    )
    .option(
      '--ca-file <path>',
      'certificates that the controller is to be known by, PEM',
      '/var/run/secrets/heraldlb/ca/ca.crt',
    )
    .option('--token-file <path>', 'token that proves which node this is', '/var/run/secrets/heraldlb/token/token')
    .option(
      '--state-dir <path>',
      'where the speaker keeps what it has to know after a restart; in memory, so that it is gone when the machine restarts',
      '/run/heraldlb',
    )
    .addOption(
      new Option('--health-address <ip>', 'where the health service listens').env('HOST_IP').default('127.0.0.1'),
    )
    .option(
      '--health-port <port>',
      'port of the health service (grpc.health.v1, plaintext)',
      portNumber,
      SPEAKER_HEALTH_PORT,
    )
    .option(
      '--metrics-port <port>',
      'port of /metrics on the health address; 0 switches it off',
      portNumber,
      METRICS_PORT,
    )
    .addOption(standInOption())
    .addOption(refreshIntervalOption())
    .addOption(metallbMetricsOption())
    .addOption(
      new Option('--log-level <level>', 'least important level that is logged').choices(LOG_LEVELS).default('info'),
    )
    .addOption(
      new Option('--log-format <format>', 'lines of JSON, or lines for people').choices(LOG_FORMATS).default('json'),
    )
    .allowExcessArguments(false)
    .action(async (settings: SpeakerSettings) => {
      const log = pinoLog({
        level: settings.logLevel,
        format: settings.logFormat,
        fields: { component: 'speaker', node: settings.nodeName },
      });
      await runToExit('speaker', log, () => speak(settings, log));
    });
}

async function speak(settings: SpeakerSettings, log: Log): Promise<void> {
  const stop = stopSignal();
  const alive = new AbortController();
  const metrics = new PromMetrics({ metallbNames: settings.metallbMetrics });
  const health = new GrpcHealthServer({ host: settings.healthAddress, port: settings.healthPort });
  await health.listen(alive.signal);
  health.set('liveness', true);
  const byName = `${controllerServerName(settings.namespace)}:${SPEAKER_SERVICE_PORT}`;
  const controller = settings.controller ?? serviceTarget() ?? byName;
  const endpoint = new HttpEndpoint({
    host: settings.healthAddress,
    port: settings.metricsPort,
    routes: new Map([...metricsRoute(metrics), ['/node', () => nodeAnswer({ node: settings.nodeName, controller })]]),
  });
  if (settings.metricsPort !== 0) await endpoint.start();

  const time = { clock: systemTime, timers: systemTime, random: systemRandom };
  watchEventLoopLag({ ...time, metrics }, alive.signal);
  const link = new GrpcControllerLink(
    {
      target: controller,
      ...(settings.controller === undefined ? { fallbackTarget: byName } : {}),
      serverName: controllerServerName(settings.namespace),
      caBundlePath: settings.caFile,
      tokenPath: settings.tokenFile,
    },
    { ...time, log, metrics },
  );
  // A release has the Worker's bundle beside this file.
  const worker = (name: string): URL =>
    new URL(import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./${name}.mjs`, import.meta.url);
  const { nodeName, standIn, refreshInterval: refreshIntervalMs } = settings;
  const plane = new WorkerPacketPlane({ nodeName, standIn, refreshIntervalMs, entry: worker('packet-worker') });
  const bfd = new WorkerBfdPlane({ entry: worker('bfd-worker') });
  endOnDefect(log, async () => void (await Promise.all([plane.stop(), bfd.stop()])));
  const store = new StateFolder({ path: settings.stateDir, nodeName });
  const secrets = await BootSecrets.of(nodeName);
  const libc = loadLibc((error) => {
    throw error;
  });
  const bgp = new BgpSpeaker(
    { nodeName },
    {
      streams: new TcpStreams(libc),
      addresses: new KernelAddresses(libc),
      bfd,
      send: (message) => link.send(message),
      store,
      secrets,
      ...time,
      log,
      metrics,
    },
  );
  const speaker = new Speaker(
    { nodeName, version: VERSION },
    { link, plane, store, secrets, bgp, ...time, log, metrics },
  );
  await speaker.start(alive.signal);
  collectAfterStart();
  releaseAtRest(libc);
  for (const service of ['', 'readiness'] as const) health.set(service, true);

  await Promise.race([aborted(stop), speaker.ended]);
  for (const service of ['', 'readiness'] as const) health.set(service, false);
  await speaker.stop();
  alive.abort();
}

/** What `heraldlb doctor` asks. */
async function nodeAnswer(subject: NodeSubject): Promise<HttpAnswer> {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(await nodeReport(subject)) };
}

/**
 * The Service's address that the kubelet put into the environment: it needs no DNS, which may be waiting for us. It is that of
 * when the Pod started.
 */
function serviceTarget(): string | undefined {
  const { HERALDLB_CONTROLLER_SERVICE_HOST: host, HERALDLB_CONTROLLER_SERVICE_PORT: port } = process.env;
  if (host === undefined) return undefined;
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? SPEAKER_SERVICE_PORT}`;
}

if (import.meta.main) await runProgram(speakerCommand());
