import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Starts a program somewhere: here, or in a network namespace. */
export type Spawner = (command: readonly string[], options: SpawnOptions) => ChildProcess;

/** Starts a program in the namespaces of this process. */
export const spawnHere: Spawner = ([program = '', ...args], options) => spawn(program, args, options);

export interface ProgramStart {
  /** For messages. */
  readonly name: string;
  readonly command: readonly string[];
  /** Everything that it prints is appended here. */
  readonly logFile: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** So that nothing survives a test process that was itself killed. */
const ENDS_WITH_ITS_PARENT = ['setpriv', '--pdeathsig', 'KILL', '--'];

const ORDERLY_END_MS = 15_000;

/** A program that runs until it is told to end. */
export class ManagedProcess {
  readonly name: string;
  readonly logFile: string;
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  #running = true;

  constructor(start: ProgramStart, spawner: Spawner = spawnHere) {
    this.name = start.name;
    this.logFile = start.logFile;
    const log = openSync(start.logFile, 'a');
    this.#child = spawner([...ENDS_WITH_ITS_PARENT, ...start.command], {
      stdio: ['ignore', log, log],
      // Nothing of the test runner's own settings.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...start.environment },
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve(127));
      this.#child.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
    });
    void this.ended.then(() => {
      this.#running = false;
    });
  }

  get running(): boolean {
    return this.#running;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends the signal and waits; what does not end in time is killed. @returns how it ended */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    if (this.#running) this.#child.kill(signal);
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), ORDERLY_END_MS);
    try {
      return await this.ended;
    } finally {
      clearTimeout(kill);
    }
  }

  /** The end of what it printed. */
  async lastLines(count = 20): Promise<string> {
    const text = await readFile(this.logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-count).join('\n');
  }

  /**
   * Waits until `ask` has an answer, for as long as the program runs.
   * @throws Error with the program's last lines when it ends before, or when the time is up
   */
  async until<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 60_000): Promise<T> {
    for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; ) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      if (!this.#running) break;
      await sleep(50);
    }
    const state = this.#running ? 'still runs' : `ended with ${await this.ended}`;
    throw new Error(`${this.name}: ${what} did not happen; the program ${state}:\n${await this.lastLines()}`);
  }
}
