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
  /** How soon a thread that died is started anew, in ms; 1 s by default. Doubles with each death in a row. */
  readonly restartAfterMs?: number;
}

const RESTART_AFTER_MS = 1000;
/** The longest pause before a restart; a thread that lived as long has recovered. */
const LONGEST_PAUSE_MS = 60_000;

/** Small heaps: short pauses matter more than throughput. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

/**
 * BFD in a thread of its own: neither the garbage of the main thread nor a storm of ARP in the packet thread delays a packet
 * that keeps a session alive. The thread begins with the first session, so that who uses no BFD does not pay for it. One
 * that dies is followed by another with the same sessions.
 */
export class WorkerBfdPlane implements BfdPlane {
  readonly #options: WorkerBfdPlaneOptions;
  #worker: Worker | undefined;
  #listener: BfdPlaneListener | undefined;
  /** The sessions as they were said last. BOUNDED: by the caller's peers. */
  #wanted: readonly BfdSessionSettings[] = [];
  #restart: NodeJS.Timeout | undefined;
  /** Before the next restart, in ms. */
  #pauseMs: number;
  /** Resolves when the thread is gone. */
  #ended = Promise.resolve();
  #stopping = false;

  constructor(options: WorkerBfdPlaneOptions) {
    this.#options = options;
    this.#pauseMs = this.#firstPauseMs;
  }

  start(listener: BfdPlaneListener): void {
    this.#listener = listener;
  }

  set(sessions: readonly BfdSessionSettings[]): void {
    this.#wanted = sessions;
    if (this.#worker === undefined) {
      if (sessions.length === 0 || this.#stopping || this.#restart !== undefined) return;
      this.#worker = this.#begin();
    }
    this.#post({ kind: 'set', sessions });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#post({ kind: 'stop' });
    this.#worker = undefined;
    // It ends by itself when nothing keeps its event loop busy any more.
    await this.#ended;
  }

  get #firstPauseMs(): number {
    return this.#options.restartAfterMs ?? RESTART_AFTER_MS;
  }

  #begin(): Worker {
    // What the process was started with (an inspector, a program given by --eval) is not for this thread.
    const worker = new Worker(this.#options.entry, { resourceLimits: RESOURCE_LIMITS, execArgv: [] });
    const begunMs = performance.now();
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    let dead = false;
    const failed = (error: Error): void => {
      if (!dead && !this.#stopping) this.#listener?.failed(error);
      dead = true;
    };
    worker.on('message', (answer: BfdWorkerAnswer) => {
      if (answer.kind === 'failed') failed(new Error(answer.message));
      // What a dying thread says of its sessions is none of the neighbours' doing.
      else if (dead) return;
      else if (answer.kind === 'changed') this.#listener?.changed(answer.report);
      else this.#listener?.counted(answer.counters);
    });
    worker.on('error', failed);
    worker.on('exit', (code) => {
      failed(new Error(`the BFD thread ended with status ${code}`));
      this.#follow(performance.now() - begunMs);
    });
    return worker;
  }

  /** Sees to another thread after one that lived so long, in ms. */
  #follow(livedMs: number): void {
    if (this.#stopping) return;
    this.#worker = undefined;
    if (livedMs >= LONGEST_PAUSE_MS) this.#pauseMs = this.#firstPauseMs;
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.set(this.#wanted);
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #post(request: BfdWorkerRequest): void {
    this.#worker?.postMessage(request);
  }
}
