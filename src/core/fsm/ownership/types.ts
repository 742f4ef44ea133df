import type { ClaimOrder, Epoch, Hello, HelloInterface } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';

/** Who may announce an address, as the controller decided it. */
export interface OwnershipGrant {
  readonly address: IpAddress;
  readonly epoch: Epoch;
  /** Node names, best first. */
  readonly candidates: readonly string[];
  /** Names of the interfaces that may announce it; undefined = every one. */
  readonly interfaces?: readonly string[];
}

/** A node with which this one exchanges hellos. */
export interface OwnershipNeighbour {
  readonly nodeName: string;
  /** Addresses of the node; a hello that comes from another is refused. */
  readonly addresses: readonly IpAddress[];
}

export interface OwnershipOptions {
  readonly nodeName: string;
  /** Drawn by chance at every start of the process, 1 to 2^48 - 1. */
  readonly incarnation: number;
  readonly timing?: Partial<OwnershipTiming>;
  /** False where switches inspect ARP: the standby takes over instead of standing in. */
  readonly standIn?: boolean;
}

/** All in milliseconds. */
export interface OwnershipTiming {
  /** Between two hellos to a neighbour. */
  readonly helloIntervalMs: number;
  /** How long a speaker may be silent while its kernel answers, where standing in is switched off. */
  readonly silenceGraceMs: number;
  /** How long a stand-in answers for a speaker that does not come back. */
  readonly standInGraceMs: number;
  /** How much longer the next candidate waits for a better one that could have acted. */
  readonly patienceMs: number;
  /** The same while nobody has claimed the address since it was granted. */
  readonly grantPatienceMs: number;
  /** How much longer for a neighbour that holds something it had no time to tell. */
  readonly untoldPatienceMs: number;
  /** How long a starting node listens before it acts, unless it hears all its neighbours earlier. */
  readonly settleMs: number;
}

export type OwnershipEvent =
  /** What the controller decided. An older epoch than the one held is ignored. */
  | {
      readonly kind: 'grants';
      readonly changed: readonly OwnershipGrant[];
      readonly revoked: readonly IpAddress[];
    }
  /** All nodes to exchange hellos with. */
  | { readonly kind: 'neighbours'; readonly neighbours: readonly OwnershipNeighbour[] }
  /** An authenticated hello, and the address that it came from. */
  | { readonly kind: 'hello'; readonly from: IpAddress; readonly hello: Hello }
  /** The kernel of a neighbour answered ARP or a neighbour solicitation for an address of its node. */
  | { readonly kind: 'kernel-answered'; readonly nodeName: string }
  /** Some gateway answered. */
  | { readonly kind: 'gateway-answered' }
  /** All own interfaces on which addresses can be announced, most useful first; others, as down, to be said only. */
  | { readonly kind: 'interfaces'; readonly interfaces: readonly HelloInterface[] }
  /** What this node held when its speaker stopped, from its local state: before the first `tick`. */
  | { readonly kind: 'restored'; readonly grants: readonly OwnershipGrant[]; readonly claims: readonly RestoredClaim[] }
  /** The speaker stops by plan. */
  | { readonly kind: 'leaving' }
  /** The controller, or whoever compared what the LAN answers, wants these to be announced once more. */
  | { readonly kind: 'reclaim'; readonly addresses: readonly IpAddress[] }
  | { readonly kind: 'tick' };

export interface RestoredClaim {
  readonly address: IpAddress;
  readonly order: ClaimOrder;
}

export type ClaimReason =
  /** The grant puts this node first. */
  | 'granted'
  /** The speaker restarted and goes on. */
  | 'restored'
  /** This node owns the address already; a newer grant says so too. */
  | 'confirmed'
  /** The owner is silent, and so is its kernel. */
  | 'neighbour-down'
  /** The owner hears nobody, and its kernel is silent. */
  | 'neighbour-deaf'
  /** The owner's speaker did not come back within the grace time. */
  | 'grace-over'
  /** The owner's speaker stopped, and standing in is switched off. */
  | 'neighbour-stopped'
  /** The owner let go of the address: its link went down. */
  | 'owner-released'
  /** This node let go of the address when its link went down; the link is back, and nobody took the address. */
  | 'link-up'
  /** Nobody claimed the address since it was granted. */
  | 'unclaimed';

