import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatIp, ipv6FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../support/eventually.ts';
import { mac, v6 } from '../support/fake-lan.ts';
import { NamespaceLan, NodePlane, neighbour } from '../support/namespace-lan.ts';
import { hasProgram, ip, linkOf, sendDatagram, sysctl } from '../support/network-namespace.ts';

const run = promisify(execFile);
const ADDRESS = v6('fd09::50');
const TEXT = formatIp(ADDRESS);
/** The group of the address, as /proc/net/igmp6 spells it. */
const GROUP = 'ff0200000000000000000001ff000050';
const CLIENT = 'client';

/** Host n of the LAN also has the address fd09::n, without waiting whether it is free. */
async function plugIpv6(...hosts: readonly string[]): Promise<void> {
  for (const [index, host] of hosts.entries()) {
    await ip(`-n ${host} address add fd09::${index + 1}/64 dev eth0 nodad`);
  }
}

/** In how many solicited-node groups the kernel of a host is on an interface; of one address if it is given. */
async function memberships(host: string, name: string, group = 'ff0200000000000000000001ff'): Promise<number> {
  const { stdout } = await run('ip', ['netns', 'exec', host, 'cat', '/proc/net/igmp6']);
  const lines = stdout.split('\n').map((text) => text.trim().split(/\s+/));
  return lines.filter(([, device, joined]) => device === name && joined?.startsWith(group)).length;
}

describe('a node that announces IPv6 addresses on a LAN', () => {
  let lan: NamespaceLan;
  let node1: NodePlane;
  let node2: NodePlane;
  const macs: Record<string, string> = {};

  beforeAll(async () => {
    lan = await NamespaceLan.create('node1', 'node2', CLIENT);
    await plugIpv6('node1', 'node2', CLIENT);
    await ip('-n node2 -6 route add default via fd09::3');
    for (const node of ['node1', 'node2']) macs[node] = (await linkOf(node, 'eth0')).mac;
    [node1, node2] = await Promise.all([NodePlane.start('node1'), NodePlane.start('node2')]);
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
  });

  afterAll(async () => {
    await Promise.all([node1.stop(), node2.stop()]);
    await lan.destroy();
  });

  it('is in the group of the address, which MLD tells the switches (RFC 3810)', async () => {
    expect(await memberships('node1', 'eth0', GROUP)).toBe(1);
    expect(await memberships('node2', 'eth0', GROUP)).toBe(0);
  });

  it('is what the kernel of a client resolves the address to', async () => {
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => {
      expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1, state: 'REACHABLE' });
    });
  });

  it('answers the unicast probes by which the client sees whether it is still there (RFC 4861 §7.3)', async () => {
    const before = node1.counted(({ replies }) => replies);
    await ip(`-n ${CLIENT} neigh change ${TEXT} lladdr ${macs.node1} dev eth0 nud probe`);
    await eventually(async () => {
      expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1, state: 'REACHABLE' });
    });
    await eventually(() => expect(node1.counted(({ replies }) => replies)).toBeGreaterThan(before));
  });

  it.skipIf(!hasProgram('ndisc6'))('is what ndisc6 finds (needs the package ndisc6)', async () => {
    const { stdout } = await run('ip', ['netns', 'exec', CLIENT, 'ndisc6', '-1', '-r', '3', TEXT, 'eth0']);
    expect(stdout.toLowerCase()).toContain(`target link-layer address: ${macs.node1}`);
  });

  it('keeps a foreign kernel from using the address for itself (RFC 4862 §5.4)', async () => {
    await ip(`-n ${CLIENT} address add ${TEXT}/64 dev eth0`);
    await eventually(async () => expect(await ip(`-n ${CLIENT} -6 address show dev eth0`)).toContain('dadfailed'));
    await ip(`-n ${CLIENT} address delete ${TEXT}/64 dev eth0`);
  });

  it('sees that a foreign station claims the address', async () => {
    const foreign = mac((await linkOf(CLIENT, 'eth0')).mac);
    await ip(`-n ${CLIENT} address add ${TEXT}/64 dev eth0 nodad`);
    await ip(`-n ${CLIENT} -6 route add fd0a::/64 dev eth0 src ${TEXT}`);
    // The client's kernel asks everybody in the name of the address.
    sendDatagram(CLIENT, v6('fd0a::1'));
    await eventually(() =>
      expect(node1.events).toContainEqual({
        kind: 'conflict',
        address: ADDRESS,
        mac: foreign,
        interface: 'eth0',
        seen: 'announcement',
      }),
    );
    await ip(`-n ${CLIENT} -6 route delete fd0a::/64 dev eth0`);
    await ip(`-n ${CLIENT} address delete ${TEXT}/64 dev eth0`);
  });

  it('moves what the kernel of a client believes at the moment of the takeover', async () => {
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
    node1.announce();
    await node1.claims();
    expect(await memberships('node1', 'eth0', GROUP)).toBe(0);
    node2.announce(ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node2 }));
    expect(await memberships('node2', 'eth0', GROUP)).toBe(1);
  });

  it('makes itself known to its gateway, which has never heard of the address', async () => {
    node2.announce();
    await node2.claims();
    await ip(`-n ${CLIENT} -6 neigh flush all`);
    node2.announce(ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node2 }));
    node2.announce();
    await node2.claims();
  });

  it('joins and answers on an interface that is made anew', async () => {
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    await ip('-n switch link delete node1-eth0');
    await node1.claims();
    await lan.plug('node1', 'eth0');
    await node1.claims(ADDRESS);
    expect(await memberships('node1', 'eth0', GROUP)).toBe(1);
    macs.node1 = (await linkOf('node1', 'eth0')).mac;
    await ip(`-n ${CLIENT} -6 neigh flush all`);
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
  });

  it('is in more groups than one socket of the kernel can hold, and leaves them all', async () => {
    node1.announce();
    await node1.claims();
    const before = await memberships('node1', 'eth0');
    node1.announce(...Array.from({ length: 2500 }, (_, index) => ipv6FromValue(ADDRESS + BigInt(index) + 1n)));
    await eventually(async () => expect(await memberships('node1', 'eth0')).toBe(before + 2500));
    node1.announce();
    await eventually(async () => expect(await memberships('node1', 'eth0')).toBe(before));
  });

  it('tells that switches hear of no group where the kernel has no IPv6, and answers all the same', async () => {
    node1.announce();
    await node1.claims();
    // Below 1,280 octets an interface can have no IPv6 (RFC 8200 §5).
    await ip('-n node1 link set eth0 mtu 1200');
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    expect(node1.events).toContainEqual({ kind: 'groups-refused', interface: 'eth0' });
    await ip(`-n ${CLIENT} -6 neigh flush all`);
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
    await ip('-n node1 link set eth0 mtu 1500');
  });

  it('answers on an interface whose IPv6 is switched off', async () => {
    await sysctl('node1', 'ipv6/conf/eth0/disable_ipv6', 1);
    node1.announce();
    await node1.claims();
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    await ip(`-n ${CLIENT} -6 neigh flush all`);
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
  });
});
