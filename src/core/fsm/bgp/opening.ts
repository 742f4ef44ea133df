import type { OpenMessage } from '../../codec/bgp/index.ts';
import {
  alive,
  type ConnectionStep,
  endWith,
  holdTimer,
  keepalive,
  type Surroundings,
  startTimer,
} from './connection-step.ts';
import { negotiate } from './negotiation.ts';
import { openOffer } from './offer.ts';
import { OPEN_HOLD_MS } from './timing.ts';
import type { ConnectionBase, ConnectionOf, PeerAction, PeerConfig } from './types.ts';

/** TCP is up. Events 16 and 17. @see RFC 4271 §8.2.2, Connect and Active */
export function beginConnection(base: ConnectionBase, around: Surroundings): ConnectionStep {
  const { delayOpenSeconds } = around.config;
  const step = openWhenFree({ kind: 'waiting', ...base, delayed: delayOpenSeconds > 0 }, around);
  if (step.kind === 'ended' || step.connection.kind !== 'waiting') return step;
  const delayMs = delayOpenSeconds * 1000;
  const delay = delayMs > 0 ? [startTimer(base, 'delayOpen', delayMs, true)] : [];
  return alive(step.connection, [...delay, startTimer(base, 'hold', delayMs + OPEN_HOLD_MS)]);
}

/** Sends our OPEN unless its delay or strict BFD holds it back, and answers the peer's when that has come first. */
export function openWhenFree(connection: ConnectionOf<'waiting'>, around: Surroundings): ConnectionStep {
  const { config, peer } = around;
  if (connection.delayed || (config.strictBfd && peer.bfd !== 'up')) return alive(connection);
  const { id, initiator } = connection;
  const message = openOffer(config, peer.openForm, peer.restarting);
  const sent: readonly PeerAction[] = [
    { kind: 'stopTimer', timer: 'delayOpen', connection: id },
    { kind: 'send', connection: id, message },
    startTimer(connection, 'hold', OPEN_HOLD_MS),
  ];
  const openSent: ConnectionOf<'openSent'> = { kind: 'openSent', id, initiator, offered: message.capabilities };
  if (connection.received === undefined) return alive(openSent, sent);
  const answered = openArrived(openSent, connection.received, config);
  return { ...answered, actions: [...sent, ...answered.actions] };
}

/** The peer's OPEN, when ours is sent: event 19. */
export function openArrived(
  connection: ConnectionOf<'openSent'>,
  message: OpenMessage,
  config: PeerConfig,
): ConnectionStep {
  const result = negotiate(message, config, connection.offered);
  if (result.kind === 'refused')
    return endWith(connection, result.notification, { cause: 'openRefused', words: result.words });
  const { session } = result;
  const { id, initiator } = connection;
  return alive({ kind: 'openConfirm', id, initiator, session }, [
    { kind: 'negotiated', connection: id, session },
    ...keepalive(connection, session),
    // With hold time 0 the one for the OPEN runs on: not even then may the peer leave it at that.
    ...holdTimer(connection, session),
  ]);
}
