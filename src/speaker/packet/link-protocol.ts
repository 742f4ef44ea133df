import type { AnnouncingConfig } from '../../core/fsm/announcing/index.ts';
import type { IpAddress, IpFamily, MacAddress } from '../../core/net/index.ts';
import type { FrameProtocol } from '../../ports/frames.ts';
import type { DropReason } from '../../ports/packet-plane.ts';

/** What a decision about a frame depends on. */
export interface LinkView {
  /** MAC of the interface on which the frame came. */
  readonly mac: MacAddress;
  /** MACs of all interfaces of this node, members of bonds and bridges included. */
  readonly ownMacs: ReadonlySet<MacAddress>;
  /** The addresses that this node announces on the interface now. */
  readonly owned: { has(address: IpAddress): boolean };
}

export type Verdict =
  | {
      readonly kind: 'reply';
      readonly octets: Uint8Array;
      /** Whose allowance of replies this takes from. */
      readonly requester: MacAddress;
      /** The Ethernet source is not the MAC that the request names. */
      readonly mismatchedSource: boolean;
    }
  /** A foreign station claims an announced address. */
  | { readonly kind: 'conflict'; readonly address: IpAddress; readonly mac: MacAddress }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** How addresses of one family are resolved and announced on Ethernet. */
export interface LinkProtocol {
  readonly family: IpFamily;
  readonly frames: FrameProtocol;
  readonly announcing: AnnouncingConfig;
  /** What to do about a frame that came in. Pure. */
  judge(octets: Uint8Array, view: LinkView): Verdict;
  /** Frames that tell everybody, in all forms; none for an address of another family. */
  announcement(mac: MacAddress, address: IpAddress): readonly Uint8Array[];
  /** Frames that make a router learn the address; none when the families differ. */
  gatewayRefresh(mac: MacAddress, address: IpAddress, gateway: IpAddress): readonly Uint8Array[];
}
