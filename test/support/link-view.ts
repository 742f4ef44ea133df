import type { IpAddress, MacAddress } from '../../src/core/net/index.ts';
import type { LinkView } from '../../src/speaker/packet/link-protocol.ts';

interface ViewFields {
  readonly mac: MacAddress;
  readonly otherMacs?: readonly MacAddress[];
  readonly peerMacs?: readonly MacAddress[];
  readonly kernelAddresses?: readonly IpAddress[];
  /** Answered with the MAC of the interface. */
  readonly owned?: readonly IpAddress[];
  /** Answered with another MAC. */
  readonly stoodInFor?: ReadonlyMap<IpAddress, MacAddress>;
  readonly asked?: readonly IpAddress[];
}

/** What an interface looks like that does this and nothing else. */
export function linkView(fields: ViewFields): LinkView {
  return {
    mac: fields.mac,
    nonce: new Uint8Array(6).fill(0xa5),
    ownMacs: new Set([fields.mac, ...(fields.otherMacs ?? [])]),
    peerMacs: new Set(fields.peerMacs),
    kernelAddresses: new Set(fields.kernelAddresses),
    macOf: (address) => (fields.owned?.includes(address) ? fields.mac : fields.stoodInFor?.get(address)),
    asksAbout: (address) => fields.asked?.includes(address) ?? false,
  };
}
