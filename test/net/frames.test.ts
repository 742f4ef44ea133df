import { loadLibc } from '../../src/adapters/linux/libc.ts';
import { PacketSockets } from '../../src/adapters/linux/packet-sockets.ts';
import type { FrameSockets } from '../../src/ports/frames.ts';
import { mac } from '../support/fake-lan.ts';
import { describeFrameSockets, type WireEnd } from '../support/frame-socket-contract.ts';
import { inNamespace, ip, linkOf, throwLater } from '../support/network-namespace.ts';

const sockets = new PacketSockets(loadLibc(throwLater));

/** Opens in a namespace whatever is opened. */
function within(namespace: string): FrameSockets {
  return {
    open: (options) => inNamespace(namespace, () => sockets.open(options)),
    probe: () => inNamespace(namespace, () => sockets.probe()),
  };
}

async function end(namespace: string): Promise<WireEnd> {
  const link = await linkOf(namespace, 'eth0');
  return { sockets: within(namespace), interfaceIndex: link.index, mac: mac(link.mac) };
}

describeFrameSockets(
  'the sockets of the kernel on a veth pair',
  async () => {
    await ip('netns add near');
    await ip('netns add far');
    await ip('-n near link add eth0 type veth peer name eth0 netns far');
    for (const namespace of ['near', 'far']) await ip(`-n ${namespace} link set eth0 up`);
    return { near: await end('near'), far: await end('far') };
  },
  async () => {
    for (const namespace of ['near', 'far']) await ip(`netns delete ${namespace}`);
  },
);
