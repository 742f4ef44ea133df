import type { BfdProfile, BgpAdvertisement, BgpCommunity, BgpPeer } from './bgp-config.ts';
import type { L2Advertisement, Pool } from './config.ts';
import type { Origin } from './origin.ts';

/** What one valid object says; before it is seen together with the others, references are names. */
export type Decoded =
  | { readonly kind: 'IPAddressPool'; readonly pool: Pool }
  | { readonly kind: 'L2Advertisement'; readonly advertisement: L2Advertisement }
  | { readonly kind: 'BGPAdvertisement'; readonly advertisement: DecodedBgpAdvertisement }
  | { readonly kind: 'BGPPeer'; readonly peer: DecodedBgpPeer }
  | { readonly kind: 'BFDProfile'; readonly profile: BfdProfile }
  | { readonly kind: 'Community'; readonly origin: Origin; readonly aliases: readonly CommunityAlias[] };

export type DecodedKind = Decoded['kind'];

export type CommunityOrAlias = BgpCommunity | { readonly kind: 'alias'; readonly name: string };

export type DecodedBgpAdvertisement = Omit<BgpAdvertisement, 'communities'> & {
  readonly communities: readonly CommunityOrAlias[];
};

/** The profile is a name until it is looked up. */
export type DecodedBgpPeer = Omit<BgpPeer, 'bfdProfile'> & { readonly bfdProfile?: BfdProfile | string };

export interface CommunityAlias {
  readonly name: string;
  readonly value: BgpCommunity;
}
