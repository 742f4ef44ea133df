import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { besideIn } from '../../../../src/adapters/linux/kernel-addresses.ts';
import { formatIp } from '../../../../src/core/net/index.ts';
import { ip } from '../../../support/ipam-pools.ts';

function entry(cidr: string): NetworkInterfaceInfo {
  const [address = ''] = cidr.split('/');
  const common = { address, netmask: '', mac: '', internal: false, cidr };
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}

const INTERFACES = {
  // As Linux lists them: the address that came last comes first.
  eth0: ['192.0.2.5/24', 'fd00::100/128', 'fd00::5/64', 'fe80::1/64'].map(entry),
  lo: ['127.0.0.1/8', '198.51.100.7/32', '::1/128'].map(entry),
};

const beside = (address: string): string[] => besideIn(INTERFACES, ip(address)).map(formatIp);

it('the addresses of an interface come before those that float between nodes', () => {
  expect(beside('192.0.2.5')).toEqual(['192.0.2.5', 'fd00::5', 'fe80::1', 'fd00::100']);
});

it('addresses that reach nobody else are left out', () => {
  expect(beside('198.51.100.7')).toEqual(['198.51.100.7']);
  expect(beside('127.0.0.1')).toEqual(['198.51.100.7']);
  expect(beside('203.0.113.1')).toEqual([]);
});
