import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian packages by the programs that the test clusters take from them. */
const PACKAGES: Readonly<Record<string, string>> = {
  arping: 'arping',
  ip: 'iproute2',
  iptables: 'iptables',
  nft: 'nftables',
  setpriv: 'util-linux',
};

const PACKAGES_FOR_PODS: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
};

/** What keeps this machine from running a cluster of processes, and how to get it; undefined when nothing does. */
export function processClusterLack(): string | undefined {
  return missing(PACKAGES);
}

/** What keeps this machine from running kubelets and containers, and how to get it; undefined when nothing does. */
export function podClusterLack(): string | undefined {
  if (!isRealRoot()) return 'kubelets and containers need root: run npm run e2e as root';
  return missing({ ...PACKAGES, ...PACKAGES_FOR_PODS });
}

function missing(packages: Readonly<Record<string, string>>): string | undefined {
  const lacking = Object.keys(packages).filter((program) => !isThere(program));
  if (lacking.length === 0) return undefined;
  const install = [...new Set(lacking.map((program) => packages[program]))].join(' ');
  return `missing: ${lacking.join(', ')}. Debian, Ubuntu: apt-get install ${install}`;
}

function isThere(program: string): boolean {
  if (program.startsWith('/')) return isExecutable(program);
  const folders = (process.env.PATH ?? '').split(':');
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Root of the machine, and not only of a user namespace. */
function isRealRoot(): boolean {
  return process.getuid?.() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
}
