import type { MetricDefinition } from '../../ports/metrics.ts';

export const POOL_ADDRESSES: MetricDefinition<'pool' | 'family' | 'state'> = {
  name: 'heraldlb_pool_addresses',
  help: 'Addresses of a pool, by family: assigned to Services (a shared one counts once), or available to them.',
  labels: ['pool', 'family', 'state'],
};

/** As MetalLB names them, for dashboards and alerts that are there already. */
export const METALLB_ALLOCATOR = {
  total: allocator('addresses_total', 'Addresses of a pool that Services have or can have.'),
  totalIPv4: allocator('ipv4_addresses_total', 'IPv4 addresses of a pool that Services have or can have.'),
  totalIPv6: allocator('ipv6_addresses_total', 'IPv6 addresses of a pool that Services have or can have.'),
  inUse: allocator('addresses_in_use_total', 'Addresses of a pool that Services have; a shared one counts once.'),
  inUseIPv4: allocator('ipv4_addresses_in_use_total', 'IPv4 addresses of a pool that Services have.'),
  inUseIPv6: allocator('ipv6_addresses_in_use_total', 'IPv6 addresses of a pool that Services have.'),
} as const;

function allocator(name: string, help: string): MetricDefinition<'pool'> {
  return { name: `metallb_allocator_${name}`, help, labels: ['pool'], type: 'gauge' };
}
