import type { Connection, PeerState, SessionState } from './types.ts';

/** The state as RFC 4271 names it: that of the connection which got furthest. */
export function sessionStateOf({ phase, dialling, connections }: PeerState): SessionState {
  if (phase !== 'running') return 'Idle';
  const furthest = connections.map(stateOfConnection).toSorted((a, b) => RANK[b] - RANK[a])[0];
  return furthest ?? (dialling ? 'Connect' : 'Active');
}

/** The state in which a peer would be that had only this connection. */
export function stateOfConnection(connection: Connection): SessionState {
  switch (connection.kind) {
    case 'waiting':
      return connection.initiator === 'local' ? 'Connect' : 'Active';
    case 'openSent':
      return 'OpenSent';
    case 'openConfirm':
      return 'OpenConfirm';
    case 'established':
      return 'Established';
    default:
      return connection satisfies never;
  }
}

const RANK: Readonly<Record<SessionState, number>> = {
  Idle: 0,
  Active: 1,
  Connect: 2,
  OpenSent: 3,
  OpenConfirm: 4,
  Established: 5,
};
