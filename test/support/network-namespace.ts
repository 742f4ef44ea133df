import { execFile } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { type IpAddress, ipToBytes, isIpv4 } from '../../src/core/net/index.ts';

const run = promisify(execFile);
const CLONE_NEWNET = 0x4000_0000;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const DISCARD_PORT = 9;

/** Runs `ip`. @returns what it printed */
export async function ip(command: string): Promise<string> {
  const { stdout } = await run('ip', command.split(' '));
  return stdout;
}

/** Takes all named namespaces of the sandbox away: the next test makes its own. */
export async function deleteNamespaces(): Promise<void> {
  const listed = await ip('-json netns list');
  const namespaces = listed.trim() === '' ? [] : (JSON.parse(listed) as readonly { readonly name: string }[]);
  for (const { name } of namespaces) await ip(`netns delete ${name}`);
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

const libc = koffi.load('libc.so.6');
const setns = libc.func('int setns(int, int)') as unknown as (fd: number, type: number) => number;
const socket = libc.func('int socket(int, int, int)') as unknown as (...kind: number[]) => number;
const connect = libc.func('int connect(int, void*, uint32_t)') as unknown as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number;

/** Makes the kernel of a host send a datagram, for which it has to resolve the address. */
export function sendDatagram(host: string, to: IpAddress): void {
  const fd = inNamespace(host, () => socket(isIpv4(to) ? AF_INET : AF_INET6, SOCK_DGRAM, 0));
  const address = isIpv4(to)
    ? Uint8Array.from([AF_INET, 0, 0, DISCARD_PORT, ...ipToBytes(to), ...new Uint8Array(8)])
    : Uint8Array.from([AF_INET6, 0, 0, DISCARD_PORT, 0, 0, 0, 0, ...ipToBytes(to), 0, 0, 0, 0]);
  try {
    if (connect(fd, address, address.length) !== 0) throw new Error(`connect: error ${koffi.errno()}`);
    writeSync(fd, 'x');
  } finally {
    closeSync(fd);
  }
}

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
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((folder) =>
    isProgram(`${folder}/${name}`),
  );
}

/** Fails the test by an error that no caller could catch. */
export function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/** False for the root of an ordinary user's namespace: programs that give up their privileges by themselves fail there. */
export function mayChangeGroups(): boolean {
  return readFileSync('/proc/self/setgroups', 'utf8').trim() === 'allow';
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