export type StandInReason =
  /** The owner's speaker is silent, its kernel answers. */
  | 'neighbour-stopped'
  /** The owner's speaker said that it stops, or has just started. */
  | 'neighbour-leaving';

export type ReleaseReason =
  /** The controller took the grant back. */
  | 'revoked'
  /** A newer grant put another node first, which claims the address now. */
  | 'moved'
  /** Another node's claim is stronger. */
  | 'outranked'
  /** Another node claims it too and does not hear this one: only this one can give way. */
  | 'unheard'
  /** No interface is left that may announce the address. */
  | 'link-down'
  /** End of a stand-in: the owner is back. */
  | 'owner-returned'
  /** End of a stand-in: another candidate does it, or this node no longer is one. */
  | 'not-needed';

/** Why a hello was ignored. Bounded: it labels a counter. */
export type HelloRefusal =
  /** Nobody with whom hellos are exchanged. */
  | 'unknown-sender'
  /** It came from an address that is not the sender's. */
  | 'foreign-address'
  /** It was meant for another node. */
  | 'other-receiver'
  /** Heard before, or too old. */
  | 'replayed'
  /** Of an incarnation that has not yet proven that it lives now. */
  | 'unproven';

/** How a node sees a neighbour. */
export type Standing =
  /** Never heard: that proves nothing. */
  | 'never-heard'
  /** It is heard, by this node or by one that this node hears. */
  | 'heard'
  /** Its speaker says that it stops, or that it has just started. */
  | 'leaving'
  /** Its speaker is silent, its kernel answers. */
  | 'stopped'
  /** Speaker and kernel are silent. */
  | 'down'
  /** It speaks, but hears nobody, and its kernel is silent. */
  | 'deaf';

export type OwnershipAction =
  | { readonly kind: 'send-hello'; readonly to: string; readonly hello: Hello }
  /** Ask the neighbour's kernel for one of its addresses, once. */
  | { readonly kind: 'probe-kernel'; readonly nodeName: string }
  /** Ask every gateway, once. */
  | { readonly kind: 'probe-gateways' }
  /** Announce with own MAC: in full when that is new, quietly when this node announced it already. */
  | {
      readonly kind: 'claim';
      readonly address: IpAddress;
      readonly order: ClaimOrder;
      readonly reason: ClaimReason;
      /** Who owned it before, as far as known. */
      readonly from?: string;
      /** From the last sign of life of the former owner until now, in milliseconds. */
      readonly gapMs?: number;
    }
  /** Answer, without announcing, with the MACs of the owner. */
  | {
      readonly kind: 'stand-in';
      readonly address: IpAddress;
      readonly owner: string;
      readonly interfaces: readonly HelloInterface[];
      readonly reason: StandInReason;
    }
  /** Neither announce nor answer any more. */
  | {
      readonly kind: 'release';
      readonly address: IpAddress;
      readonly reason: ReleaseReason;
      /** Whose claim prevails. */
      readonly to?: string;
    }
  /** Announce once more: others may have learnt a wrong MAC. */
  | { readonly kind: 'refresh'; readonly address: IpAddress }
  /** Ask the LAN who has the address: it should be the owner. */
  | {
      readonly kind: 'verify';
      readonly address: IpAddress;
      readonly owner: string;
      readonly interfaces: readonly HelloInterface[];
    }
  /** Stop, or go on with, the periodic announcements of everything: this node hears nobody. */
  | { readonly kind: 'hush'; readonly hushed: boolean }
  | { readonly kind: 'standing'; readonly nodeName: string; readonly standing: Standing }
  | { readonly kind: 'refused'; readonly sender: string; readonly reason: HelloRefusal };
