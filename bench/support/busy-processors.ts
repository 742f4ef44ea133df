import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** Two programs for each processor of this machine that take all they get. */
export class BusyProcessors implements AsyncDisposable {
  /** BOUNDED: by the processors. */
  readonly #programs: readonly ChildProcess[];

  constructor() {
    this.#programs = Array.from({ length: 2 * availableParallelism() }, () =>
      spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) {
      const ended = once(program, 'exit');
      program.kill('SIGKILL');
      await ended;
    }
  }
}
