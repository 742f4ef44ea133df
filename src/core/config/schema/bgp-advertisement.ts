import { z } from 'zod';
import type { DecodedBgpAdvertisement } from '../decoded.ts';
import { advertisementFields } from './advertisement-fields.ts';
import { type CelRule, described, distinct, names } from './fields.ts';
import { conditionsOnly, type DecodeSource, type KindDefinition, metallbVersion, ownVersion } from './kind.ts';
import { communityOrAlias } from './text-values.ts';

const wholeRoutes: CelRule = {
  rule: '!has(self.serviceSelectors) || size(self.serviceSelectors) == 0 || ((!has(self.aggregationLength) || self.aggregationLength == 32) && (!has(self.aggregationLengthV6) || self.aggregationLengthV6 == 128))',
  message: 'serviceSelectors go with aggregationLength 32 and aggregationLengthV6 128 only; remove one or the other',
};

/** More than this no speaker takes, and already fewer fill an UPDATE. @see RFC 4271 §4 */
const ENTRIES_MAX = 1_024;

const common = {
  aggregationLength: described(
    z.int().min(1).max(32).meta({ format: 'int32' }),
    'Prefix length of the IPv4 routes. Not shorter than the shortest prefix of the pools: else addresses of others would be announced.',
  ).default(32),
  aggregationLengthV6: described(
    z.int().min(1).max(128).meta({ format: 'int32' }),
    'Prefix length of the IPv6 routes, likewise.',
  ).default(128),
  localPref: described(
    z.int().min(0).max(4294967295),
    'LOCAL_PREF of the routes on internal sessions: the higher is preferred.',
  ).exactOptional(),
  communities: described(
    distinct(communityOrAlias, 'community').max(ENTRIES_MAX),
    'Communities of the routes: `64512:100`, `large:64512:1:2`, or a name that a Community object gives.',
  ).default([]),
  ...advertisementFields,
  peers: described(
    names('a BGPPeer').max(ENTRIES_MAX),
    'Names of the peers to announce to. Empty: every peer.',
  ).default([]),
};

const metallb = z.object(common).superRefine(checkLengths);

const own = z
  .object({
    ...common,
    med: described(
      z.int().min(0).max(4294967295),
      'MULTI_EXIT_DISC of the routes: of several ways into our AS, a router prefers the lower.',
    ).exactOptional(),
    prepend: described(
      z.int().min(0).max(10).meta({ format: 'int32' }),
      'Our AS number is this many times more in the AS_PATH of the routes on external sessions: the shorter path is preferred.',
    ).exactOptional(),
  })
  .superRefine(checkLengths);

type AdvertisementSpec = z.output<typeof metallb> & Partial<z.output<typeof own>>;

function checkLengths(from: z.output<z.ZodObject<typeof common>>, context: z.core.$RefinementCtx): void {
  if (from.serviceSelectors.length === 0) return;
  const lengths = [
    ['aggregationLength', from.aggregationLength, 32],
    ['aggregationLengthV6', from.aggregationLengthV6, 128],
  ] as const;
  for (const [name, length, whole] of lengths) {
    if (length === whole) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `cannot go with serviceSelectors, since a route then holds addresses of several Services; write ${whole} or remove the selectors`,
    });
  }
}

const columns = [
  { name: 'IPAddressPools', type: 'string', jsonPath: '.spec.ipAddressPools' },
  { name: 'IPAddressPool Selectors', type: 'string', jsonPath: '.spec.ipAddressPoolSelectors' },
  { name: 'Peers', type: 'string', jsonPath: '.spec.peers' },
  { name: 'Node Selectors', type: 'string', jsonPath: '.spec.nodeSelectors', priority: 10 },
] as const;

const version = {
  status: conditionsOnly,
  columns,
  specRequired: false,
  rules: [wholeRoutes],
  build: (from: AdvertisementSpec, source: DecodeSource) => ({
    kind: 'BGPAdvertisement' as const,
    advertisement: advertisementOf(from, source),
  }),
};

export const bgpAdvertisement: KindDefinition = {
  kind: 'BGPAdvertisement',
  plural: 'bgpadvertisements',
  singular: 'bgpadvertisement',
  shortName: 'lbbgp',
  description: 'Announces addresses of pools to routers, by BGP.',
  versions: [
    metallbVersion({ version: 'v1beta1' }, { ...version, spec: metallb }),
    ownVersion({ ...version, spec: own }),
  ],
};

function advertisementOf(from: AdvertisementSpec, { origin }: DecodeSource): DecodedBgpAdvertisement {
  return { ...from, name: origin.name, origin, localPref: from.localPref ?? 0, prepend: from.prepend ?? 0 };
}
