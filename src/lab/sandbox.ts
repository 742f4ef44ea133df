import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Set inside: the process then runs in namespaces of its own and may make what it likes of the network. */
const INSIDE = 'HERALDLB_SANDBOX';

/** Something that the machine lacks, and how to get it. */
export interface Lack {
  readonly what: string;
  readonly remedy: string;
}

export function insideSandbox(): boolean {
  return process.env[INSIDE] === '1';
}

/** What keeps this machine from running a sandbox; undefined when nothing does. */
export async function sandboxLack(): Promise<Lack | undefined> {
  if (process.platform !== 'linux')
    return { what: 'this is not Linux', remedy: 'use a Linux machine or a virtual machine' };
  for (const [tool, owner] of [
    ['ip', 'iproute2'],
    ['unshare', 'util-linux'],
    ['mount', 'util-linux'],
  ] as const) {
    if (!(await succeeds('sh', ['-c', `command -v ${tool}`]))) {
      return {
        what: `the command "${tool}" is missing`,
        remedy: `install the package ${owner} (Debian, Ubuntu: sudo apt-get install ${owner})`,
      };
    }
  }
  if (await succeeds('unshare', [...unshareFlags(), 'sh', '-c', PREPARE, 'sandbox', 'true'])) return undefined;
  return {
    what: 'the kernel does not let this user make namespaces',
    remedy:
      'allow it with "sudo sysctl -w kernel.unprivileged_userns_clone=1" (Debian), ' +
      '"sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" (Ubuntu from 23.10 on) or ' +
      '"sudo sysctl -w user.max_user_namespaces=15000"; or run the same command as root',
  };
}

/**
 * Runs a command as root of its own user, network, mount and process namespaces: it can reach nothing but its own loopback,
 * and all that it started ends with it.
 * @param started told the process whose namespaces the sandbox is
 * @returns the exit status of the command
 */
export async function runInSandbox(command: readonly string[], started?: (pid: number) => void): Promise<number> {
  const child = spawn('unshare', [...unshareFlags(), 'sh', '-c', PREPARE, 'sandbox', ...command], {
    stdio: 'inherit',
    env: { ...sandboxEnvironment(), [INSIDE]: '1' },
  });
  if (child.pid !== undefined) started?.(child.pid);
  // Ctrl-C reaches the whole foreground group: the command inside cleans up, and this process waits for it.
  const ignore = (): void => {};
  const end = (): void => void child.kill('SIGKILL');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', end);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', end);
  }
}

/**
 * `ip netns` keeps its names below /run, which belongs to the machine: the sandbox gets a /run of its own. The shell stays as
 * process 1, to reap what others leave behind.
 */
const PREPARE = 'mount -t tmpfs tmpfs /run && ip link set lo up || exit 1; "$@"; exit $?';

function unshareFlags(): string[] {
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [...asUser, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
}

/** Debian keeps `ip` in /usr/sbin, which is not on an ordinary user's PATH. */
function sandboxEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [process.env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':') };
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args, { env: sandboxEnvironment() });
    return true;
  } catch {
    return false;
  }
}
