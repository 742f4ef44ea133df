import type { EndCause, PeerConfig, PeerState } from './types.ts';

/**
 * How long an OPEN or BFD is waited for: no longer than the longest pause between two attempts. RFC 4271 §8.2.2 suggests 4 minutes;
 * a router that takes connections before it speaks BGP is tried again sooner.
 */
export const OPEN_HOLD_MS = 60_000;

/** How long a session must be up for its past failures to be forgotten. */
export const STABLE_MS = 60_000;

/** @see RFC 9687 §3.2 */
const SEND_HOLD_MS = 480_000;

const FIRST_IDLE_HOLD_MS = 1000;
const LONGEST_IDLE_HOLD_MS = 60_000;

/** Failures in a row after which the back-off has two halves, and a peer that only opens and closes connections is kept away. */
const DAMP_AFTER = 5;

/** What says nothing about the configuration: the router is away, and may be back at any time. */
const MAY_BE_BACK_SOON: ReadonlySet<EndCause> = new Set<EndCause>([
  'connectFailed',
  'connectTimeout',
  'closedByPeer',
  'bfdDown',
  'collision',
  'holdTimeExpired',
]);

/** Whether so many tries failed that the peer is also waited for. @see RFC 4271 §8.1.1 DampPeerOscillations */
export function isDamped({ connectRetryCounter }: Pick<PeerState, 'connectRetryCounter'>): boolean {
  return connectRetryCounter >= DAMP_AFTER;
}

/**
 * How long the peer is left alone in Idle, and then waited for in Active before we dial again. A peer that backs off as we do would
 * for ever find us in Idle, and we it, if there were not some time in which we only listen.
 */
export function backOff(
  cause: EndCause,
  state: Pick<PeerState, 'connectRetryCounter'>,
  config: PeerConfig,
): { readonly idleMs: number; readonly listenMs: number } {
  const wholeMs = backOffMs(cause, state.connectRetryCounter, config);
  return isDamped(state) ? { idleMs: wholeMs / 2, listenMs: wholeMs / 2 } : { idleMs: wholeMs, listenMs: 0 };
}

/**
 * 1 s, doubled with each failure, up to a minute; up to the connect time where only the network is to blame. At once a minute when
 * the router takes no more routes.
 */
function backOffMs(cause: EndCause, failures: number, config: PeerConfig): number {
  if (cause === 'maximumPrefixes') return LONGEST_IDLE_HOLD_MS;
  const longestMs = MAY_BE_BACK_SOON.has(cause)
    ? Math.min(LONGEST_IDLE_HOLD_MS, config.connectRetrySeconds * 1000)
    : LONGEST_IDLE_HOLD_MS;
  return Math.min(longestMs, FIRST_IDLE_HOLD_MS * 2 ** Math.max(0, failures - 1));
}

/** How long a peer may leave unread what was sent to it: 8 minutes, or twice the hold time. @see RFC 9687 */
export function sendHoldMs(holdTimeSeconds: number): number {
  return Math.max(SEND_HOLD_MS, 2000 * holdTimeSeconds);
}
