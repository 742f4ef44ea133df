import { ByteReader } from '../../bytes/index.ts';
import { HEADER_LENGTH, MessageType } from './constants.ts';
import type { SessionContext } from './context.ts';
import { badLength, badType, finishMessage, readHeader, startMessage } from './header.ts';
import type { BgpMessage, ReceivedMessage } from './messages.ts';
import { readNotification, writeNotification } from './notification.ts';
import { readOpen, writeOpen } from './open.ts';
import { readRouteRefresh, writeRouteRefresh } from './route-refresh.ts';
import { writeUpdate } from './update.ts';
import { walkUpdate } from './update-walk.ts';

/**
 * One whole message, as `MessageFramer` cuts it. Of an UPDATE only the counts are kept.
 * @throws BgpError with the NOTIFICATION that the RFCs want; never anything else
 */
export function decodeMessage(octets: Uint8Array, context: SessionContext): ReceivedMessage {
  if (octets.length < HEADER_LENGTH) throw badLength(octets.length);
  const { type, length } = readHeader(octets, context.maxReceivedLength);
  if (length !== octets.length) throw badLength(length);
  const reader = new ByteReader(octets.subarray(HEADER_LENGTH), HEADER_LENGTH);
  switch (type) {
    case MessageType.open:
      return readOpen(reader);
    case MessageType.update:
      return walkUpdate(octets, context);
    case MessageType.notification:
      return { kind: 'notification', ...readNotification(reader) };
    case MessageType.keepalive:
      return { kind: 'keepalive' };
    case MessageType.routeRefresh:
      return readRouteRefresh(reader, octets, context);
    default:
      throw badType(type);
  }
}

/** A message with its header. Longer than the peer takes is a defect of the caller: RangeError beyond 65535 octets. */
export function encodeMessage(message: BgpMessage, context: SessionContext): Uint8Array {
  const writer = startMessage(MessageType[message.kind]);
  switch (message.kind) {
    case 'open':
      writeOpen(writer, message);
      break;
    case 'update':
      writeUpdate(writer, message, context);
      break;
    case 'notification':
      writeNotification(writer, message, context.maxSentLength);
      break;
    case 'keepalive':
      break;
    case 'routeRefresh':
      writeRouteRefresh(writer, message);
      break;
    default:
      message satisfies never;
  }
  return finishMessage(writer);
}
