import { z } from 'zod';
import type { BfdProfile } from '../bgp-config.ts';
import { described } from './fields.ts';
import { conditionsOnly, type DecodeSource, type KindDefinition, metallbVersion, ownVersion } from './kind.ts';

const interval = (description: string) =>
  described(z.int().min(10).max(60000).meta({ format: 'int32' }), description).exactOptional();

const spec = z.object({
  receiveInterval: interval('The least time between two packets that we can take, in milliseconds. Default 300.'),
  transmitInterval: interval('The least time between two packets that we send, in milliseconds. Default 300.'),
  detectMultiplier: described(
    z.int().min(2).max(255).meta({ format: 'int32' }),
    'The peer is down after this many packets that did not come. Default 3.',
  ).exactOptional(),
  echoInterval: interval('The least time between two echo packets that we can take, in milliseconds. Default 50.'),
  echoMode: described(z.boolean(), 'Sends echo packets. Not for peers that are several hops away.').exactOptional(),
  passiveMode: described(z.boolean(), 'Waits for the first packet of the peer.').exactOptional(),
  minimumTtl: described(
    z.int().min(1).max(254).meta({ format: 'int32' }),
    'For peers that are several hops away: the least TTL of a packet that counts. Default 254.',
  ).exactOptional(),
});

const columns = [
  { name: 'Passive Mode', type: 'boolean', jsonPath: '.spec.passiveMode' },
  { name: 'Transmit Interval', type: 'integer', jsonPath: '.spec.transmitInterval' },
  { name: 'Receive Interval', type: 'integer', jsonPath: '.spec.receiveInterval' },
  { name: 'Multiplier', type: 'integer', jsonPath: '.spec.detectMultiplier' },
] as const;

const version = {
  spec,
  status: conditionsOnly,
  columns,
  specRequired: false,
  build: (from: z.output<typeof spec>, source: DecodeSource) => ({
    kind: 'BFDProfile' as const,
    profile: profileOf(from, source),
  }),
};

export const bfdProfile: KindDefinition = {
  kind: 'BFDProfile',
  plural: 'bfdprofiles',
  singular: 'bfdprofile',
  shortName: 'lbbfd',
  description: 'How fast a BGP session notices that its peer is dead (BFD, RFC 5880).',
  versions: [metallbVersion({ version: 'v1beta1' }, version), ownVersion(version)],
};

/** The defaults are those of FRR, which MetalLB leaves them to. */
function profileOf(from: z.output<typeof spec>, { origin }: DecodeSource): BfdProfile {
  return {
    name: origin.name,
    origin,
    receiveIntervalMs: from.receiveInterval ?? 300,
    transmitIntervalMs: from.transmitInterval ?? 300,
    detectMultiplier: from.detectMultiplier ?? 3,
    echoIntervalMs: from.echoInterval ?? 50,
    echoMode: from.echoMode ?? false,
    passiveMode: from.passiveMode ?? false,
    minimumTtl: from.minimumTtl ?? 254,
  };
}
