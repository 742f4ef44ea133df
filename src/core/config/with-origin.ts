import type { Decoded } from './decoded.ts';
import type { Origin } from './origin.ts';

/** The same, as if it had been written elsewhere. */
export function withOrigin(value: Decoded, origin: Origin): Decoded {
  switch (value.kind) {
    case 'IPAddressPool':
      return { ...value, pool: { ...value.pool, origin } };
    case 'L2Advertisement':
      return { ...value, advertisement: { ...value.advertisement, origin } };
    case 'BGPAdvertisement':
      return { ...value, advertisement: { ...value.advertisement, origin } };
    case 'BGPPeer':
      return { ...value, peer: { ...value.peer, origin } };
    case 'BFDProfile':
      return { ...value, profile: { ...value.profile, origin } };
    case 'Community':
      return { ...value, origin };
  }
}

export function originOfDecoded(value: Decoded): Origin {
  switch (value.kind) {
    case 'IPAddressPool':
      return value.pool.origin;
    case 'L2Advertisement':
    case 'BGPAdvertisement':
      return value.advertisement.origin;
    case 'BGPPeer':
      return value.peer.origin;
    case 'BFDProfile':
      return value.profile.origin;
    case 'Community':
      return value.origin;
  }
}
