import type { IpAddress, MacAddress } from '../core/net/index.ts';
import type {
  Claim,
  ConflictSign,
  Epoch,
  Grant,
  HelloKey,
  InterfaceReport,
  Neighbour,
  NeighbourReport,
  ProbeResult,
} from './channel.ts';
import type { SendOutcome } from './frames.ts';

/**
 * The part of a speaker that touches packets. It runs in a thread of its own, so what crosses is plain data: commands go in,
 * notices come out, neither answers the other.
 */
export interface PacketPlane {
  /**
   * Resolves when the interfaces are known.
   * @throws Error whose message says in one line what is missing: a permission, a library
   */
  start(listener: PacketPlaneListener): Promise<void>;
  command(command: PacketCommand): void;
  /** Stops answering. Resolves when nothing is sent any more. */
  stop(): Promise<void>;
}

export interface PacketPlaneListener {
  notice(notice: PacketNotice): void;
  /** The plane died; nothing is answered any more. */
  failed(error: Error): void;
}

/** What this node may announce and whom it shares that with. Said twice it changes nothing. */
export type PacketCommand =
  /** What the last process of this node knew: given at most once, before everything but the keys. */
  | {
      readonly kind: 'restore';
      readonly neighbours: readonly Neighbour[];
      readonly ownAddresses: readonly IpAddress[];
      readonly grants: readonly Grant[];
      readonly claims: readonly HeldClaim[];
    }
  | { readonly kind: 'change'; readonly grants: readonly Grant[]; readonly revoked: readonly IpAddress[] }
  /** All neighbours. Hellos are spoken from the own addresses only, if there are any. */
  | {
      readonly kind: 'neighbours';
      readonly neighbours: readonly Neighbour[];
      readonly ownAddresses: readonly IpAddress[];
    }
  /** All keys of hellos: the first is for sending, each is good for receiving. */
  | { readonly kind: 'hello-keys'; readonly keys: readonly HelloKey[] }
  /** Announce these once more, as far as this node owns them. */
  | { readonly kind: 'reclaim'; readonly addresses: readonly IpAddress[] }
  /** Ask the LAN who has these; answered by `probed`. */
  | { readonly kind: 'probe'; readonly requestId: number; readonly addresses: readonly IpAddress[] }
  /** The process stops by plan: neighbours are told, and answering goes on until `stop`. */
  | { readonly kind: 'leaving' };

/** A claim as it has to be known to go on with it. */
export interface HeldClaim {
  readonly address: IpAddress;
  readonly epoch: Epoch;
  readonly term: number;
  /** Place of the node among the candidates, 0 to 255; 255 = not among them. */
  readonly rank: number;
}

export type PacketNotice =
  /** All interfaces on which this node can announce, whenever they change. The first one says that the plane is ready. */
  | { readonly kind: 'interfaces'; readonly interfaces: readonly InterfaceReport[] }
  /** What became announced, or is announced by another grant than before, and what is not announced any more. */
  | { readonly kind: 'claims'; readonly claimed: readonly Claim[]; readonly released: readonly IpAddress[] }
  /** How this node began or ceased to hold addresses, and why. */
  | { readonly kind: 'ownership'; readonly changes: readonly OwnershipChange[] }
  /** The LAN was asked who has an address that a neighbour announces. */
  | {
      readonly kind: 'verified';
      readonly address: IpAddress;
      readonly owner: string;
      /** One answered, and with a MAC of the owner. */
      readonly agrees: boolean;
      readonly answeredBy: readonly MacAddress[];
    }
  | { readonly kind: 'probed'; readonly requestId: number; readonly results: readonly ProbeResult[] }
  /** How it sees each of its neighbours, whenever one of them changes. */
  | { readonly kind: 'neighbourhood'; readonly neighbours: readonly NeighbourReport[] }
  /** What was counted since the last notice of this kind; at most one a second. */
  | { readonly kind: 'counters'; readonly counters: PacketCounters }
  | { readonly kind: 'event'; readonly event: PacketEvent };

export interface OwnershipChange {
  readonly address: IpAddress;
  /** `stand-in`: it answers with the MAC of the owner, whose speaker is silent. */
  readonly holding: 'claim' | 'stand-in' | 'nothing';
  /** A word of the ownership machine. */
  readonly reason: string;
  /** Of a claim: the former owner; of a stand-in: the owner; of a release: whose claim prevails. As far as known. */
  readonly other?: string;
  /** From the last sign of life of the former owner to the claim. */
  readonly gapMs?: number;
}

