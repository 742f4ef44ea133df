import { ErrorCode, notification } from '../../codec/bgp/index.ts';
import {
  alive,
  type ConnectionEvent,
  type ConnectionStep,
  ended,
  endWith,
  keepalive,
  type Surroundings,
  sendHoldTimer,
} from './connection-step.ts';
import { openWhenFree } from './opening.ts';
import { received, unexpected } from './received.ts';
import type { Connection, ConnectionTimer } from './types.ts';
import { closedWords, malformedWords, TIMEOUT_WORDS } from './words.ts';

/** Advances one connection by one event. Pure. @see RFC 4271 §8.2.2 */
export function stepConnection(connection: Connection, event: ConnectionEvent, around: Surroundings): ConnectionStep {
  switch (event.kind) {
    case 'received':
      return received(connection, event.message, around);
    case 'malformed':
      return malformed(connection, event);
    case 'closed':
      return ended(connection, { cause: 'closedByPeer', words: closedWords(connection, event.why) });
    case 'expired':
      return expired(connection, event.timer, around);
    case 'sent':
      return alive(connection, connection.kind === 'established' ? sendHoldTimer(connection) : []);
    default:
      return event satisfies never;
  }
}

/** A message that must not come in this state is not looked into. Events 21, 22 and 28. @see RFC 4271 §8.2.2, RFC 6608 §3 */
function malformed(
  connection: Connection,
  { notification: answer, detail }: Extract<ConnectionEvent, { kind: 'malformed' }>,
): ConnectionStep {
  const isUp = connection.kind === 'established';
  if (answer.code === ErrorCode.open && isUp) return unexpected(connection, 'open');
  if (answer.code === ErrorCode.update && !isUp) return unexpected(connection, 'update');
  if (answer.code === ErrorCode.routeRefresh && !isUp) return unexpected(connection, 'routeRefresh');
  return endWith(connection, answer, { cause: 'malformedMessage', words: malformedWords(answer, detail) });
}

function expired(connection: Connection, timer: ConnectionTimer, around: Surroundings): ConnectionStep {
  switch (timer) {
    case 'delayOpen':
      return connection.kind === 'waiting'
        ? openWhenFree({ ...connection, delayed: false }, around)
        : alive(connection);
    case 'hold':
      return holdExpired(connection);
    case 'keepalive':
      return alive(connection, 'session' in connection ? keepalive(connection, connection.session) : []);
    case 'sendHold':
      if (connection.kind !== 'established') return alive(connection);
      return endWith(connection, notification(ErrorCode.sendHoldTimer), {
        cause: 'sendHoldTimeExpired',
        words: TIMEOUT_WORDS.sendHold,
      });
    default:
      return timer satisfies never;
  }
}

/** @see RFC 4271 §6.5 */
function holdExpired(connection: Connection): ConnectionStep {
  const cause = 'holdTimeExpired';
  if (connection.kind === 'waiting') return ended(connection, { cause, words: TIMEOUT_WORDS.waiting });
  const words = 'session' in connection ? TIMEOUT_WORDS.hold : TIMEOUT_WORDS.open;
  return endWith(connection, notification(ErrorCode.holdTimer), { cause, words });
}
