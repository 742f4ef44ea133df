import {
  CeaseSubcode,
  ErrorCode,
  MessageType,
  type Notification,
  notification,
  type OpenMessage,
  type ReceivedMessage,
  RefreshSubtype,
  StateMachineSubcode,
  unicastFamily,
  unwrapped,
} from '../../codec/bgp/index.ts';
import {
  alive,
  type ConnectionStep,
  ended,
  endWith,
  holdTimer,
  type Surroundings,
  sendHoldTimer,
} from './connection-step.ts';
import { openArrived, openWhenFree } from './opening.ts';
import { stateOfConnection } from './session-state.ts';
import type { Connection, ConnectionOf, EndCause } from './types.ts';
import { receivedWords, unexpectedMessageWords } from './words.ts';

/** A well-formed message came. Events 19, 20 and 24 to 27. @see RFC 4271 §8.2.2 */
export function received(connection: Connection, message: ReceivedMessage, around: Surroundings): ConnectionStep {
  if (message.kind === 'notification') {
    const { code, subcode, data } = message;
    const cause = causeOf(unwrapped(message));
    return ended(connection, {
      cause,
      words: receivedWords(message),
      notification: { code, subcode, data, by: 'peer' },
    });
  }
  switch (connection.kind) {
    case 'waiting':
      return message.kind === 'open'
        ? openBeforeOurs(connection, message, around)
        : unexpected(connection, message.kind);
    case 'openSent':
      return message.kind === 'open'
        ? openArrived(connection, message, around.config)
        : unexpected(connection, message.kind);
    case 'openConfirm':
      return message.kind === 'keepalive' ? confirmed(connection) : unexpected(connection, message.kind);
    case 'established':
      return message.kind === 'open' ? unexpected(connection, message.kind) : lifeSign(connection, message);
    default:
      return connection satisfies never;
  }
}

function causeOf({ code, subcode }: Notification): EndCause {
  if (code !== ErrorCode.cease) return 'notificationReceived';
  if (subcode === CeaseSubcode.maximumPrefixes) return 'maximumPrefixes';
  return subcode === CeaseSubcode.collisionResolution ? 'collision' : 'notificationReceived';
}

/** Our OPEN goes at once, whatever is left of the delay; but never before strict BFD lets it. Event 20. */
function openBeforeOurs(
  connection: ConnectionOf<'waiting'>,
  message: OpenMessage,
  around: Surroundings,
): ConnectionStep {
  if (connection.received !== undefined) return unexpected(connection, message.kind);
  return openWhenFree({ ...connection, delayed: false, received: message }, around);
}

function confirmed({ id, initiator, session }: ConnectionOf<'openConfirm'>): ConnectionStep {
  const connection: ConnectionOf<'established'> = { kind: 'established', id, initiator, session };
  const held = holdTimer(connection, session);
  return alive(connection, [
    ...(held.length > 0 ? held : [{ kind: 'stopTimer', timer: 'hold', connection: id } as const]),
    ...sendHoldTimer(connection),
    { kind: 'established', connection: id, session },
  ]);
}

/** KEEPALIVE and UPDATE show that the peer lives; so does ROUTE-REFRESH. */
function lifeSign(
  connection: ConnectionOf<'established'>,
  message: Exclude<ReceivedMessage, OpenMessage>,
): ConnectionStep {
  const actions = [...holdTimer(connection, connection.session)];
  if (message.kind === 'routeRefresh' && message.subtype === RefreshSubtype.request) {
    const family = unicastFamily(message.afi, message.safi);
    // What was not agreed on is ignored. @see RFC 2918 §4
    if (family !== undefined && connection.session.context.families.includes(family))
      actions.push({ kind: 'resend', family });
  }
  return alive(connection, actions);
}

/** Ends a connection on which a message of this kind must not come now. @see RFC 6608 §3 */
export function unexpected(connection: Connection, kind: keyof typeof MESSAGE_NAMES): ConnectionStep {
  const subcode = STATE_SUBCODES[connection.kind];
  return endWith(connection, notification(ErrorCode.stateMachine, subcode, Uint8Array.of(MessageType[kind])), {
    cause: 'unexpectedMessage',
    words: unexpectedMessageWords(MESSAGE_NAMES[kind], stateOfConnection(connection)),
  });
}

const STATE_SUBCODES = { waiting: 0, ...StateMachineSubcode } as const;

const MESSAGE_NAMES = {
  open: 'an OPEN',
  update: 'an UPDATE',
  keepalive: 'a KEEPALIVE',
  routeRefresh: 'a ROUTE-REFRESH',
} as const;
