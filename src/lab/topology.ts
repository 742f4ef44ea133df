import type { LabHost } from './network.ts';

/**
 * The lab's LAN, in a user's own words: three nodes, a client, and the control plane (Kubernetes API and controller) on one
 * switch. The pool is that of a MetalLB guide.
 */
export const CONTROL_PLANE: LabHost = { name: 'control-plane', address: '192.168.1.2/24' };
export const NODES: readonly LabHost[] = [
  { name: 'node-a', address: '192.168.1.11/24' },
  { name: 'node-b', address: '192.168.1.12/24' },
  { name: 'node-c', address: '192.168.1.13/24' },
];
export const CLIENT: LabHost = { name: 'client', address: '192.168.1.100/24' };

/** A block that covers the guide's pool, 192.168.1.240-192.168.1.250. */
export const POOL_BLOCK = '192.168.1.240/28';

/** The pool of the BGP guide: reached by way of a router, and on no link. */
export const ROUTED_BLOCK = '198.51.100.0/24';

/** The address of a host without its prefix length. */
export function addressOf(host: LabHost): string {
  return host.address.split('/')[0] ?? host.address;
}
