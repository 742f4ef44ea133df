import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** Does by itself what the thread does. */
const SOCKETS = `
  import { loadLibc } from ${source('adapters/linux/libc.ts')};
  import { PacketSockets } from ${source('adapters/linux/packet-sockets.ts')};
  import { NetlinkInterfaces } from ${source('adapters/linux/netlink-interfaces.ts')};
  const libc = loadLibc((error) => { throw error; });
  const watch = new NetlinkInterfaces(libc);
  const changed = (all) => { console.log('interfaces ' + all.map(({ name }) => name)); watch.stop(); };
  watch.start({ changed, moved() {}, failed() {} });
  new PacketSockets(libc).open({ interfaceIndex: 1, protocol: 'arp', received() {} }).close();
  console.log('socket opened');
`;

/** Starts the thread, and lets the process end by itself. */
const PLANE = `
  import { WorkerPacketPlane } from ${source('adapters/linux/worker-packet-plane.ts')};
  const plane = new WorkerPacketPlane({ nodeName: 'node1', entry: new URL(${source('cli/packet-worker.ts')}) });
  try {
    await plane.start({ notice() {}, failed() {} });
    console.log('started');
    await plane.stop();
  } catch (error) {
    console.log(error.message);
    process.exitCode = 1;
  }
`;

/** Runs a program as a process that has just these capabilities. */
function run(program: string, capabilities: string): { readonly status: number | null; readonly output: string } {
  const limits = [`--bounding-set=${capabilities}`, `--inh-caps=${capabilities}`, '--no-new-privs'];
  const node = [process.execPath, '--input-type=module', '--eval', program];
  const { status, stdout } = spawnSync('setpriv', [...limits, ...node], { encoding: 'utf8' });
  return { status, output: stdout };
}

describe('what the packet plane needs of the machine', () => {
  it('is the capability NET_RAW and nothing else', () => {
    const { status, output } = run(SOCKETS, '-all,+net_raw');
    expect(output).toContain('socket opened');
    expect(output).toContain('interfaces lo');
    expect(status).toBe(0);
    expect(run(PLANE, '-all,+net_raw')).toEqual({ status: 0, output: 'started\n' });
  });

  it('is named in one line when it is missing, and the process ends', () => {
    const { status, output } = run(PLANE, '-all');
    expect(output).toMatch(/^.*NET_RAW is missing.*\n$/);
    expect(status).toBe(1);
  });
});
