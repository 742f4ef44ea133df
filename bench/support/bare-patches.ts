// As a program: gives Services other addresses in their status, as many at a time as the controller does, and prints the seconds that
// it took and the processor time: what nobody who writes a status can go below.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Service } from '../../src/ports/kubernetes.ts';
import type { ServiceChange } from '../../src/ports/stores.ts';
import { connect } from './api-connection.ts';
import type { BenchCluster } from './bench-cluster.ts';
import { poolAddress } from './objects.ts';
import { rounded } from './process-figures.ts';
import { sourceCommand } from './program.ts';

/** As `--concurrent-service-syncs`. */
const CONCURRENCY = 8;
/** Of the pool: not reached by those Services that the controller serves. */
const FIRST_ADDRESS = 12_000;

export interface BarePatches {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/**
 * Runs the program in a process of its own.
 * @param prefix that the names of the Services to patch begin with
 * @param like name of a Service whose finalizer, annotations and status are what is written
 */
export async function runBarePatches(cluster: BenchCluster, prefix: string, like: string): Promise<BarePatches> {
  const [program = '', ...args] = sourceCommand(import.meta.filename);
  const kubeconfig = await cluster.controllerKubeconfig();
  const { stdout } = await promisify(execFile)(program, [...args, kubeconfig, prefix, like]);
  return JSON.parse(stdout) as BarePatches;
}

async function main(kubeconfig: string, prefix: string, like: string): Promise<BarePatches> {
  const api = await connect(kubeconfig);
  const stop = new AbortController();
  const services = api.serviceInformer();
  const running = api.run(stop.signal);
  await services.synced(stop.signal);
  const known = services.list();
  const model = known.find(({ meta }) => meta.name === like);
  if (model === undefined) throw new Error(`there is no Service ${like}`);
  stop.abort();
  await running;

  const waiting = known.filter(({ meta }) => meta.name.startsWith(prefix));
  const usage = process.cpuUsage();
  const startedAt = performance.now();
  const rest = waiting.entries();
  const work = async (): Promise<void> => {
    for (const [index, service] of rest) await api.services.patchStatus(service, changeLike(model, index));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const { user, system } = process.cpuUsage(usage);
  return {
    seconds: rounded((performance.now() - startedAt) / 1000, 2),
    cpuSeconds: rounded((user + system) / 1_000_000, 2),
  };
}

function changeLike({ meta, status }: Service, index: number): ServiceChange {
  const [addFinalizer] = meta.finalizers;
  return {
    ...(addFinalizer === undefined ? {} : { addFinalizer }),
    annotations: meta.annotations,
    ingress: [{ ip: poolAddress(FIRST_ADDRESS + index), ipMode: 'VIP' }],
    conditions: status.conditions,
  };
}

if (import.meta.main) {
  const [kubeconfig = '', prefix = '', like = ''] = process.argv.slice(2);
  console.log(JSON.stringify(await main(kubeconfig, prefix, like)));
}
