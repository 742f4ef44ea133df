import { type ByteReader, type ByteWriter, DecodeError } from '../../bytes/index.ts';
import {
  familyBits,
  type IpAddress,
  type IpFamily,
  ipv4FromValue,
  ipv6FromValue,
  isIpv4,
  type Prefix,
} from '../../net/index.ts';

/** Octets that a prefix takes: its length in bits, and as many octets as hold them. @see RFC 4271 §4.3 */
export function prefixOctets(length: number): number {
  return 1 + ((length + 7) >> 3);
}

export function writePrefix(writer: ByteWriter, { network, length }: Prefix): void {
  writer.u8(length);
  if (isIpv4(network)) writeIpv4Bits(writer, network, length);
  else writeIpv6Bits(writer, network, length);
}

/** All prefixes up to the end. Bits beyond a prefix's length mean nothing and are masked off. @throws DecodeError */
export function readPrefixes(reader: ByteReader, family: IpFamily): Prefix[] {
  const prefixes: Prefix[] = [];
  while (reader.remaining > 0) {
    const length = readLength(reader, family);
    prefixes.push({ network: readNetwork(reader, family, length), length });
  }
  return prefixes;
}

/** How many prefixes there are up to the end, without making any. @throws DecodeError as `readPrefixes` */
export function countPrefixes(reader: ByteReader, family: IpFamily): number {
  let count = 0;
  for (; reader.remaining > 0; count += 1) reader.skip((readLength(reader, family) + 7) >> 3, 'prefix');
  return count;
}

function readLength(reader: ByteReader, family: IpFamily): number {
  const at = reader.offset;
  const length = reader.u8('prefix length');
  if (length > familyBits(family)) throw new DecodeError('bad-value', 'prefix length', at);
  return length;
}

function readNetwork(reader: ByteReader, family: IpFamily, length: number): IpAddress {
  const octets = reader.bytes((length + 7) >> 3, 'prefix');
  if (family === 'IPv4') {
    let value = 0;
    for (let at = 0; at < 4; at += 1) value = value * 256 + (octets[at] ?? 0);
    const hostSize = 2 ** (32 - length);
    return ipv4FromValue(value - (value % hostSize));
  }
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  const spareBits = BigInt(octets.length * 8 - length);
  return ipv6FromValue(((value >> spareBits) << spareBits) << BigInt(128 - octets.length * 8));
}

function writeIpv4Bits(writer: ByteWriter, value: number, length: number): void {
  if (length > 24) writer.u32(value);
  else for (let shift = 24; shift > 24 - length; shift -= 8) writer.u8((value >>> shift) & 0xff);
}

function writeIpv6Bits(writer: ByteWriter, value: bigint, length: number): void {
  if (length > 120) writer.u64(value >> 64n).u64(value & 0xffff_ffff_ffff_ffffn);
  else for (let shift = 120n; shift > 120n - BigInt(length); shift -= 8n) writer.u8(Number((value >> shift) & 0xffn));
}
