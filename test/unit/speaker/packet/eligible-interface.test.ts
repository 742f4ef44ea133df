import { describe, expect, it } from 'vitest';
import { BROADCAST_MAC, ZERO_MAC } from '../../../../src/core/net/index.ts';
import type { Grant } from '../../../../src/ports/channel.ts';
import type { NetworkInterface } from '../../../../src/ports/interfaces.ts';
import { announcesByDefault, canAnnounce, serves } from '../../../../src/speaker/packet/eligible-interface.ts';
import { ethernet, v4 } from '../../../support/fake-lan.ts';

const { mac: _, ...withoutMac } = ethernet({ name: 'ib0' });

function grantOn(...interfaces: string[]): Grant {
  return { address: v4('192.0.2.50'), epoch: { generation: 1, counter: 1 }, candidates: ['n'], interfaces };
}

describe('the choice of interfaces', () => {
  it.each(['eth0', 'enp3s0', 'eno1np0', 'bond0', 'br0', 'vmbr0', 'wlan0', 'team0', 'eth0.100'])(
    'announces on %s',
    (name) => {
      expect(announcesByDefault(ethernet({ name }))).toBe(true);
    },
  );

  it('announces on an interface that has no address of its own', () => {
    expect(announcesByDefault(ethernet({ name: 'eth0', addresses: [] }))).toBe(true);
  });

  it.each([
    'veth1a2b3c4d',
    'cali0123456789a',
    'cilium_host',
    'lxc_health',
    'flannel.1',
    'cni0',
    'cbr0',
    'docker0',
    'docker_gwbridge',
    'dummy0',
    'kube-ipvs0',
    'vxlan.calico',
    'br-0123456789ab',
    'virbr0',
    'tun0',
    'gretap0',
    'erspan0',
    'ip6gretap0',
    'genev_sys_6081',
    'lxdbr0',
    'nerdctl0',
  ])('does not announce on %s unless a grant names it', (name) => {
    expect(announcesByDefault(ethernet({ name }))).toBe(false);
    expect(serves(ethernet({ name }), grantOn(name))).toBe(true);
  });

  it.each<[string, NetworkInterface]>([
    ['the loopback', ethernet({ name: 'lo', loopback: true })],
    ['what needs no ARP', ethernet({ name: 'wg0', noArp: true })],
    ['a member of a bond or a bridge', ethernet({ name: 'eth1', master: 7 })],
    ['what is not Ethernet', ethernet({ name: 'ib0', ethernet: false })],
    ['what has no 48-bit MAC', withoutMac],
    ['a tunnel whose MAC is zero', ethernet({ name: 'gretap0', mac: ZERO_MAC })],
    ['what has the MAC of a group', ethernet({ name: 'eth2', mac: BROADCAST_MAC })],
  ])('never announces on %s, not even when a grant names it', (_name, link) => {
    expect(canAnnounce(link)).toBe(false);
    expect(serves(link, grantOn(link.name))).toBe(false);
  });

  it('announces only on the interfaces that a grant names', () => {
    expect(serves(ethernet({ name: 'eth0' }), grantOn('eth1', 'eth2'))).toBe(false);
    expect(serves(ethernet({ name: 'eth2' }), grantOn('eth1', 'eth2'))).toBe(true);
  });
});
