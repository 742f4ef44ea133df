import { type ByteReader, type ByteWriter, DecodeError } from '../../../bytes/index.ts';
import { type IpFamily, type Ipv6, ipFromBytes, ipToBytes, ipv4FromValue, isIpv4 } from '../../../net/index.ts';
import { AttributeType } from '../constants.ts';
import { type AfiSafi, unicastFamily } from '../family.ts';
import { readPrefixes, writePrefix } from '../nlri.ts';
import { UpdateSubcode } from '../notification-codes.ts';
import { OPTIONAL_NON_TRANSITIVE, type RowOf } from './row.ts';
import type { MpNextHop } from './types.ts';

/**
 *      0     2      3                 4          +1         +1
 *      | AFI | SAFI | next hop length | next hop | reserved | NLRI |
 *
 * @see RFC 4760 §3, RFC 7606 §7.11
 */
export const mpReachNlri: RowOf<'mpReachNlri'> = {
  kind: 'mpReachNlri',
  type: AttributeType.mpReachNlri,
  flags: OPTIONAL_NON_TRANSITIVE,
  fits: (length) => length >= 5,
  onFault: 'sessionReset',
  valueSubcode: UpdateSubcode.optionalAttribute,
  decode: (reader) => {
    const { afi, safi, family } = readFamily(reader);
    const nextHop = readNextHop(reader, family);
    return { kind: 'mpReachNlri', afi, safi, nextHop, nlri: readPrefixes(reader, family) };
  },
  encode: (writer, { afi, safi, nextHop, nlri }) => {
    writeReachHead(writer, { afi, safi }, nextHop);
    for (const prefix of nlri) writePrefix(writer, prefix);
  },
};

/**
 *      0     2      3
 *      | AFI | SAFI | withdrawn routes |
 *
 * @see RFC 4760 §4, RFC 7606 §7.12
 */
export const mpUnreachNlri: RowOf<'mpUnreachNlri'> = {
  kind: 'mpUnreachNlri',
  type: AttributeType.mpUnreachNlri,
  flags: OPTIONAL_NON_TRANSITIVE,
  fits: (length) => length >= 3,
  onFault: 'sessionReset',
  valueSubcode: UpdateSubcode.optionalAttribute,
  decode: (reader) => {
    const { afi, safi, family } = readFamily(reader);
    return { kind: 'mpUnreachNlri', afi, safi, withdrawn: readPrefixes(reader, family) };
  },
  encode: (writer, { afi, safi, withdrawn }) => {
    writer.u16(afi).u8(safi);
    for (const prefix of withdrawn) writePrefix(writer, prefix);
  },
};

/** What stands before the NLRI. */
export function writeReachHead(writer: ByteWriter, { afi, safi }: AfiSafi, nextHop: MpNextHop): void {
  const octets = nextHopOctets(nextHop);
  writer.u16(afi).u8(safi).u8(octets.length).bytes(octets).u8(0);
}

/** Passes over the next hop, to what it belongs to. @throws DecodeError when it is not as long as the family demands */
export function readNextHop(reader: ByteReader, family: IpFamily): MpNextHop {
  const at = reader.offset;
  const length = reader.u8('next hop length');
  const octets = reader.bytes(length, 'next hop');
  reader.u8('reserved');
  if (length === 4 && family === 'IPv4') {
    return { kind: 'ipv4', address: ipv4FromValue(octets.reduce((value, octet) => value * 256 + octet, 0)) };
  }
  if (length !== 16 && length !== 32) throw new DecodeError('bad-length', 'next hop length', at);
  const global = ipv6Of(octets.subarray(0, 16));
  return length === 16 ? { kind: 'ipv6', global } : { kind: 'ipv6', global, linkLocal: ipv6Of(octets.subarray(16)) };
}

function readFamily(reader: ByteReader): AfiSafi & { readonly family: IpFamily } {
  const at = reader.offset;
  const [afi, safi] = [reader.u16('AFI'), reader.u8('SAFI')];
  const family = unicastFamily(afi, safi);
  if (family === undefined) throw new DecodeError('bad-value', 'AFI and SAFI', at);
  return { afi, safi, family };
}

function nextHopOctets(nextHop: MpNextHop): Uint8Array {
  if (nextHop.kind === 'ipv4') return ipToBytes(nextHop.address);
  const global = ipToBytes(nextHop.global);
  return nextHop.linkLocal === undefined ? global : Uint8Array.of(...global, ...ipToBytes(nextHop.linkLocal));
}

function ipv6Of(octets: Uint8Array): Ipv6 {
  const address = ipFromBytes(octets);
  if (isIpv4(address)) throw new DecodeError('bad-length', 'next hop', 0);
  return address;
}
