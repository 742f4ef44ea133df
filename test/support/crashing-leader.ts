import { DEFAULT_PROVIDER_OPTIONS, Provider } from '../../src/controller/provider/provider.ts';
import { ServiceController } from '../../src/controller/service/service-controller.ts';
import type { Service } from '../../src/ports/kubernetes.ts';
import type { ServiceChange, ServiceStore } from '../../src/ports/stores.ts';
import { FakeCluster, node } from './kube/fake-cluster.ts';
import { ManualTime, settle } from './manual-time.ts';
import { type FakeConfig, RecordingAnnouncer } from './provider-bed.ts';
import { RecordingLog, RecordingMetrics } from './recording-telemetry.ts';

/** After how many writes the leader dies, and whether the last one still reached the API. */
export interface Crash {
  readonly afterWrites: number;
  readonly lastArrives: boolean;
}

/** One after the other, leaders with the real service controller and provider, on one cluster that outlives them. */
export class CrashingLeader implements ServiceStore {
  readonly cluster = new FakeCluster();
  readonly time = new ManualTime();
  readonly #config: FakeConfig;
  #life = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #provider: Provider | undefined;
  #controller: ServiceController | undefined;
  #crash: Crash | undefined;
  #writes = 0;

  constructor(config: FakeConfig) {
    this.#config = config;
    this.cluster.nodes.set('node-a', node('node-a'));
  }

  get provider(): Provider {
    if (this.#provider === undefined) throw new Error('there is no leader');
    return this.#provider;
  }

  /** Begins a term; whoever led before is dead. */
  async restart(): Promise<void> {
    await this.#die();
    this.#life = new AbortController();
    const { cluster, time } = this;
    const parts = {
      services: cluster.services,
      nodes: cluster.nodes,
      events: cluster,
      clock: time,
      timers: time,
      log: new RecordingLog(),
      metrics: new RecordingMetrics(),
    };
    const provider = new Provider(DEFAULT_PROVIDER_OPTIONS, {
      ...parts,
      config: this.#config,
      announcer: new RecordingAnnouncer(),
    });
    const controller = new ServiceController(
      { clusterName: 'kubernetes', concurrency: 3 },
      { ...parts, store: this, loadBalancer: provider, claims: provider },
    );
    const needSync = (keys: readonly string[]): void => {
      for (const key of keys) controller.enqueue(key);
    };
    provider.start({ needSync, usageChanged: () => undefined }, this.#life.signal);
    this.#provider = provider;
    this.#controller = controller;
    this.#running = controller.run(this.#life.signal);
    await settle();
  }

  /** Looks at every Service again, as though each had changed. */
  async lookAgain(): Promise<void> {
    this.#controller?.enqueueAll();
    await settle();
  }

  crashAfter(crash: Crash): void {
    this.#crash = crash;
    this.#writes = 0;
  }

  /** Lets everything come to an end: no more crashes, and more time than any retry takes. */
  async calm(): Promise<void> {
    this.#crash = undefined;
    if (this.#life.signal.aborted) await this.restart();
    for (let minute = 0; minute < 12; minute += 1) await this.time.advance(60_000);
  }

  async stop(): Promise<void> {
    await this.#die();
  }

  async patchStatus(service: Service, change: ServiceChange): Promise<Service> {
    if (this.#life.signal.aborted) throw new Error('the process is dead');
    this.#writes += 1;
    if (this.#crash === undefined || this.#writes <= this.#crash.afterWrites) {
      return await this.cluster.patchStatus(service, change);
    }
    const { lastArrives } = this.#crash;
    this.#crash = undefined;
    this.#life.abort();
    if (lastArrives) await this.cluster.patchStatus(service, change);
    throw new Error('the process is dead');
  }

  async #die(): Promise<void> {
    this.#life.abort();
    await this.#running;
  }
}
