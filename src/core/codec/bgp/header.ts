import { ByteReader, ByteWriter } from '../../bytes/index.ts';
import { BgpError } from './bgp-error.ts';
import { HEADER_LENGTH, MARKER_LENGTH, MAX_LENGTH, MessageType } from './constants.ts';
import { notification } from './notification.ts';
import { ErrorCode, HeaderSubcode } from './notification-codes.ts';

/**
 * Begins every message.
 *
 *      0             16       18     19
 *      | marker: ff… | length | type |
 *
 * @see RFC 4271 §4.1
 */
export interface Header {
  /** Of the whole message, header included. */
  readonly length: number;
  readonly type: number;
}

const LENGTH_OFFSET = MARKER_LENGTH;

/** A writer that has the header, its length still to be set by `finishMessage`. */
export function startMessage(type: number, capacity?: number): ByteWriter {
  const writer = new ByteWriter(capacity);
  for (let at = 0; at < MARKER_LENGTH; at += 4) writer.u32(0xffff_ffff);
  return writer.u16(0).u8(type);
}

export function finishMessage(writer: ByteWriter): Uint8Array {
  return writer.patchU16(LENGTH_OFFSET, writer.length).finish();
}

/**
 * The header at the begin of `octets`, which hold at least 19.
 * @param maxLength longest message that we take, 4096 or 65535
 * @throws BgpError 1/1, 1/2 with the length, 1/3 with the type
 * @see RFC 4271 §6.1
 */
export function readHeader(octets: Uint8Array, maxLength: number): Header {
  const reader = new ByteReader(octets);
  for (let at = 0; at < MARKER_LENGTH; at += 4) {
    if (reader.u32('marker') !== 0xffff_ffff) throw notSynchronized();
  }
  const length = reader.u16('length');
  const type = reader.u8('type');
  if (length < HEADER_LENGTH || length > Math.max(MAX_LENGTH, maxLength)) throw badLength(length);
  const limits = LENGTHS[type];
  if (limits === undefined) throw badType(type);
  if (length < limits.min || length > limits.max) throw badLength(length);
  return { length, type };
}

/** NOTIFICATION 1/3. @see RFC 4271 §6.1 */
export function badType(type: number): BgpError {
  return new BgpError(
    notification(ErrorCode.messageHeader, HeaderSubcode.badType, Uint8Array.of(type)),
    `a message of the unknown type ${type}`,
  );
}

/** What the length of each type may be. A wrong one of ROUTE-REFRESH has its own error. @see RFC 4271 §6.1, RFC 7313 §5, RFC 8654 §4 */
const LENGTHS: Readonly<Record<number, { readonly min: number; readonly max: number }>> = {
  [MessageType.open]: { min: 29, max: MAX_LENGTH },
  [MessageType.update]: { min: 23, max: Number.POSITIVE_INFINITY },
  [MessageType.notification]: { min: 21, max: Number.POSITIVE_INFINITY },
  [MessageType.keepalive]: { min: HEADER_LENGTH, max: HEADER_LENGTH },
  [MessageType.routeRefresh]: { min: HEADER_LENGTH, max: Number.POSITIVE_INFINITY },
};

function notSynchronized(): BgpError {
  return new BgpError(
    notification(ErrorCode.messageHeader, HeaderSubcode.notSynchronized),
    'a message without the marker that begins every BGP message',
  );
}

export function badLength(length: number): BgpError {
  return new BgpError(
    notification(ErrorCode.messageHeader, HeaderSubcode.badLength, new ByteWriter(2).u16(length).finish()),
    `a message whose length field says ${length}`,
  );
}
