import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { insideSandbox } from '../../src/lab/sandbox.ts';
import { cacheFolder } from './binaries.ts';

/** Where a cluster keeps its files: state in memory, gone with the cluster; logs in the cache folder, for who wants to know why. */
export class RunFolder {
  readonly state: string;
  readonly #logs: string;

  private constructor(state: string, logs: string) {
    this.state = state;
    this.#logs = logs;
  }

  /** @param name of the test suite: its logs are kept until the next run of the same suite */
  static async create(name: string): Promise<RunFolder> {
    const logs = join(cacheFolder(), 'logs', name);
    await rm(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    // The sandbox's /run is memory that goes with the sandbox, however it ends.
    const memory = insideSandbox() ? '/run' : '/dev/shm';
    return new RunFolder(await mkdtemp(join(memory, 'heraldlb-')), logs);
  }

  /** A folder below the state, made when it is not there. */
  folder(...names: readonly string[]): string {
    const path = join(this.state, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  log(program: string): string {
    return join(this.#logs, `${program}.log`);
  }

  /** A folder for a node's own logs, and for those of its Pods. */
  logFolder(node: string): string {
    const path = join(this.#logs, node);
    mkdirSync(path, { recursive: true });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.state, { recursive: true, force: true });
  }
}
