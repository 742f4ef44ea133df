import { type ByteReader, ByteWriter } from '../../bytes/index.ts';
import { CeaseSubcode, ErrorCode, errorCodeName, subcodeName } from './notification-codes.ts';

/**
 * Why a session ends: the last message on a connection.
 *
 *      19     20        21
 *      | code | subcode | data |
 *
 * @see RFC 4271 §4.5
 */
export interface Notification {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

const NO_DATA = new Uint8Array();

/** Longest communication, in octets of UTF-8. @see RFC 9003 §2 */
const MAX_COMMUNICATION = 255;

/** Most characters of a peer's text that are shown. */
const SHOWN_CHARACTERS = 128;

export function notification(code: number, subcode = 0, data: Uint8Array = NO_DATA): Notification {
  return { code, subcode, data };
}

/** A NOTIFICATION too short to have data is the header's affair: `reader` has at least two octets. */
export function readNotification(reader: ByteReader): Notification {
  return { code: reader.u8('error code'), subcode: reader.u8('error subcode'), data: reader.rest() };
}

/** Data that would make it longer than the peer takes is cut: some of it is a message of the peer, as long as that may be. */
export function writeNotification(writer: ByteWriter, { code, subcode, data }: Notification, maxLength: number): void {
  writer.u8(code).u8(subcode);
  writer.bytes(data.subarray(0, maxLength - writer.length));
}

/**
 * Data of an Administrative Shutdown or Reset that says why. Cut to 255 octets, never within a character.
 * @see RFC 9003 §2
 */
export function encodeCommunication(text: string): Uint8Array {
  let octets = new TextEncoder().encode(text);
  if (octets.length > MAX_COMMUNICATION) {
    let end = MAX_COMMUNICATION;
    while (isContinuation(octets[end])) end -= 1;
    octets = octets.slice(0, end);
  }
  return new ByteWriter(octets.length + 1).u8(octets.length).bytes(octets).finish();
}

/**
 * What the peer says about its shutdown or reset: without control characters, shortened, and in hexadecimal where it is no UTF-8.
 * Undefined when it says nothing. @see RFC 9003 §2
 */
export function communicationOf(message: Notification): string | undefined {
  const { code, subcode, data } = unwrapped(message);
  if (code !== ErrorCode.cease) return undefined;
  if (subcode !== CeaseSubcode.administrativeShutdown && subcode !== CeaseSubcode.administrativeReset) return undefined;
  const [length = 0] = data;
  if (length === 0) return undefined;
  const text = length < data.length ? decodeUtf8(data.subarray(1, length + 1)) : undefined;
  return shortened(text?.replace(CONTROL_CHARACTERS, ' ').trim() ?? `0x${hex(data)}`);
}

/** The NOTIFICATION that makes the peer drop routes it would otherwise keep. @see RFC 8538 §3.1 */
export function hardReset({ code, subcode, data }: Notification): Notification {
  const wrapped = new ByteWriter(data.length + 2).u8(code).u8(subcode).bytes(data).finish();
  return notification(ErrorCode.cease, CeaseSubcode.hardReset, wrapped);
}

/** What a Hard Reset holds; any other NOTIFICATION as it is. @see RFC 8538 §3.1 */
export function unwrapped(message: Notification): Notification {
  const [code, subcode, ...rest] = message.data;
  if (message.code !== ErrorCode.cease || message.subcode !== CeaseSubcode.hardReset) return message;
  if (code === undefined || subcode === undefined) return message;
  return notification(code, subcode, Uint8Array.from(rest));
}

/** Code and subcode by name, with what the peer said: `Cease: Administrative Shutdown ("maintenance")`. */
export function describeNotification(message: Notification): string {
  const subcode = subcodeName(message.code, message.subcode);
  const unnamed = message.subcode === 0 ? '' : `: subcode ${message.subcode}`;
  const said = communicationOf(message);
  const detail = said === undefined ? '' : ` ("${said}")`;
  return `${errorCodeName(message.code)}${subcode === undefined ? unnamed : `: ${subcode}`}${detail}`;
}

const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}

function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= SHOWN_CHARACTERS ? text : `${characters.slice(0, SHOWN_CHARACTERS).join('')}…`;
}

function isContinuation(octet: number | undefined): boolean {
  return octet !== undefined && (octet & 0xc0) === 0x80;
}
