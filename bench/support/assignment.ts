import type { ManagedProcess } from '../../test/kubernetes/managed-process.ts';
import { type BarePatches, runBarePatches } from './bare-patches.ts';
import { BenchCluster } from './bench-cluster.ts';
import { endpointSliceObject, serviceObject } from './objects.ts';
import { cpuSecondsOf, memoryOf, rested, rounded } from './process-figures.ts';
import { progress } from './report.ts';
import { AddressWatch, createAll } from './services.ts';

/** What it took to give many Services their addresses. */
export interface Assignment {
  /** From the first request of whoever makes the Services, or from the start of the program, to the last address. */
  readonly seconds: number;
  /** From the first address to the last one. */
  readonly firstToLastSeconds: number;
  /** Of the controller, until the last address. */
  readonly cpuSeconds: number;
  /** The same until it rested: events and reports come after the addresses. */
  readonly cpuSecondsToRest: number;
  /** Of the controller, since its start. */
  readonly peakMiB: number;
  readonly apiServerCpuSeconds: number;
}

/** One real kube-apiserver, one node with its speaker, and a controller that is started when it is to be. */
export class AssignmentBed {
  readonly cluster: BenchCluster;
  #controller: ManagedProcess | undefined;
  #speaks = false;

  constructor(cluster: BenchCluster) {
    this.cluster = cluster;
  }

  static async start(name: string): Promise<AssignmentBed> {
    progress('starting etcd, kube-apiserver and a node');
    return new AssignmentBed(await BenchCluster.start({ name, api: 'real', nodes: 1, form: 'bundled' }));
  }

  /** Starts the controller and, the first time, the speaker; both rest when this resolves. */
  async run(): Promise<void> {
    const { pid } = await this.#start();
    await rested(pid);
  }

  /** Services created while the controller runs. */
  async assignCreated(names: readonly string[]): Promise<Assignment & { readonly createSeconds: number }> {
    await this.#createSlices(names);
    const controller = this.#running();
    await rested(controller.pid);
    progress(`creating ${names.length} Services while the controller runs`);
    const watch = await AddressWatch.open(this.cluster.access, this.cluster.client);
    const meter = this.#meter(controller.pid);
    const startedAt = performance.now();
    const objects = names.map((name) => serviceObject({ name }));
    const [createSeconds, times] = await Promise.all([createAll(this.cluster.client, objects), watch.all(names)]);
    watch.close();
    return { ...(await meter(startedAt, times)), createSeconds: rounded(createSeconds, 2) };
  }

  /** Services that wait when the controller starts. */
  async assignWaiting(names: readonly string[]): Promise<Assignment> {
    await this.stop();
    await this.#createSlices(names);
    progress(`creating ${names.length} Services while no controller runs`);
    const objects = names.map((name) => serviceObject({ name }));
    await createAll(this.cluster.client, objects);
    const watch = await AddressWatch.open(this.cluster.access, this.cluster.client);
    progress('starting the controller');
    const startedAt = performance.now();
    const controller = await this.#start();
    const meter = this.#meter(controller.pid, 0);
    const times = await watch.all(names);
    watch.close();
    return meter(startedAt, times);
  }

  /**
   * As many status patches, as large as ours, by the same client, and nothing else. They go to Services that are there: each
   * further one takes kube-apiserver longer to create, until most of a run would be spent with that.
   * @param prefix that the names of the Services to patch begin with @param like name of a Service of ours
   */
  async barePatches(prefix: string, like: string): Promise<BarePatches> {
    await this.stop();
    progress(`patching the status of the Services "${prefix}-…"`);
    return runBarePatches(this.cluster, `${prefix}-`, like);
  }

  /** Starts a controller for what is there. @returns what it logged, once it has claimed it */
  async restart(): Promise<readonly LogLine[]> {
    await this.stop();
    const controller = await this.#start();
    return controller.until('the claims', async () => {
      const lines = (await controller.lastLines(1_000)).split('\n').map((line) => JSON.parse(line) as LogLine);
      return lines.some(({ event }) => event === 'service-controller-started') ? lines : undefined;
    });
  }

  /** Ends the controller in order: its Lease is free at once. */
  async stop(): Promise<void> {
    await this.#controller?.end('SIGTERM');
    this.#controller = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
  }

  #running(): ManagedProcess {
    if (this.#controller === undefined) throw new Error('no controller runs');
    return this.#controller;
  }

  async #start(flags: readonly string[] = []): Promise<ManagedProcess> {
    const controller = await this.cluster.startController(flags);
    this.#controller = controller;
    await this.cluster.leads(controller);
    if (!this.#speaks) await this.cluster.startSpeaker(this.cluster.nodes[0] ?? '');
    this.#speaks = true;
    return controller;
  }

  async #createSlices(names: readonly string[]): Promise<void> {
    const slices = names.map((name) => endpointSliceObject(name, this.cluster.nodes));
    await createAll(this.cluster.client, slices);
  }

  /** @param pid of the controller @param used processor time that does not count; absent: what it has used up to now */
  #meter(pid: number, used = cpuSecondsOf(pid)) {
    const apiServer = this.cluster.apiServerPid;
    const apiServerUsed = cpuSecondsOf(apiServer);
    return async (startedAt: number, times: { readonly first: number; readonly last: number }): Promise<Assignment> => {
      const cpuSeconds = cpuSecondsOf(pid) - used;
      const apiServerCpuSeconds = cpuSecondsOf(apiServer) - apiServerUsed;
      const cpuSecondsToRest = (await rested(pid)) - used;
      return {
        seconds: rounded((times.last - startedAt) / 1000, 2),
        firstToLastSeconds: rounded((times.last - times.first) / 1000, 2),
        cpuSeconds: rounded(cpuSeconds, 2),
        cpuSecondsToRest: rounded(cpuSecondsToRest, 2),
        peakMiB: memoryOf(pid).peakMiB,
        apiServerCpuSeconds: rounded(apiServerCpuSeconds, 2),
      };
    };
  }
}

/** A line of the controller's log, as far as it is read here. */
export interface LogLine {
  /** RFC 3339 */
  readonly time: string;
  readonly event: string;
  readonly services?: number;
}

/** Names of Services, in order. */
export function serviceNames(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}
