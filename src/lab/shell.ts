import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTROL_PLANE } from './topology.ts';

/** Where the lab of this user, when one is up, says which process has its namespaces. */
const PID_FILE = join(tmpdir(), `heraldlb-lab-${process.getuid?.() ?? 0}.pid`);

export function rememberLab(pid: number): void {
  writeFileSync(PID_FILE, String(pid));
}

export function forgetLab(): void {
  rmSync(PID_FILE, { force: true });
}

/** Opens a shell on a host of the lab that is up. @returns its exit status */
export async function openShell(host: string): Promise<number> {
  const pid = labPid();
  if (pid === undefined) {
    console.error('No lab is up: start one in another terminal with "npm run lab -- up".');
    return 1;
  }
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const shell = process.env.SHELL ?? '/bin/sh';
  const onHost = host === CONTROL_PLANE.name ? [shell] : ['ip', 'netns', 'exec', host, shell];
  const environment = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, PS1: `${host}# ` };
  const child = spawn('nsenter', ['--target', String(pid), ...asUser, '--net', '--mount', '--', ...onHost], {
    stdio: 'inherit',
    env: environment,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function labPid(): number | undefined {
  try {
    const pid = Number(readFileSync(PID_FILE, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
