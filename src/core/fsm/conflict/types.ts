import type { IpAddress, MacAddress } from '../../net/index.ts';

/** Numbers of RFC 5227 §1.1 and RFC 4862 §5.1, where they are not ours. */
export interface ConflictConfig {
  /** Pause between two defences of one address, in ms (DEFEND_INTERVAL). */
  readonly defendIntervalMs: number;
  /** After so long without a sign of the other station the LAN is asked whether it is still there, in ms. */
  readonly quietMs: number;
  /** Pause before an address that somebody has is asked for again, in ms. */
  readonly retryMs: number;
  /** Tries after which the pause becomes the long one (MAX_CONFLICTS). */
  readonly quickTries: number;
  /** The long pause, in ms (RATE_LIMIT_INTERVAL). */
  readonly slowRetryMs: number;
  /** How often asking begins anew because another station asks for the same address at the same time. */
  readonly rivalTries: number;
  /** Longest pause before it begins anew, in ms. */
  readonly rivalPauseMs: number;
  /** Share by which pauses vary upward, 0 to 1. */
  readonly jitter: number;
}

/** Where an address stands about which there is something to remember. One that is announced in peace has no entry. */
export type Standing =
  /** The LAN is being asked. It is neither answered nor announced. @see RFC 4862 §2, "tentative address" */
  | { readonly kind: 'tentative'; readonly tries: number; readonly rivals: number }
  /** Another station asks for it too: a pause of random length decides who is first. */
  | { readonly kind: 'yielding'; readonly tries: number; readonly rivals: number; readonly dueMs: number }
  /** Somebody has it. It is neither answered nor announced, and asked for again. */
  | { readonly kind: 'duplicate'; readonly mac: MacAddress; readonly tries: number; readonly dueMs: number }
  /** It is announced here, and another station claims it. */
  | {
      readonly kind: 'disputed';
      /** Who claimed it last. */
      readonly mac: MacAddress;
      readonly defendedAtMs: number;
      readonly heardAtMs: number;
      /** The LAN is being asked whether the other station is still there. */
      readonly asking: boolean;
    };

/** All addresses of one family on one interface. */
export interface ConflictState {
  /** BOUNDED: by the addresses that this node is to announce. */
  readonly standings: ReadonlyMap<IpAddress, Standing>;
}

export type ConflictEvent =
  /** To be announced, but nobody knows yet whether they are free. */
  | { readonly kind: 'wanted'; readonly addresses: readonly IpAddress[] }
  /** Not to be announced any more, or to be announced without asking. */
  | { readonly kind: 'unwanted'; readonly addresses: readonly IpAddress[] }
  /** What asking brought: who answers for the address, and who else asks for it. */
  | {
      readonly kind: 'found';
      readonly address: IpAddress;
      readonly macs: readonly MacAddress[];
      readonly rivals: readonly MacAddress[];
      readonly nowMs: number;
      /** Uniform in [0, 1). */
      readonly draw: number;
    }
  /** A foreign station says that an address that is announced here is its own. */
  | { readonly kind: 'claimed'; readonly address: IpAddress; readonly mac: MacAddress; readonly nowMs: number }
  /** The time that the last `wake` named has come. */
  | { readonly kind: 'due'; readonly nowMs: number };

export type ConflictAction =
  /** Ask the LAN who has it; the answer comes as `found`. */
  | { readonly kind: 'ask'; readonly address: IpAddress }
  /** Nobody has it: answer and announce it. */
  | { readonly kind: 'announce'; readonly address: IpAddress }
  /** Tell everybody once more whose it is. */
  | { readonly kind: 'defend'; readonly address: IpAddress }
  /** Tell people. `in-use`: not announced for that; `claimed`: announced all the same. */
  | {
      readonly kind: 'report';
      readonly address: IpAddress;
      readonly mac: MacAddress;
      readonly conflict: 'in-use' | 'claimed';
    }
  /** Tell people that nobody else has it any more: not said of what is no more wanted here, since nobody looks. */
  | { readonly kind: 'over'; readonly address: IpAddress }
  /** Send `due` at this time; replaces any earlier wish. Undefined = there is nothing to wait for. */
  | { readonly kind: 'wake'; readonly atMs: number | undefined };
