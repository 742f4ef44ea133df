import { describe, expect, it } from 'vitest';
import { authenticatorOf, decodeHello } from '../../../../src/core/codec/hello/index.ts';
import { ZERO_MAC } from '../../../../src/core/net/index.ts';
import type { NetworkInterface } from '../../../../src/ports/interfaces.ts';
import { ethernet, mac, v4 } from '../../../support/fake-lan.ts';
import { ADDRESS, ETH0, grant, PacketBed } from '../../../support/packet-bed.ts';

const KEY = new Uint8Array(32).fill(7);

/** What the last hello to the neighbour said of the interfaces. */
async function said(bed: PacketBed): Promise<string[]> {
  bed.engine.command({ kind: 'hello-keys', keys: [{ id: 1, key: KEY }] });
  bed.engine.command({
    kind: 'neighbours',
    neighbours: [{ nodeName: 'node2', addresses: [v4('192.0.2.2')] }],
    ownAddresses: [v4('192.0.2.1')],
  });
  await bed.time.advance(300);
  const octets = bed.datagrams.sent.at(-1)?.octets ?? new Uint8Array();
  return decodeHello(octets, () => authenticatorOf(KEY)).interfaces.map(
    ({ name, up }) => `${name} ${up ? 'up' : 'down'}`,
  );
}

function vlan(number: number, fields: Partial<NetworkInterface> = {}): NetworkInterface {
  return ethernet({ name: `eth0.${number}`, index: number, mac: ETH0.mac ?? ZERO_MAC, ...fields });
}

describe('what a node says of its interfaces', () => {
  it('says nothing of one whose MAC is zero: neighbours would understand no hello at all', async () => {
    const bed = await new PacketBed([ethernet({ name: 'outer0', index: 3, mac: ZERO_MAC }), ETH0]).start();
    expect(await said(bed)).toEqual(['eth0 up']);
  });

  it('announces on any of twenty, and says those first that grants name and those that are up', async () => {
    const vlans = Array.from({ length: 20 }, (_, at) => vlan(100 + at, { running: at !== 3 }));
    const bed = await new PacketBed(vlans).start();
    bed.grant(grant(ADDRESS, { candidates: ['node1'], interfaces: ['eth0.119'] }));
    await bed.time.advance(2000);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1']);
    const names = await said(bed);
    expect(names).toHaveLength(16);
    expect(names.slice(0, 5)).toEqual(['eth0.119 up', 'eth0.100 up', 'eth0.101 up', 'eth0.102 up', 'eth0.104 up']);
  });

  it('says the MACs of the members of a bond, with which its kernel may answer, and on which it does not announce', async () => {
    const bond = ethernet({ name: 'bond0', index: 2, mac: mac('02:00:00:00:0b:01') });
    const bed = await new PacketBed([
      ethernet({ name: 'eth0', index: 3, mac: mac('02:00:00:00:0b:01'), master: 2 }),
      ethernet({ name: 'eth1', index: 4, mac: mac('02:00:00:00:0b:02'), master: 2 }),
      ethernet({ name: 'veth12', index: 5, mac: mac('02:00:00:00:0b:03'), master: 2 }),
      ethernet({ name: 'eth7', index: 6, mac: mac('02:00:00:00:0b:04'), master: 9 }),
      bond,
    ]).start();
    expect(await said(bed)).toEqual(['bond0 up', 'eth1 down']);
    expect(bed.notices).toContainEqual({
      kind: 'interfaces',
      interfaces: [{ name: 'bond0', mac: bond.mac, up: true }],
    });
  });
});
