import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A host on the lab's LAN: a network namespace with one interface, `eth0`, plugged into the switch. */
export interface LabHost {
  readonly name: string;
  /** With prefix length, as for `ip address add`: "192.168.1.11/24". */
  readonly address: string;
}

/** The namespace that holds the bridge; the name of a host's port on it is the host's name. */
export const SWITCH = 'switch';
const BRIDGE = 'br0';

/**
 * A LAN of network namespaces: a switch, and hosts plugged into it. To be made inside a sandbox, whose own namespace takes
 * part as one more host.
 */
export class LabNetwork {
  /** BOUNDED: by the hosts of the topology. */
  readonly #macs = new Map<string, string>();

  /** @param here how the sandbox's own namespace takes part */
  async create(here: LabHost, hosts: readonly LabHost[]): Promise<void> {
    await ip(['netns', 'add', SWITCH]);
    await ip(['-n', SWITCH, 'link', 'add', BRIDGE, 'type', 'bridge', 'stp_state', '0']);
    await ip(['-n', SWITCH, 'link', 'set', BRIDGE, 'up']);
    await this.#plug(here);
    for (const host of hosts) {
      await ip(['netns', 'add', host.name]);
      await ip(['-n', host.name, 'link', 'set', 'lo', 'up']);
      await this.#plug(host, host.name);
    }
  }

  /** MAC of a host's interface, as `ip` prints it. */
  mac(host: string): string | undefined {
    return this.#macs.get(host);
  }

  /** The host whose interface has this MAC. */
  hostOf(mac: string): string | undefined {
    return [...this.#macs].find(([, candidate]) => candidate === mac)?.[0];
  }

  /** Starts a program on a host. */
  spawn(host: string, command: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn('ip', ['netns', 'exec', host, ...command], options);
  }

  /** Runs a program on a host to its end. @returns what it printed */
  async run(host: string, command: readonly string[]): Promise<string> {
    return (await run('ip', ['netns', 'exec', host, ...command])).stdout;
  }

  /** As when the plug is pulled: the carrier goes and every process of the host ends at the same instant, without a word. */
  async cutPower(host: string): Promise<void> {
    const { stdout } = await run('ip', ['netns', 'pids', host]);
    const pids = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
    await ip(['-n', SWITCH, 'link', 'set', host, 'down']);
    for (const pid of pids) endAtOnce(pid);
  }

  /** The link comes back; what ran on the host has to be started again by its owner. */
  async restorePower(host: string): Promise<void> {
    await ip(['-n', SWITCH, 'link', 'set', host, 'up']);
  }

  async #plug(host: LabHost, namespace?: string): Promise<void> {
    const inNamespace = namespace === undefined ? [] : ['-n', namespace];
    await ip([
      '-n',
      SWITCH,
      'link',
      'add',
      host.name,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      ...(namespace === undefined ? ['netns', String(process.pid)] : ['netns', namespace]),
    ]);
    await ip(['-n', SWITCH, 'link', 'set', host.name, 'master', BRIDGE, 'up']);
    await ip([...inNamespace, 'address', 'add', host.address, 'dev', 'eth0']);
    await ip([...inNamespace, 'link', 'set', 'eth0', 'up']);
    const [link] = JSON.parse((await run('ip', [...inNamespace, '-json', 'link', 'show', 'eth0'])).stdout) as [
      { address: string },
    ];
    this.#macs.set(host.name, link.address);
  }
}

async function ip(args: readonly string[]): Promise<void> {
  await run('ip', args);
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the listing and now: just what is wanted.
  }
}
