import type { IpAddress, MacAddress } from '../../net/index.ts';

/** Ages a grant: the larger (generation, counter) is the newer. */
export interface Epoch {
  readonly generation: number;
  readonly counter: number;
}

/**
 * How strong a claim is. The larger (epoch, term) wins; at equality the smaller rank. The controller raises the epoch, a
 * takeover without the controller raises the term.
 */
export interface ClaimOrder {
  readonly epoch: Epoch;
  /** 0 to 2^32 - 1; 0 = by the grant itself. */
  readonly term: number;
  /** Place of the claimant in the grant's list of candidates, 0 to 255; `UNRANKED` = not in it. */
  readonly rank: number;
}

/** How a node holds an address. */
export type Holding =
  /** It announces the address with its own MAC. */
  | 'claim'
  /** It answers with the MAC of the owner, whose speaker is silent; the order is that of the owner's claim. */
  | 'stand-in'
  /** Neither, any more. */
  | 'nothing';

/** What a node holds, in one line of a hello. */
export interface HelloEntry {
  readonly address: IpAddress;
  readonly holding: Holding;
  readonly order: ClaimOrder;
}

/** An interface of the sender on which it announces, or, always down, one whose MAC its kernel may answer with. */
export interface HelloInterface {
  /** 1 to 15 octets of ASCII. */
  readonly name: string;
  readonly mac: MacAddress;
  readonly up: boolean;
}

/** Somebody whom the sender hears. */
export interface HeardNeighbour {
  /** `nodeTag` of its name. */
  readonly tag: number;
  /** How long ago it was heard last, in milliseconds, 0 to 65,535. */
  readonly ageMs: number;
}

/** What the sender heard of the receiver: it proves that the sender is alive now, and acknowledges claims. */
export interface HelloEcho {
  /** 0 = it heard nothing yet. */
  readonly incarnation: number;
  /** The newest hello that it received. */
  readonly sequence: number;
  /** Bit i, 0 to 31: it believed hello `sequence` - i, and what that said is acknowledged. */
  readonly accepted: number;
}

/** What a speaker tells a neighbour every interval: that it lives, whom it hears, and what it holds. */
export interface Hello {
  readonly sender: string;
  /** `nodeTag` of the receiver's name: a hello to one neighbour cannot be played to another. */
  readonly receiver: number;
  /** Drawn anew by every start of the sender; 1 to 2^48 - 1. */
  readonly incarnation: number;
  /** Counts the hellos of this incarnation to this receiver, from 1. */
  readonly sequence: number;
  readonly echo: HelloEcho;
  /** Pause between two hellos, 10 to 10,000 ms. */
  readonly intervalMs: number;
  /** It stops by plan and will be back: forwarding goes on. */
  readonly leaving: boolean;
  /** It has just started and has not yet made up its mind: what it held before it may still hold. */
  readonly starting: boolean;
  /** It hears nobody, or did not until just now: in the meantime others may have gone on without it. */
  readonly alone: boolean;
  /** At most 16. */
  readonly interfaces: readonly HelloInterface[];
  /** At most 64. */
  readonly heard: readonly HeardNeighbour[];
  /** Number of the full exchange to which the entries belong: with a new one the receiver forgets all before. */
  readonly exchange: number;
  /** The sender lacks entries of the receiver: please begin a new exchange. */
  readonly resync: boolean;
  /** Exclusive or of `entryDigest` over everything that the sender holds. */
  readonly digest: number;
  /** What changed and is not acknowledged, as much as fits. */
  readonly entries: readonly HelloEntry[];
}
