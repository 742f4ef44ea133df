import { ByteWriter, internetChecksum } from '../../bytes/index.ts';
import type { Ipv6 } from '../../net/index.ts';
import { EtherType, writeEthernetHeader, writeMac } from '../ethernet/index.ts';
import {
  CHECKSUM_OFFSET,
  HOP_LIMIT,
  IP_ADDRESSES_OFFSET,
  LINK_LAYER_OPTION_UNITS,
  MESSAGE_OFFSET,
  NdpOptionType,
  NdpType,
  NEXT_HEADER_ICMPV6,
  OPTION_UNIT,
} from './constants.ts';
import type { NdpFrame, NdpMessage, NdpOption } from './types.ts';

/** What an answer takes: a message with one link-layer address. */
const USUAL_LENGTH = 86;
const PAYLOAD_LENGTH_OFFSET = 18;

/** The frame with its length and its checksum. @throws RangeError for a field that does not fit: a defect of the caller */
export function encodeNdpFrame(frame: NdpFrame): Uint8Array {
  const writer = new ByteWriter(USUAL_LENGTH);
  writeEthernetHeader(writer, { destination: frame.destination, source: frame.source, etherType: EtherType.ipv6 });
  writer.u32(0x6000_0000 + frame.trafficClass * 2 ** 20 + frame.flowLabel);
  writer.u16(0).u8(NEXT_HEADER_ICMPV6).u8(HOP_LIMIT);
  writeIpv6(writer, frame.sourceAddress);
  writeIpv6(writer, frame.destinationAddress);
  writeMessage(writer, frame.message);
  const length = writer.length - MESSAGE_OFFSET;
  writer.patchU16(PAYLOAD_LENGTH_OFFSET, length);
  const octets = writer.finish();
  const checksum = internetChecksum(octets.subarray(IP_ADDRESSES_OFFSET), length + NEXT_HEADER_ICMPV6);
  octets[CHECKSUM_OFFSET] = checksum >> 8;
  octets[CHECKSUM_OFFSET + 1] = checksum & 0xff;
  return octets;
}

function writeMessage(writer: ByteWriter, message: NdpMessage): void {
  const isSolicitation = message.kind === 'solicitation';
  writer
    .u8(isSolicitation ? NdpType.neighborSolicitation : NdpType.neighborAdvertisement)
    .u8(0)
    .u16(0);
  writer.u32(isSolicitation ? message.reserved : flagsOf(message));
  writeIpv6(writer, message.target);
  for (const option of message.options) writeOption(writer, option);
}

function flagsOf(message: Extract<NdpMessage, { kind: 'advertisement' }>): number {
  const flags = (message.router ? 4 : 0) + (message.solicited ? 2 : 0) + (message.override ? 1 : 0);
  return flags * 2 ** 29 + message.reserved;
}

function writeOption(writer: ByteWriter, option: NdpOption): void {
  switch (option.kind) {
    case 'source-link-layer-address':
    case 'target-link-layer-address':
      writer.u8(
        NdpOptionType[
          option.kind === 'source-link-layer-address' ? 'sourceLinkLayerAddress' : 'targetLinkLayerAddress'
        ],
      );
      writer.u8(LINK_LAYER_OPTION_UNITS);
      writeMac(writer, option.mac);
      return;
    case 'nonce':
      writeOctets(writer, NdpOptionType.nonce, option.octets);
      return;
    case 'other':
      writeOctets(writer, option.type, option.octets);
      return;
    default:
      option satisfies never;
  }
}

function writeOctets(writer: ByteWriter, type: number, octets: Uint8Array): void {
  const units = (octets.length + 2) / OPTION_UNIT;
  writer.u8(type).u8(units).bytes(octets);
}

function writeIpv6(writer: ByteWriter, address: Ipv6): void {
  writer.u64(address >> 64n).u64(BigInt.asUintN(64, address));
}
