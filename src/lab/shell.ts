import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SWITCH } from './network.ts';
import { CLIENT, CONTROL_PLANE, NODES } from './topology.ts';

/** Where the lab of this user that `up` keeps running says which process has its namespaces. */
const PID_FILE = join(tmpdir(), `heraldlb-lab-${process.getuid?.() ?? 0}.pid`);
const HOSTS: readonly string[] = [...NODES.map(({ name }) => name), CLIENT.name, SWITCH, CONTROL_PLANE.name];

export function rememberLab(pid: number): void {
  writeFileSync(PID_FILE, String(pid));
}

export function forgetLab(): void {
  rmSync(PID_FILE, { force: true });
}

/** The process whose namespaces are those of the lab that is up; undefined when none is. */
export function runningLab(): number | undefined {
  try {
    const pid = Number(readFileSync(PID_FILE, 'utf8'));
    // A lab that was killed leaves its file, and its number may by now be another program's.
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'unshare' ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Opens a shell on a host of the lab that is up. @returns its exit status */
export async function openShell(host: string): Promise<number> {
  if (!HOSTS.includes(host)) {
    console.error(`The lab has no host "${host}": say one of ${HOSTS.join(', ')}.`);
    return 2;
  }
  const pid = runningLab();
  if (pid === undefined) {
    console.error('No lab is up: start one in another terminal with "npm run lab -- up".');
    return 1;
  }
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  // `unshare` itself stays in the process namespace that it came from: only its children are in the lab's.
  const namespaces = [...asUser, '--net', '--mount', `--pid=/proc/${pid}/ns/pid_for_children`];
  const shell = process.env.SHELL ?? '/bin/sh';
  const onHost = host === CONTROL_PLANE.name ? [shell] : ['ip', 'netns', 'exec', host, shell];
  const environment = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, PS1: `${host}# ` };
  const child = spawn('nsenter', ['--target', String(pid), ...namespaces, '--', ...onHost], {
    stdio: 'inherit',
    env: environment,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
