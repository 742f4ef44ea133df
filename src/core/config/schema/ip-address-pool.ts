import { z } from 'zod';
import { formatIp } from '../../net/index.ts';
import type { Pool } from '../config.ts';
import { addressEntry, type CelRule, described, labelSelectors, names, rangeShape } from './fields.ts';
import { conditions, type DecodeSource, type KindDefinition, metallbVersion, ownVersion } from './kind.ts';
import { overlapsWithin } from './range-overlaps.ts';
import { checkReservations, type PoolReservations, reservations } from './reservations.ts';

const ADDRESSES_MAX = 4096;
const ADDRESS_LENGTH_MAX = 128;

/** Refuses what users write most often in place of a range; the order of the two ends is left to the decoder. */
const oneAddress: CelRule = {
  rule: '!isIP(self.trim())',
  messageExpression:
    "'\"' + self + '\" is a single address without a prefix length; write \"' + self.trim() + (self.contains(':') ? '/128\"' : '/32\"')",
};
const addresses = z
  .array(
    addressEntry.meta({
      description: 'A CIDR, or the first and the last address with a dash between them.',
      maxLength: ADDRESS_LENGTH_MAX,
      'x-kubernetes-validations': [oneAddress, rangeShape],
    }),
  )
  .min(1)
  .max(ADDRESSES_MAX)
  .superRefine((ranges, context) => {
    for (const [at, other] of overlapsWithin(ranges)) {
      const { first, last } = ranges[other] ?? {};
      const text = first === undefined || last === undefined ? '' : ` (${formatIp(first)}-${formatIp(last)})`;
      context.addIssue({
        code: 'custom',
        path: [at],
        message: `overlaps spec.addresses[${other}]${text}; remove or shrink one of the two`,
      });
    }
  });

const serviceAllocation = z.object({
  priority: described(
    z.int().min(-2147483648).max(2147483647),
    'Among the pools that are pinned to a Service, the lower number goes first; 0 and unset go last.',
  ).exactOptional(),
  namespaces: described(
    names('a namespace'),
    'Names of the namespaces whose Services may have addresses of this pool. With `namespaceSelectors`: united. With neither: every namespace.',
  ).default([]),
  namespaceSelectors: labelSelectors('Selects those namespaces by their labels; any one must match.'),
  serviceSelectors: labelSelectors(
    'Only Services whose labels match any one of these have addresses of this pool. Empty: every Service.',
  ),
});

const spec = z.object({
  addresses: described(
    addresses,
    'The addresses to give to Services. The bits beyond the length of a CIDR do not count. No address may be in two pools.',
  ),
  autoAssign: described(
    z.boolean(),
    'False: an address of this pool is given out only when a Service asks for the pool or for the address.',
  ).default(true),
  avoidBuggyIPs: described(
    z.boolean(),
    'True: no IPv4 address that ends in .0 or .255 is given out, since some old routers drop packets to them.',
  ).default(false),
  serviceAllocation: described(
    serviceAllocation,
    'Pins the pool: only these Services have addresses of it, and they try it before the pools that are not pinned.',
  ).exactOptional(),
});

/** MetalLB has no reservations: they are in our own group only. */
const specWithReservations = spec.extend({ reservations }).superRefine(checkReservations);

const count = (description: string) =>
  described(z.int().meta({ format: 'int64' }), `${description} Stays at 9223372036854775807 when there are more.`);

const status = z.object({
  assignedIPv4: count('IPv4 addresses of this pool that Services have.'),
  assignedIPv6: count('IPv6 addresses of this pool that Services have.'),
  availableIPv4: count('IPv4 addresses of this pool that are free.'),
  availableIPv6: count('IPv6 addresses of this pool that are free.'),
  unavailable: described(
    z.array(
      z.object({
        address: described(z.string(), 'The address.'),
        cause: described(z.string(), 'Why: it is the own address of a node, or another host answers for it.'),
      }),
    ),
    'Addresses of this pool that are given to nobody, though no Service has them. The first 50.',
  ).optional(),
  conditions: conditions.optional(),
});

const columns = [
  { name: 'Auto Assign', type: 'boolean', jsonPath: '.spec.autoAssign' },
  { name: 'Avoid Buggy IPs', type: 'boolean', jsonPath: '.spec.avoidBuggyIPs' },
  { name: 'Addresses', type: 'string', jsonPath: '.spec.addresses' },
] as const;

const version = {
  status,
  specRequired: true,
  build: (from: z.output<typeof spec> & PoolReservations, source: DecodeSource) => ({
    kind: 'IPAddressPool' as const,
    pool: poolOf(from, source),
  }),
};

export const ipAddressPool: KindDefinition = {
  kind: 'IPAddressPool',
  plural: 'ipaddresspools',
  singular: 'ipaddresspool',
  shortName: 'lbpool',
  description: 'A pool of addresses for Services of type LoadBalancer.',
  versions: [
    metallbVersion({ version: 'v1beta1' }, { ...version, spec, columns }),
    ownVersion({
      ...version,
      spec: specWithReservations,
      columns: [
        ...columns,
        { name: 'Assigned IPv4', type: 'integer', jsonPath: '.status.assignedIPv4' },
        { name: 'Available IPv4', type: 'integer', jsonPath: '.status.availableIPv4' },
        { name: 'Assigned IPv6', type: 'integer', jsonPath: '.status.assignedIPv6', priority: 1 },
        { name: 'Available IPv6', type: 'integer', jsonPath: '.status.availableIPv6', priority: 1 },
      ],
    }),
  ],
};

function poolOf(from: z.output<typeof spec> & PoolReservations, source: DecodeSource): Pool {
  return {
    name: source.origin.name,
    origin: source.origin,
    labels: source.labels,
    ranges: from.addresses,
    autoAssign: from.autoAssign,
    avoidBuggyIps: from.avoidBuggyIPs,
    ...(from.serviceAllocation === undefined ? {} : { serviceAllocation: { priority: 0, ...from.serviceAllocation } }),
    ...(from.reservations === undefined ? {} : { reservations: from.reservations }),
  };
}
