import { ByteReader, ByteWriter, DecodeError, sameOctets } from '../../bytes/index.ts';
import { isStationMac } from '../../net/index.ts';
import { readMac, writeMac } from '../ethernet/index.ts';
import {
  AUTHENTICATOR_LENGTH,
  HelloFlag,
  MAGIC,
  MAX_HEARD,
  MAX_HELLO_LENGTH,
  MAX_INTERFACE_NAME_LENGTH,
  MAX_INTERFACES,
  MAX_INTERVAL_MS,
  MAX_NODE_NAME_LENGTH,
  MIN_INTERVAL_MS,
  VERSION,
} from './constants.ts';
import { readEntry, writeEntry } from './entries.ts';
import type { HeardNeighbour, Hello, HelloEcho, HelloInterface } from './types.ts';

/** HMAC-SHA256 of the octets by one key: 32 octets, which may be valid until the next call only. */
export type Authenticate = (octets: Uint8Array) => Uint8Array;

const KEY_ID_OFFSET = 5;
const FLAGS = ['leaving', 'starting', 'resync', 'alone'] as const;
const HIGH_UNIT = 2 ** 32;

/**
 *     | magic (4) | version (1) | key id (1) | flags (1) | sender (1 + n) | receiver (4) | incarnation (6) | sequence (4)
 *     | echo: incarnation (6), sequence (4), accepted (4) | interval (2) | exchange (2) | digest (4)
 *     | interfaces (1 + n x (name (1 + n), MAC (6), up (1))) | heard (1 + n x (tag (4), age (2)))
 *     | entries (1 + n x (26 or 38)) | what newer versions add | authenticator (32) |
 *
 * @param writer what it held before is lost. Whoever says many hellos keeps one: memory for each costs as much as writing it.
 * @returns octets that are valid until the writer is used again
 * @throws RangeError when a value does not fit its field, or all of it does not fit `MAX_HELLO_LENGTH`
 */
export function encodeHello(
  hello: Hello,
  keyId: number,
  authenticate: Authenticate,
  writer = new ByteWriter(MAX_HELLO_LENGTH),
): Uint8Array {
  writer.clear().u32(MAGIC).u8(VERSION).u8(keyId).u8(flagsOf(hello));
  writeName(writer, hello.sender, MAX_NODE_NAME_LENGTH);
  writer.u32(hello.receiver);
  writeU48(writer, hello.incarnation);
  writer.u32(hello.sequence);
  writeU48(writer, hello.echo.incarnation);
  writer.u32(hello.echo.sequence).u32(hello.echo.accepted);
  writer.u16(hello.intervalMs).u16(hello.exchange).u32(hello.digest);
  writer.u8(hello.interfaces.length);
  for (const { name, mac, up } of hello.interfaces) {
    writeName(writer, name, MAX_INTERFACE_NAME_LENGTH);
    writeMac(writer, mac);
    writer.u8(up ? 1 : 0);
  }
  writer.u8(hello.heard.length);
  for (const { tag, ageMs } of hello.heard) writer.u32(tag).u16(ageMs);
  writer.u8(hello.entries.length);
  for (const entry of hello.entries) writeEntry(writer, entry);
  writer.bytes(authenticate(writer.written()));
  if (writer.length > MAX_HELLO_LENGTH) throw new RangeError(`a hello of ${writer.length} octets is too long`);
  return writer.written();
}

/**
 * Looks at nothing but magic, version and key before the authenticator is known to be right.
 * @param keyOf how to authenticate by the key of this number; undefined when it is not valid now
 * @throws DecodeError `unauthenticated` when it was not made with a valid key; `truncated`, `bad-length` and `bad-value` as in
 * every codec
 */
