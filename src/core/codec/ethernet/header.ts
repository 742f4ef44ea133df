import type { ByteReader, ByteWriter } from '../../bytes/index.ts';
import { type MacAddress, macFromValue } from '../../net/index.ts';

const LOW_32_BITS = 2 ** 32;

/**
 * An untagged Ethernet II header.
 *
 *     |  destination (6)  |  source (6)  |  EtherType (2)  |
 *
 * @see IEEE 802.3 §3.1.1
 */
export interface EthernetHeader {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  /** 0x0600 and more: below, the field is a length. */
  readonly etherType: number;
}

/** @throws DecodeError `truncated` */
export function readEthernetHeader(reader: ByteReader): EthernetHeader {
  return {
    destination: readMac(reader, 'destination'),
    source: readMac(reader, 'source'),
    etherType: reader.u16('EtherType'),
  };
}

/** 14 octets. @see IEEE 802.3 §3.1.1 */
export function writeEthernetHeader(writer: ByteWriter, header: EthernetHeader): void {
  writeMac(writer, header.destination);
  writeMac(writer, header.source);
  writer.u16(header.etherType);
}

/** @throws DecodeError `truncated` */
export function readMac(reader: ByteReader, field: string): MacAddress {
  const high = reader.u16(field);
  return macFromValue(high * LOW_32_BITS + reader.u32(field));
}

/** 6 octets. */
export function writeMac(writer: ByteWriter, address: MacAddress): void {
  writer.u16(Math.floor(address / LOW_32_BITS)).u32(address % LOW_32_BITS);
}