/** Why a received hello was ignored. Bounded: it labels a counter. */
export type HelloDropReason =
  /** Not a hello. */
  | 'malformed'
  /** Not made with a key that is valid now. */
  | 'wrong-key'
  /** From an address that belongs to no neighbour, or to another one than it names. */
  | 'foreign-address'
  /** From somebody who is no neighbour. */
  | 'unknown-sender'
  /** Meant for another node. */
  | 'other-receiver'
  /** Not newer than one that was accepted. */
  | 'replayed'
  /** Of an incarnation that has not yet proven that it lives now. */
  | 'unproven'
  /** More came from the address than any neighbour sends. */
  | 'rate-limit';

/** Why a received frame was not answered. Bounded: it labels a counter. @see RFC 826, RFC 5227, RFC 4861 */
export type DropReason =
  /** Shorter than an ARP packet in its frame (42 octets), or than the IPv6 header says. */
  | 'truncated'
  /** ARP that is not for Ethernet and IPv4, or an NDP message that hosts must discard. @see RFC 4861 §7.1 */
  | 'malformed'
  /** Damaged on its way. */
  | 'bad-checksum'
  /** Meant for another station, or of another VLAN: the kernel strips the tag and leaves only this sign. */
  | 'other-host'
  /** Sent by this node. */
  | 'outgoing'
  /** Bears a MAC of this node: a switch, an access point or a bond sent our own frame back. */
  | 'own-reflection'
  /** Neither request nor reply. */
  | 'unknown-operation'
  /** The sender's MAC is zero, broadcast or multicast. */
  | 'bad-sender-mac'
  /** The sender's address is multicast, broadcast or loopback. */
  | 'bad-sender-address'
  /** A solicitation sent neither to its target nor to the target's solicited-node group. */
  | 'bad-destination'
  /** A reply or an advertisement, which asks for nothing. */
  | 'not-a-request'
  /** Asks for an address that this node does not announce on this interface. */
  | 'not-owned'
  /** A foreign station claims an address that this node announces, or may announce: an event says which. */
  | 'conflict'
  /** A neighbour claims an address that this node announces: hellos decide whose it is. */
  | 'peer-claim'
  /** Another station asks whether an address is free that this node asks about. @see RFC 5227 §2.1.1 */
  | 'rival-probe'
  /** Answers a question of this node. */
  | 'answer'
  /** The station asked more often than 500 times a second, after a first 1,000. */
  | 'requester-rate-limit'
  /** The interface has sent its 2,000 replies of this second. */
  | 'interface-rate-limit'
  /** The answer could not be sent. */
  | 'send-failed'
  /** The kernel threw it away: it came faster than frames were read. */
  | 'overrun';

export interface PacketCounters {
  /** Frames that reached the program. */
  readonly received: number;
  readonly replies: number;
  /** Of the replies, those to a request whose Ethernet source differs from its sender MAC: wifi bridges, hypervisors. */
  readonly mismatchedSource: number;
  readonly announcements: number;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  readonly sendFailures: Readonly<Partial<Record<Exclude<SendOutcome, 'sent'>, number>>>;
  /** Of the above, what was about each address that this node answers for. */
  readonly addresses: ReadonlyMap<IpAddress, AddressCounters>;
  readonly hellos: HelloCounters;
  /** How late a timer of the thread was, at most. */
  readonly lateMs: number;
}

export interface AddressCounters {
  /** Questions for the address that are to be answered, as far as limits allow. */
  readonly requests: number;
  readonly replies: number;
  readonly announcements: number;
}

export interface HelloCounters {
  readonly sent: number;
  readonly received: number;
  readonly drops: Readonly<Partial<Record<HelloDropReason, number>>>;
  readonly sendFailures: Readonly<Partial<Record<Exclude<SendOutcome, 'sent'>, number>>>;
}

/** Something that people should hear of. Each kind is told at most once in 10 s for one address. */
export type PacketEvent =
  /** Another station is in the way of an address. @see RFC 5227 §2.1.1, §2.4; RFC 4862 §5.4 */
  | {
      readonly kind: 'conflict';
      readonly address: IpAddress;
      readonly mac: MacAddress;
      readonly interface: string;
      readonly seen: ConflictSign;
    }
  /** After a conflict: no foreign station has the address any more. */
  | { readonly kind: 'conflict-over'; readonly address: IpAddress; readonly interface: string }
  /** The kernel holds the address too and answers ARP for it on every interface: arp_ignore=1, arp_announce=2 are wanted. */
  | { readonly kind: 'kernel-answers'; readonly address: IpAddress; readonly interface: string }
  /**
   * The kernel joins no multicast group on the interface (IPv6 may be switched off): switches that listen to MLD may keep
   * solicitations away.
   */
  | { readonly kind: 'groups-refused'; readonly interface: string }
  /** No socket could be had for hellos: neighbours take this speaker for stopped. */
  | { readonly kind: 'hellos-refused'; readonly reason: string }
  /** No socket could be had on an interface that should announce. */
  | { readonly kind: 'interface-refused'; readonly interface: string; readonly reason: string };
