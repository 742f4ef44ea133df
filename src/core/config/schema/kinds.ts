import { bfdProfile } from './bfd-profile.ts';
import { bgpAdvertisement } from './bgp-advertisement.ts';
import { bgpPeer } from './bgp-peer.ts';
import { community } from './community.ts';
import { ipAddressPool } from './ip-address-pool.ts';
import type { KindDefinition } from './kind.ts';
import { l2Advertisement } from './l2-advertisement.ts';

/** Every kind that configures us. */
export const KINDS: readonly KindDefinition[] = [
  ipAddressPool,
  l2Advertisement,
  bgpAdvertisement,
  bgpPeer,
  bfdProfile,
  community,
];
