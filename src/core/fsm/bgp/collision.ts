import type { Connection, ConnectionOf, PeerConfig, Session } from './types.ts';

/**
 * Which of two connections with one peer goes on, when the OPEN of the `newer` has come. Undefined: it is not to be decided yet.
 * @see RFC 4271 §6.8, RFC 6286 §2.3, RFC 4724 §5
 */
export function collisionWinner(
  newer: ConnectionOf<'openConfirm'>,
  other: Connection,
  config: PeerConfig,
): 'newer' | 'other' | undefined {
  switch (other.kind) {
    case 'waiting':
    case 'openSent':
      return undefined;
    case 'established':
      // The peer lost the old one without our seeing it.
      return other.session.peerRestarts ? 'newer' : 'other';
    case 'openConfirm':
      // Who makes a second one has given up the first, which may have been lost with the router that made it.
      if (newer.initiator === other.initiator) return newer.id > other.id ? 'newer' : 'other';
      return newer.initiator === winningInitiator(newer.session, config) ? 'newer' : 'other';
    default:
      return other satisfies never;
  }
}

/** The connection counts that the end with the higher identifier made; with equal ones, the end with the higher AS number. */
function winningInitiator({ peerIdentifier, peerAsn }: Session, config: PeerConfig): 'local' | 'peer' {
  if (config.routerId !== peerIdentifier) return config.routerId > peerIdentifier ? 'local' : 'peer';
  return config.localAsn > peerAsn ? 'local' : 'peer';
}
