import { readdir, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ControllerReach, InterfaceFacts, NodeReport } from '../inspect/doctor.ts';

/** Where the kernel says it: elsewhere in tests. */
export interface KernelFolders {
  /** `/proc/sys/net/ipv4` */
  readonly ipv4: string;
  /** `/sys/class/net` */
  readonly interfaces: string;
}

const KERNEL: KernelFolders = { ipv4: '/proc/sys/net/ipv4', interfaces: '/sys/class/net' };

/** Shorter than who asks waits for an answer. */
const DIAL_WITHIN_MS = 2000;
/** A file among the interfaces, for whoever makes bonds. */
const BONDING = 'bonding_masters';
/** @see include/uapi/linux/if.h IFF_PROMISC */
const IFF_PROMISC = 0x100;

/** Of which node, and where its speaker looks for the controller: `host:port`, an IPv6 address in brackets. */
export interface NodeSubject {
  readonly node: string;
  readonly controller: string;
}

/** What `heraldlb doctor` wants to know of this node. */
export async function nodeReport(
  { node, controller }: NodeSubject,
  kernel: KernelFolders = KERNEL,
): Promise<NodeReport> {
  const found = await readdir(kernel.interfaces).catch(() => []);
  const names = found.filter((name) => name !== BONDING);
  return {
    node,
    controller: await reach(controller),
    forwards: (await numberIn(join(kernel.ipv4, 'ip_forward'))) === 1,
    interfaces: await Promise.all(names.map((name) => interfaceFacts(name, kernel))),
  };
}

/** Whether somebody accepts a connection there: what the speaker's own does then is for its log. */
function reach(target: string): Promise<ControllerReach> {
  const colon = target.lastIndexOf(':');
  const host = target.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(target.slice(colon + 1)), timeout: DIAL_WITHIN_MS });
    const end = (failure?: string): void => {
      socket.destroy();
      resolve({ target, ...(failure === undefined ? {} : { failure }) });
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end('ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

async function interfaceFacts(name: string, { ipv4, interfaces }: KernelFolders): Promise<InterfaceFacts> {
  // Of these the kernel takes the larger of that for all interfaces and that of one.
  const setting = async (key: string): Promise<number> =>
    Math.max(...(await Promise.all(['all', name].map((scope) => numberIn(join(ipv4, 'conf', scope, key))))));
  const folder = join(interfaces, name);
  const [arpIgnore, arpAnnounce, proxyArp] = await Promise.all(
    ['arp_ignore', 'arp_announce', 'proxy_arp'].map(setting),
  );
  return {
    name,
    up: (await textIn(join(folder, 'operstate'))) === 'up',
    enslaved: await exists(join(folder, 'master')),
    wireless: await exists(join(folder, 'wireless')),
    arpIgnore: arpIgnore ?? 0,
    arpAnnounce: arpAnnounce ?? 0,
    proxyArp: (proxyArp ?? 0) > 0,
    promiscuous: (Number(await textIn(join(folder, 'flags'))) & IFF_PROMISC) !== 0,
  };
}

/** 0 for what cannot be read. */
async function numberIn(path: string): Promise<number> {
  return Number.parseInt((await textIn(path)) || '0', 10);
}

async function textIn(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
