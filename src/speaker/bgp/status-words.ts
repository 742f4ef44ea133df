import type { SessionState } from '../../core/fsm/bgp/index.ts';
import type { BgpSessionReport, BgpSessionState } from '../../ports/bgp-channel.ts';
import type { PeerSessionStatus } from './peer-session.ts';

const STATES: Readonly<Record<SessionState, BgpSessionState>> = {
  Idle: 'idle',
  Connect: 'connect',
  Active: 'active',
  OpenSent: 'open-sent',
  OpenConfirm: 'open-confirm',
  Established: 'established',
};
const LONGEST_ERROR = 256;

/** The state of a session as the controller is told. */
export function sessionReport(
  peer: string,
  { state, sinceUnixMs, lastError, prefixesSent }: PeerSessionStatus,
  bfd: BgpSessionReport['bfd'],
): BgpSessionReport {
  return {
    peer,
    state: STATES[state],
    sinceUnixMs,
    lastError: lastError.slice(0, LONGEST_ERROR),
    prefixesSent,
    ...(bfd === undefined ? {} : { bfd }),
  };
}

/** Of a peer without a session, since nobody can tell the password that it is to have. */
export function withheldReport(peer: string, sinceUnixMs: number | undefined): BgpSessionReport | undefined {
  if (sinceUnixMs === undefined) return undefined;
  const lastError = 'its Secret with the password cannot be read, and no session is begun without; see the BGPPeer';
  return { peer, state: 'idle', sinceUnixMs, lastError, prefixesSent: 0 };
}
