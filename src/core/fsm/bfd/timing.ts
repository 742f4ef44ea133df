import type { BfdState } from '../../codec/bfd/index.ts';
import type { BfdConfig, BfdSession, RemoteSystem } from './types.ts';

/** A session that is not Up sends once a second at most. @see RFC 5880 §6.8.3 */
const SLOW_TX_INTERVAL_US = 1_000_000;
/** How far an interval is shortened, so that many sessions do not fall into step. @see RFC 5880 §6.8.7 */
const SHORTEST = 0.75;
const LONGEST = 1;
/** A single loss is death already: there has to be room for a late packet. */
const LONGEST_AT_MULTIPLIER_1 = 0.9;

/** The DesiredMinTxInterval to announce in a state, microseconds. */
export function slowedTxUs(state: BfdState, { desiredMinTxIntervalUs }: BfdConfig): number {
  return state === 'Up' ? desiredMinTxIntervalUs : Math.max(SLOW_TX_INTERVAL_US, desiredMinTxIntervalUs);
}

/** How long the other end may be silent. @see RFC 5880 §6.8.4 */
export function detectionTimeMs(
  remote: Pick<RemoteSystem, 'detectMultiplier' | 'desiredMinTxIntervalUs'>,
  { inEffect }: Pick<BfdSession, 'inEffect'>,
): number {
  return (remote.detectMultiplier * Math.max(inEffect.requiredMinRxIntervalUs, remote.desiredMinTxIntervalUs)) / 1000;
}

/** Time to the next packet. @param draw uniform in [0, 1) */
export function jitteredMs(
  { inEffect, remote }: BfdSession,
  draw: number,
  { detectMultiplier }: Pick<BfdConfig, 'detectMultiplier'>,
): number {
  const intervalUs = Math.max(inEffect.desiredMinTxIntervalUs, remote?.requiredMinRxIntervalUs ?? 1);
  const longest = detectMultiplier === 1 ? LONGEST_AT_MULTIPLIER_1 : LONGEST;
  return ((SHORTEST + (longest - SHORTEST) * draw) * intervalUs) / 1000;
}

/** The other end may ask for silence: for good, or as long as both are Up and nothing is to be confirmed. @see RFC 5880 §6.8.7 */
export function sendsPeriodically({ sessionState, remote, polling }: BfdSession): boolean {
  if (remote === undefined) return true;
  if (remote.requiredMinRxIntervalUs === 0) return false;
  return !(remote.demand && sessionState === 'Up' && remote.state === 'Up' && !polling);
}
