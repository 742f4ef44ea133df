import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import koffi from 'koffi';

const run = promisify(execFile);
const CLONE_NEWNET = 0x4000_0000;

/** Runs `ip`. @returns what it printed */
export async function ip(command: string): Promise<string> {
  const { stdout } = await run('ip', command.split(' '));
  return stdout;
}

/**
 * Calls `body` while this thread is inside a network namespace: sockets opened and threads started meanwhile belong to it and
 * stay there. `body` must not await before it has opened them.
 */
export function inNamespace<T>(name: string, body: () => T): T {
  const here = openSync('/proc/thread-self/ns/net', 'r');
  const there = openSync(`/run/netns/${name}`, 'r');
  try {
    enter(there);
    return body();
  } finally {
    enter(here);
    closeSync(here);
    closeSync(there);
  }
}

function enter(fd: number): void {
  if (setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns: error ${koffi.errno()}`);
}

const setns = koffi.load('libc.so.6').func('int setns(int, int)') as unknown as (fd: number, type: number) => number;

/** What `ip` says of an interface, as far as tests look at it. */
export async function linkOf(namespace: string, name: string): Promise<{ index: number; mac: string }> {
  const [link] = JSON.parse(await ip(`-n ${namespace} -json link show ${name}`)) as [
    { ifindex: number; address: string },
  ];
  return { index: link.ifindex, mac: link.address };
}

/** A line of /proc/sys/net of a namespace is set to a value. */
export async function sysctl(namespace: string, setting: string, value: number): Promise<void> {
  await run('ip', ['netns', 'exec', namespace, 'sh', '-c', `echo ${value} > /proc/sys/net/${setting}`]);
}

/** Whether a program is on the PATH. */
export function hasProgram(name: string): boolean {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((folder) => exists(`${folder}/${name}`));
}

function exists(path: string): boolean {
  try {
    readFileSync(path, { flag: 'r' });
    return true;
  } catch {
    return false;
  }
}
