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

/** Every socket that routers need: connecting and listening with passwords and TTL security, and BFD. */
const ROUTERS = `
  import { LinuxBfdSockets } from ${source('adapters/linux/bfd-sockets.ts')};
  import { loadLibc } from ${source('adapters/linux/libc.ts')};
  import { TcpStreams } from ${source('adapters/linux/tcp-streams.ts')};
  import { parseIp, parsePrefix } from ${source('core/net/index.ts')};
  const libc = loadLibc((error) => { throw error; });
  const remote = parseIp('127.0.0.1');
  const handler = { connected() {}, received() {}, sent() {}, closed() {} };
  const streams = new TcpStreams(libc);
  const hops = { kind: 'security', hops: 1 };
  const way = { remote, local: remote, interface: 'lo', port: 1, password: 'x', hops, userTimeoutMs: 1000 };
  streams.connect(way, handler).abort();
  const bfd = new LinuxBfdSockets(libc);
  for (const hops of ['single-hop', 'multihop']) bfd.listen(hops, () => {}).close();
  bfd.open({ remote, interface: 'lo' }).close();
  try {
    const listener = streams.listen({ port: 179, accept: () => undefined });
    listener.setKeys([{ from: parsePrefix('127.0.0.0/8'), password: 'x' }]);
    listener.close();
    console.log('opened');
  } catch (error) {
    console.log(error.message);
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

describe('what the sessions with routers need of the machine', () => {
  it('is no capability but NET_BIND_SERVICE, and that only to wait for them', () => {
    expect(run(ROUTERS, '-all,+net_raw,+net_bind_service').output).toBe('opened\n');
    expect(run(ROUTERS, '-all,+net_raw').output).toMatch(/NET_BIND_SERVICE is missing/);
  });
});
