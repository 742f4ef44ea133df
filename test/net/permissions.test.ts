import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const PROBE = `
  import { loadLibc } from ${JSON.stringify(new URL('../../src/adapters/linux/libc.ts', import.meta.url).href)};
  import { PacketSockets } from ${JSON.stringify(new URL('../../src/adapters/linux/packet-sockets.ts', import.meta.url).href)};
  import { NetlinkInterfaces } from ${JSON.stringify(new URL('../../src/adapters/linux/netlink-interfaces.ts', import.meta.url).href)};
  const libc = loadLibc();
  try {
    const watch = new NetlinkInterfaces(libc);
    watch.start({ changed: (all) => { console.log('interfaces ' + all.map(({ name }) => name)); watch.stop(); }, moved() {}, failed() {} });
    new PacketSockets(libc).open({ interfaceIndex: 1, protocol: 'arp', received() {} }).close();
    console.log('socket opened');
  } catch (error) {
    console.log(error.name + ' ' + error.code + ' ' + error.message);
    process.exit(1);
  }
`;

/** Runs the probe as a process that has just these capabilities. */
function probeWith(capabilities: string): { readonly status: number | null; readonly output: string } {
  const args = [`--bounding-set=${capabilities}`, `--inh-caps=${capabilities}`, '--no-new-privs'];
  const { status, stdout } = spawnSync('setpriv', [...args, process.execPath, '--input-type=module', '--eval', PROBE], {
    encoding: 'utf8',
  });
  return { status, output: stdout };
}

describe('what the packet plane needs of the machine', () => {
  it('is the capability NET_RAW and nothing else', () => {
    const { status, output } = probeWith('-all,+net_raw');
    expect(output).toContain('socket opened');
    expect(output).toContain('interfaces lo');
    expect(status).toBe(0);
  });

  it('is named in one line when it is missing', () => {
    const { status, output } = probeWith('-all');
    expect(output).toMatch(/^FrameSocketError no-permission .*NET_RAW is missing.*\n$/);
    expect(status).toBe(1);
  });
});
