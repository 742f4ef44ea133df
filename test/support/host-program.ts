import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs a program on a host of the LAN to its end.
 * @param more arguments that have spaces in them
 * @returns what it printed, whatever its exit status
 */
export async function runOn(host: string, command: string, ...more: readonly string[]): Promise<string> {
  const result: { stdout: string; stderr: string } = await run(
    'ip',
    ['netns', 'exec', host, ...command.split(' '), ...more],
    {
      timeout: 20_000,
    },
  ).catch((error: { stdout: string; stderr: string }) => error);
  return result.stdout + result.stderr;
}

/** A program that runs on a host of the LAN until it is ended. */
export class HostProgram {
  readonly #child: ChildProcess;
  output = '';

  constructor(host: string, command: string) {
    this.#child = spawn('ip', ['netns', 'exec', host, ...command.split(' ')]);
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
  }

  /** Ends it, at the latest by force. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await ended;
    clearTimeout(force);
  }
}
