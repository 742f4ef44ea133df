import type { BgpAdvertisement, BgpCommunity, BgpPeer } from '../../../src/core/config/bgp-config.ts';
import { type Asn, asnFromNumber } from '../../../src/core/net/index.ts';
import { ip } from '../channel/announcer-bed.ts';

export function asn(value: number): Asn {
  const parsed = asnFromNumber(value);
  if (parsed === undefined) throw new Error(`${value} is no AS number`);
  return parsed;
}

/** `64512:100`. */
export function community(text: string): BgpCommunity {
  const [high = 0, low = 0] = text.split(':').map(Number);
  return { kind: 'standard', high, low };
}

export function bgpAdvertisement(name: string, fields: Partial<BgpAdvertisement> = {}): BgpAdvertisement {
  return {
    name,
    origin: { apiVersion: 'metallb.io/v1beta1', kind: 'BGPAdvertisement', namespace: 'metallb-system', name },
    aggregationLength: 32,
    aggregationLengthV6: 128,
    localPref: 0,
    prepend: 0,
    communities: [],
    ipAddressPools: [],
    ipAddressPoolSelectors: [],
    nodeSelectors: [],
    serviceSelectors: [],
    peers: [],
    ...fields,
  };
}

export function bgpPeer(name: string, fields: Partial<BgpPeer> = {}): BgpPeer {
  return {
    name,
    origin: { apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', namespace: 'metallb-system', name },
    myAsn: asn(64512),
    peerAsn: { kind: 'number', asn: asn(64513) },
    endpoint: { kind: 'address', address: ip('192.0.2.1') },
    peerPort: 179,
    nodeSelectors: [],
    bfdStrict: false,
    passive: false,
    gracefulRestart: false,
    ebgpMultiHop: false,
    dualStack: false,
    disableMultiprotocol: false,
    ...fields,
  };
}
