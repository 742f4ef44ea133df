import type { AnnouncingConfig } from '../../core/fsm/announcing/index.ts';
import type { InquiryConfig, QuestionForm } from '../../core/fsm/inquiry/index.ts';
import type { IpAddress, IpFamily, MacAddress, Prefix } from '../../core/net/index.ts';
import type { FrameProtocol } from '../../ports/frames.ts';
import type { DropReason } from '../../ports/packet-plane.ts';

/** By what stations are told apart: this node, the nodes with which it shares addresses, and foreign ones. */
export interface NodeIdentity {
  /** MACs of all interfaces of this node, members of bonds and bridges included. */
  readonly ownMacs: { has(mac: MacAddress): boolean };
  /** MACs of the nodes with which this one shares addresses: among them it is not for ARP and NDP to say whose one is. */
  readonly peerMacs: { has(mac: MacAddress): boolean };
  /** Addresses that the kernel of this node holds, on whichever interface. */
  readonly kernelAddresses: { has(address: IpAddress): boolean };
}

/** What a decision about a frame depends on. */
export interface LinkView extends NodeIdentity {
  /** MAC of the interface on which the frame came. */
  readonly mac: MacAddress;
  /** Of this node's own questions. */
  readonly nonce: Uint8Array;
  /** The MAC with which an address is answered on the interface now; undefined: it is not answered. */
  macOf(address: IpAddress): MacAddress | undefined;
  /** Whether the LAN is being asked who has an address. */
  asksAbout(address: IpAddress): boolean;
}

export type Verdict =
  | {
      readonly kind: 'reply';
      /** The address that was asked for. */
      readonly target: IpAddress;
      readonly octets: Uint8Array;
      /** Whose allowance of replies this takes from. */
      readonly requester: MacAddress;
      /** The Ethernet source is not the MAC that the request names. */
      readonly mismatchedSource: boolean;
      /** What the request says of its sender besides. */
      readonly sighting?: Sighting;
    }
  | Sighting
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** What a frame says of an address that is announced here, or asked about. */
export type Sighting =
  /** Another station has it, by its own word. @see RFC 5227 §2.1.1, §2.4; RFC 4862 §5.4.4 */
  | { readonly kind: 'claim'; readonly address: IpAddress; readonly mac: MacAddress }
  /** Another station asks whether it is free. @see RFC 5227 §2.1.1, RFC 4862 §5.4.3 */
  | { readonly kind: 'rival'; readonly address: IpAddress; readonly mac: MacAddress }
  /** A station that is not this one sends with the MAC of the interface, as the owner of an address of its own. */
  | { readonly kind: 'duplicate-mac'; readonly address: IpAddress; readonly mac: MacAddress };

/** By whom a question is put. */
export interface Asker {
  readonly mac: MacAddress;
  /** Of the interface. */
  readonly addresses: readonly IpAddress[];
  /** 6 random octets, by which a question that comes back is known again. @see RFC 7527 §4.1 */
  readonly nonce: Uint8Array;
}

/** How addresses of one family are resolved and announced on Ethernet. */
export interface LinkProtocol {
  readonly family: IpFamily;
  readonly frames: FrameProtocol;
  readonly announcing: AnnouncingConfig;
  readonly inquiry: InquiryConfig;
  /** What to do about a frame that came in. Pure. */
  judge(octets: Uint8Array, view: LinkView): Verdict;
  /** Frames that tell everybody, in all forms, the one that works at once first; none for an address of another family. */
  announcement(mac: MacAddress, address: IpAddress): readonly Uint8Array[];
  /** Frames that make a router learn the address; none when the families differ. */
  gatewayRefresh(mac: MacAddress, address: IpAddress, gateway: IpAddress): readonly Uint8Array[];
  /** A frame that asks who has the address; none for an address of another family. */
  question(asker: Asker, address: IpAddress, form: QuestionForm): readonly Uint8Array[];
  /**
   * An address that no host has, reserved for documentation: who answers for it answers for everything.
   * @param subnets of the link; labs use such addresses, too
   */
  improbable(draw: number, subnets: readonly Prefix[]): IpAddress;
}
