import { ByteReader, ByteWriter, DecodeError } from '../../bytes/index.ts';
import { AuthType, BFD_PACKET_LENGTH, BFD_STATES, BFD_VERSION } from './constants.ts';
import type { AuthenticationSection, BfdPacket, DigestType } from './types.ts';

const POLL = 0x20;
const FINAL = 0x10;
const CONTROL_PLANE_INDEPENDENT = 0x08;
const AUTHENTICATION_PRESENT = 0x04;
const DEMAND = 0x02;
const MULTIPOINT = 0x01;
const MAX_PASSWORD_LENGTH = 16;

/** Octets of the digest for each type that has one. */
export const DIGEST_LENGTH: Readonly<Record<DigestType, number>> = { 2: 16, 3: 16, 4: 20, 5: 20 };

/**
 * The checks of the reception procedure that need no session. What follows the packet's own length is ignored.
 * @throws DecodeError for whatever the RFC says to discard
 * @see RFC 5880 §6.8.6
 */
export function decodeBfdPacket(bytes: Uint8Array): BfdPacket {
  const outer = new ByteReader(bytes);
  const first = outer.u8('Vers, Diag');
  if (first >> 5 !== BFD_VERSION) throw new DecodeError('bad-value', 'Vers', 0);
  const flags = outer.u8('Sta and flags');
  const authenticated = (flags & AUTHENTICATION_PRESENT) !== 0;
  const detectMultiplier = outer.u8('Detect Mult');
  const length = outer.u8('Length');
  if (length < BFD_PACKET_LENGTH + (authenticated ? 2 : 0)) throw new DecodeError('bad-length', 'Length', 3);
  if (detectMultiplier === 0) throw new DecodeError('bad-value', 'Detect Mult', 2);
  if ((flags & MULTIPOINT) !== 0) throw new DecodeError('bad-value', 'Multipoint', 1);
  const reader = outer.sub(length - 4, 'Length');
  const myDiscriminator = reader.u32('My Discriminator');
  if (myDiscriminator === 0) throw new DecodeError('bad-value', 'My Discriminator', 4);
  return {
    diagnostic: first & 0x1f,
    state: BFD_STATES[flags >> 6] ?? 'Down',
    poll: (flags & POLL) !== 0,
    final: (flags & FINAL) !== 0,
    controlPlaneIndependent: (flags & CONTROL_PLANE_INDEPENDENT) !== 0,
    demand: (flags & DEMAND) !== 0,
    detectMultiplier,
    myDiscriminator,
    yourDiscriminator: reader.u32('Your Discriminator'),
    desiredMinTxIntervalUs: reader.u32('Desired Min TX Interval'),
    requiredMinRxIntervalUs: reader.u32('Required Min RX Interval'),
    requiredMinEchoRxIntervalUs: reader.u32('Required Min Echo RX Interval'),
    ...(authenticated ? { authentication: decodeAuthentication(reader) } : {}),
  };
}

/** The packet with its length. A digest is written as it stands: see `signBfdPacket` for how it is made. */
export function encodeBfdPacket(packet: BfdPacket): Uint8Array {
  const { authentication } = packet;
  const section = authentication === undefined ? undefined : encodeAuthentication(authentication);
  const writer = new ByteWriter(BFD_PACKET_LENGTH + (section?.length ?? 0));
  writer
    .u8((BFD_VERSION << 5) | limited(packet.diagnostic, 0x1f))
    .u8(
      (BFD_STATES.indexOf(packet.state) << 6) |
        (packet.poll ? POLL : 0) |
        (packet.final ? FINAL : 0) |
        (packet.controlPlaneIndependent ? CONTROL_PLANE_INDEPENDENT : 0) |
        (section === undefined ? 0 : AUTHENTICATION_PRESENT) |
        (packet.demand ? DEMAND : 0),
    )
    .u8(packet.detectMultiplier)
    .u8(BFD_PACKET_LENGTH + (section?.length ?? 0))
    .u32(packet.myDiscriminator)
    .u32(packet.yourDiscriminator)
    .u32(packet.desiredMinTxIntervalUs)
    .u32(packet.requiredMinRxIntervalUs)
    .u32(packet.requiredMinEchoRxIntervalUs);
  if (section !== undefined) writer.bytes(section);
  return writer.finish();
}

/** The section fills the rest of the packet: any other length is that of another packet. */
function decodeAuthentication(reader: ByteReader): AuthenticationSection {
  const type = reader.u8('Auth Type');
  const lengthAt = reader.offset;
  const length = reader.u8('Auth Len');
  if (length !== reader.remaining + 2) throw new DecodeError('bad-length', 'Auth Len', lengthAt);
  if (type === AuthType.simplePassword) {
    const keyId = reader.u8('Auth Key ID');
    if (reader.remaining < 1 || reader.remaining > MAX_PASSWORD_LENGTH)
      throw new DecodeError('bad-length', 'Auth Len', lengthAt);
    return { kind: 'simple-password', keyId, password: reader.rest() };
  }
  if (!isDigestType(type)) return { kind: 'other', type, octets: reader.rest() };
  if (reader.remaining !== DIGEST_LENGTH[type] + 6) throw new DecodeError('bad-length', 'Auth Len', lengthAt);
  const keyId = reader.u8('Auth Key ID');
  reader.u8('Reserved');
  const sequenceNumber = reader.u32('Sequence Number');
  return { kind: 'digest', type, keyId, sequenceNumber, digest: reader.rest() };
}

function encodeAuthentication(section: AuthenticationSection): Uint8Array {
  const writer = new ByteWriter(BFD_PACKET_LENGTH);
  switch (section.kind) {
    case 'simple-password':
      writer.u8(AuthType.simplePassword).u8(limited(section.password.length, MAX_PASSWORD_LENGTH) + 3);
      return writer.u8(section.keyId).bytes(section.password).finish();
    case 'digest':
      writer.u8(section.type).u8(section.digest.length + 8);
      return writer.u8(section.keyId).u8(0).u32(section.sequenceNumber).bytes(section.digest).finish();
    case 'other':
      return writer
        .u8(section.type)
        .u8(section.octets.length + 2)
        .bytes(section.octets)
        .finish();
    default:
      return section satisfies never;
  }
}

function isDigestType(type: number): type is DigestType {
  return type in DIGEST_LENGTH;
}

function limited(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${value} is not within 0 to ${max}`);
  return value;
}
