import { ByteReader, ByteWriter, DecodeError } from '../../bytes/index.ts';
import { type Ipv4, ipv4FromValue, type MacAddress } from '../../net/index.ts';
import { EtherType, readEthernetHeader, readMac, writeEthernetHeader, writeMac } from '../ethernet/index.ts';
import { ARP_FRAME_LENGTH, HARDWARE_ETHERNET, HARDWARE_LENGTH, PROTOCOL_IPV4, PROTOCOL_LENGTH } from './constants.ts';

/**
 * An ARP packet for IPv4 in its Ethernet frame. The fields bear the names of RFC 826 without their `ar$`.
 *
 *      0        6        12    14    16    18   19   20    22     28     32     38     42
 *      | destination | source | 0806 | hrd=1 | pro=0800 | hln=6 | pln=4 | op | sha | spa | tha | tpa |
 *
 * @see RFC 826
 */
export interface ArpFrame {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  /** `ArpOperation`, or any other 16-bit number. */
  readonly op: number;
  /** Sender's MAC. */
  readonly sha: MacAddress;
  /** Sender's address; 0.0.0.0 in a probe. @see RFC 5227 §1.1 */
  readonly spa: Ipv4;
  /** Target's MAC; without meaning in a request. */
  readonly tha: MacAddress;
  /** Target's address. */
  readonly tpa: Ipv4;
}

/**
 * What follows the 42 octets is padding and ignored.
 * @throws DecodeError `truncated` below 42 octets, `bad-value` when it is not ARP for Ethernet and IPv4
 */
export function decodeArpFrame(bytes: Uint8Array): ArpFrame {
  const reader = new ByteReader(bytes);
  const { destination, source, etherType } = readEthernetHeader(reader);
  expectValue(etherType, EtherType.arp, 'EtherType', 12);
  expectValue(reader.u16('ar$hrd'), HARDWARE_ETHERNET, 'ar$hrd', 14);
  expectValue(reader.u16('ar$pro'), PROTOCOL_IPV4, 'ar$pro', 16);
  expectValue(reader.u8('ar$hln'), HARDWARE_LENGTH, 'ar$hln', 18);
  expectValue(reader.u8('ar$pln'), PROTOCOL_LENGTH, 'ar$pln', 19);
  return {
    destination,
    source,
    op: reader.u16('ar$op'),
    sha: readMac(reader, 'ar$sha'),
    spa: ipv4FromValue(reader.u32('ar$spa')),
    tha: readMac(reader, 'ar$tha'),
    tpa: ipv4FromValue(reader.u32('ar$tpa')),
  };
}

/** 42 octets, without padding: the driver pads to the Ethernet minimum. */
export function encodeArpFrame(frame: ArpFrame): Uint8Array {
  const writer = new ByteWriter(ARP_FRAME_LENGTH);
  writeEthernetHeader(writer, { destination: frame.destination, source: frame.source, etherType: EtherType.arp });
  writer.u16(HARDWARE_ETHERNET).u16(PROTOCOL_IPV4).u8(HARDWARE_LENGTH).u8(PROTOCOL_LENGTH).u16(frame.op);
  writeMac(writer, frame.sha);
  writer.u32(frame.spa);
  writeMac(writer, frame.tha);
  writer.u32(frame.tpa);
  return writer.finish();
}

function expectValue(actual: number, expected: number, field: string, offset: number): void {
  if (actual !== expected) throw new DecodeError('bad-value', field, offset);
}
