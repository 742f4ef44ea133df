import { Worker } from 'node:worker_threads';
import type { BfdCounters, BfdPlane, BfdPlaneListener, BfdSessionReport, BfdSessionSettings } from '../../ports/bfd.ts';

/** What goes to the thread. */
export type BfdWorkerRequest =
  | { readonly kind: 'set'; readonly sessions: readonly BfdSessionSettings[] }
  | { readonly kind: 'stop' };

/** What comes back; after `failed` the thread ends. */
export type BfdWorkerAnswer =
  | { readonly kind: 'changed'; readonly report: BfdSessionReport }
  | { readonly kind: 'counted'; readonly counters: BfdCounters }
  | { readonly kind: 'failed'; readonly message: string };

export interface WorkerBfdPlaneOptions {
  /** The module that the thread runs: the source while developing, its own bundle in a release. */
  readonly entry: URL;
}

/** Small heaps: short pauses matter more than throughput. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

/**
 * BFD in a thread of its own: neither the garbage of the main thread nor a storm of ARP in the packet thread delays a packet
 * that keeps a session alive. The thread begins with the first session, so that who uses no BFD does not pay for it.
 */
export class WorkerBfdPlane implements BfdPlane {
  readonly #options: WorkerBfdPlaneOptions;
  #worker: Worker | undefined;
  #listener: BfdPlaneListener | undefined;
  /** Resolves when the thread is gone. */
  #ended = Promise.resolve();
  #stopping = false;

  constructor(options: WorkerBfdPlaneOptions) {
    this.#options = options;
  }

  start(listener: BfdPlaneListener): void {
    this.#listener = listener;
  }

  set(sessions: readonly BfdSessionSettings[]): void {
    if (this.#worker === undefined && (sessions.length === 0 || this.#stopping)) return;
    this.#worker ??= this.#begin();
    this.#post({ kind: 'set', sessions });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#post({ kind: 'stop' });
    this.#worker = undefined;
    // It ends by itself when nothing keeps its event loop busy any more.
    await this.#ended;
  }

  #begin(): Worker {
    // What the process was started with (an inspector, a program given by --eval) is not for this thread.
    const worker = new Worker(this.#options.entry, { resourceLimits: RESOURCE_LIMITS, execArgv: [] });
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    const failed = (error: Error): void => {
      if (!this.#stopping) this.#listener?.failed(error);
    };
    worker.on('message', (answer: BfdWorkerAnswer) => {
      if (answer.kind === 'changed') this.#listener?.changed(answer.report);
      else if (answer.kind === 'counted') this.#listener?.counted(answer.counters);
      else failed(new Error(answer.message));
    });
    worker.on('error', failed);
    worker.on('exit', (code) => failed(new Error(`the BFD thread ended with status ${code}`)));
    return worker;
  }

  #post(request: BfdWorkerRequest): void {
    this.#worker?.postMessage(request);
  }
}
