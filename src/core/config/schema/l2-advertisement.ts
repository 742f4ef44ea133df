import { z } from 'zod';
import type { L2Advertisement } from '../config.ts';
import { advertisementFields } from './advertisement-fields.ts';
import { described, labelSelector, nameOf } from './fields.ts';
import { conditionsOnly, type DecodeSource, type KindDefinition, metallbVersion, ownVersion } from './kind.ts';

const preferredNodeSelector = z.object({
  weight: described(
    z.int().min(1).max(100).meta({ format: 'int32' }),
    'Added to the score of a node that matches, 1 to 100. Among the nodes that may announce, the higher score goes first.',
  ),
  preference: labelSelector.meta({ description: 'Selects nodes by their labels. Empty: every node.' }),
});

const spec = z.object({
  ...advertisementFields,
  preferredNodeSelectors: described(
    z.array(preferredNodeSelector),
    'Which of the nodes that may announce should rather do so.',
  ).default([]),
  interfaces: described(
    z.array(nameOf('a network interface')),
    'Names of the interfaces of a node that answer. Empty: every interface that is fit for it.',
  ).default([]),
});

const columns = [
  { name: 'IPAddressPools', type: 'string', jsonPath: '.spec.ipAddressPools' },
  { name: 'IPAddressPool Selectors', type: 'string', jsonPath: '.spec.ipAddressPoolSelectors' },
  { name: 'Interfaces', type: 'string', jsonPath: '.spec.interfaces' },
  { name: 'Node Selectors', type: 'string', jsonPath: '.spec.nodeSelectors', priority: 10 },
] as const;

const version = {
  spec,
  status: conditionsOnly,
  columns,
  specRequired: false,
  build: (from: z.output<typeof spec>, source: DecodeSource) => ({
    kind: 'L2Advertisement' as const,
    advertisement: advertisementOf(from, source),
  }),
};

export const l2Advertisement: KindDefinition = {
  kind: 'L2Advertisement',
  plural: 'l2advertisements',
  singular: 'l2advertisement',
  shortName: 'lbl2',
  description: 'Announces addresses of pools on the local network, by ARP and NDP.',
  versions: [metallbVersion({ version: 'v1beta1' }, version), ownVersion(version)],
};

function advertisementOf(from: z.output<typeof spec>, { origin }: DecodeSource): L2Advertisement {
  // As MetalLB does, which takes an interface that is named twice.
  return { name: origin.name, origin, ...from, interfaces: [...new Set(from.interfaces)] };
}
