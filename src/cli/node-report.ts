import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InterfaceFacts, NodeReport } from '../inspect/doctor.ts';

/** Where the kernel says it: elsewhere in tests. */
export interface KernelFolders {
  /** `/proc/sys/net/ipv4` */
  readonly ipv4: string;
  /** `/sys/class/net` */
  readonly interfaces: string;
}

const KERNEL: KernelFolders = { ipv4: '/proc/sys/net/ipv4', interfaces: '/sys/class/net' };

/** What `heraldlb doctor` wants to know of this node. */
export async function nodeReport(node: string, kernel: KernelFolders = KERNEL): Promise<NodeReport> {
  const names = await readdir(kernel.interfaces).catch(() => []);
  return {
    node,
    forwards: (await numberIn(join(kernel.ipv4, 'ip_forward'))) === 1,
    interfaces: await Promise.all(names.map((name) => interfaceFacts(name, kernel))),
  };
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
