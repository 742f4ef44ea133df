import { expect, it } from 'vitest';
import { loadLibc } from '../../src/adapters/linux/libc.ts';
import { PacketSockets } from '../../src/adapters/linux/packet-sockets.ts';
import { inNamespace, ip, linkOf, throwLater } from '../support/network-namespace.ts';

const sockets = new PacketSockets(loadLibc(throwLater));

async function promiscuity(): Promise<number> {
  const [link] = JSON.parse(await ip('-n near -d -json link show eth0')) as [{ readonly promiscuity: number }];
  return link.promiscuity;
}

it('hears everything on request, for as long as the socket is open', async () => {
  await ip('netns add near');
  try {
    await ip('-n near link add eth0 type veth peer name eth1');
    const { index: interfaceIndex } = await linkOf('near', 'eth0');
    const open = (promiscuous: boolean) =>
      inNamespace('near', () =>
        sockets.open({ interfaceIndex, protocol: 'arp', promiscuous, received: () => undefined }),
      );
    const ordinary = open(false);
    expect(await promiscuity()).toBe(0);
    const curious = open(true);
    expect(await promiscuity()).toBe(1);
    curious.close();
    expect(await promiscuity()).toBe(0);
    ordinary.close();
  } finally {
    await ip('netns delete near');
  }
});