export function decodeHello(octets: Uint8Array, keyOf: (keyId: number) => Authenticate | undefined): Hello {
  if (octets.length > MAX_HELLO_LENGTH) throw new DecodeError('bad-length', 'hello', MAX_HELLO_LENGTH);
  const whole = new ByteReader(octets);
  if (whole.u32('magic') !== MAGIC) throw new DecodeError('bad-value', 'magic', 0);
  if (whole.u8('version') !== VERSION) throw new DecodeError('bad-value', 'version', 4);
  const authenticate = keyOf(whole.u8('key id'));
  if (authenticate === undefined) throw new DecodeError('unauthenticated', 'key id', KEY_ID_OFFSET);
  const reader = whole.sub(Math.max(0, whole.remaining - AUTHENTICATOR_LENGTH), 'body');
  const authenticatorOffset = whole.offset;
  const authenticator = whole.bytes(AUTHENTICATOR_LENGTH, 'authenticator');
  if (!sameOctets(authenticator, authenticate(octets.subarray(0, authenticatorOffset))))
    throw new DecodeError('unauthenticated', 'authenticator', authenticatorOffset);
  return readBody(reader);
}

function readBody(reader: ByteReader): Hello {
  const flags = reader.u8('flags');
  const sender = readName(reader, 'sender', NODE_NAME);
  const receiver = reader.u32('receiver');
  const incarnation = readU48(reader, 'incarnation');
  if (incarnation === 0) throw reader.fail('incarnation');
  const sequence = reader.u32('sequence');
  const echo = readEcho(reader);
  const intervalMs = reader.u16('interval');
  if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) throw reader.fail('interval');
  // What a newer version says behind the entries is not for this one.
  return {
    sender,
    receiver,
    incarnation,
    sequence,
    echo,
    intervalMs,
    leaving: (flags & HelloFlag.leaving) !== 0,
    starting: (flags & HelloFlag.starting) !== 0,
    resync: (flags & HelloFlag.resync) !== 0,
    alone: (flags & HelloFlag.alone) !== 0,
    exchange: reader.u16('exchange'),
    digest: reader.u32('digest'),
    interfaces: readList(reader, { field: 'interfaces', max: MAX_INTERFACES, read: readInterface }),
    heard: readList(reader, { field: 'heard', max: MAX_HEARD, read: readHeard }),
    entries: readList(reader, { field: 'entries', max: 0xff, read: readEntry }),
  };
}

interface ListShape<T> {
  readonly field: string;
  readonly max: number;
  readonly read: (reader: ByteReader) => T;
}

function readList<T>(reader: ByteReader, { field, max, read }: ListShape<T>): T[] {
  const count = reader.u8(field);
  if (count > max) throw reader.fail(field);
  const list: T[] = [];
  while (list.length < count) list.push(read(reader));
  return list;
}

function readEcho(reader: ByteReader): HelloEcho {
  return {
    incarnation: readU48(reader, 'echo incarnation'),
    sequence: reader.u32('echo sequence'),
    accepted: reader.u32('accepted'),
  };
}

function readInterface(reader: ByteReader): HelloInterface {
  const name = readName(reader, 'interface name', INTERFACE_NAME);
  const mac = readMac(reader, 'MAC');
  if (!isStationMac(mac)) throw reader.fail('MAC');
  const up = reader.u8('up');
  if (up > 1) throw reader.fail('up');
  return { name, mac, up: up === 1 };
}

function readHeard(reader: ByteReader): HeardNeighbour {
  return { tag: reader.u32('tag'), ageMs: reader.u16('age') };
}

const NODE_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const INTERFACE_NAME = /^[!-~]{1,15}$/;

function readName(reader: ByteReader, field: string, form: RegExp): string {
  const octets = reader.bytes(reader.u8(field), field);
  const name = String.fromCharCode(...octets);
  if (!form.test(name)) throw reader.fail(field);
  return name;
}

function writeName(writer: ByteWriter, name: string, max: number): void {
  if (name.length === 0 || name.length > max) throw new RangeError(`"${name}" has not 1 to ${max} characters`);
  writer.u8(name.length);
  for (let at = 0; at < name.length; at += 1) writer.u8(name.charCodeAt(at));
}

function writeU48(writer: ByteWriter, value: number): void {
  writer.u16(Math.floor(value / HIGH_UNIT)).u32(value % HIGH_UNIT);
}

function readU48(reader: ByteReader, field: string): number {
  return reader.u16(field) * HIGH_UNIT + reader.u32(field);
}

function flagsOf(hello: Hello): number {
  let flags = 0;
  for (const name of FLAGS) if (hello[name]) flags |= HelloFlag[name];
  return flags;
}
