import { Worker } from 'node:worker_threads';
import type { PacketCommand, PacketNotice, PacketPlane, PacketPlaneListener } from '../../ports/packet-plane.ts';

/** What goes to the thread. */
export type WorkerRequest = { readonly kind: 'command'; readonly command: PacketCommand } | { readonly kind: 'stop' };

/** What comes back. `started` comes once; after `failed` the thread ends. */
export type WorkerAnswer =
  | { readonly kind: 'started' }
  | { readonly kind: 'notice'; readonly notice: PacketNotice }
  | { readonly kind: 'failed'; readonly message: string };

/** What the thread gets to know at its start. */
export interface PacketWorkerData {
  readonly nodeName: string;
  /** Answer in the place of a neighbour whose speaker is silent; true by default. */
  readonly standIn?: boolean;
  /** Pause between two announcements of an address that nothing happens to, in ms; 0 = none; a minute by default. */
  readonly refreshIntervalMs?: number;
}

export interface WorkerPacketPlaneOptions extends PacketWorkerData {
  /** The module that the thread runs: the source while developing, its own bundle in a release. */
  readonly entry: URL;
  /** How long the thread may take to stop, in ms; 2 s by default. */
  readonly stopWithinMs?: number;
  /** What is done with a thread that does not stop. By default the kernel ends the whole process, which nothing can hinder. */
  readonly giveUp?: () => void;
}

const STOP_WITHIN_MS = 2000;

/** Small heaps: the thread holds a few numbers for each address, and short pauses matter more than throughput. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };

/**
 * A packet plane in a thread of its own, which the garbage and the long tasks of this one do not stop. Stop it before the
 * process exits: a thread that is torn down while it watches a socket aborts the process.
 */
export class WorkerPacketPlane implements PacketPlane {
  readonly #options: WorkerPacketPlaneOptions;
  #worker: Worker | undefined;
  /** Resolves when the thread is gone. */
  #ended = Promise.resolve();
  #stopping = false;

  constructor(options: WorkerPacketPlaneOptions) {
    this.#options = options;
  }

  async start(listener: PacketPlaneListener): Promise<void> {
    const { nodeName, standIn, refreshIntervalMs } = this.#options;
    const workerData = { nodeName, standIn, refreshIntervalMs };
    // What the process was started with (an inspector, a program given by --eval) is not for this thread.
    const worker = new Worker(this.#options.entry, { workerData, resourceLimits: RESOURCE_LIMITS, execArgv: [] });
    this.#worker = worker;
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => {
        reject(error);
        if (!this.#stopping) listener.failed(error);
      };
      worker.on('message', (answer: WorkerAnswer) => {
        if (answer.kind === 'started') resolve();
        else if (answer.kind === 'notice') listener.notice(answer.notice);
        else failed(new Error(answer.message));
      });
      worker.on('error', failed);
      worker.on('exit', (code) => failed(new Error(`the packet thread ended with status ${code}`)));
    });
  }

  command(command: PacketCommand): void {
    this.#post({ kind: 'command', command });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#post({ kind: 'stop' });
    this.#worker = undefined;
    const { stopWithinMs = STOP_WITHIN_MS, giveUp = endProcess } = this.#options;
    const timeout = setTimeout(giveUp, stopWithinMs);
    // It ends by itself when nothing keeps its event loop busy any more.
    await this.#ended;
    clearTimeout(timeout);
  }

  #post(request: WorkerRequest): void {
    this.#worker?.postMessage(request);
  }
}

/** Not `process.exit`: that would tear the thread down while it watches sockets, and dump core instead. */
function endProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}
