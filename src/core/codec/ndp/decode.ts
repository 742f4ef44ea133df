import { ByteReader, DecodeError, internetChecksum } from '../../bytes/index.ts';
import { type Ipv6, ipv6FromValue } from '../../net/index.ts';
import { EtherType, readEthernetHeader, readMac } from '../ethernet/index.ts';
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
  SHORTEST_MESSAGE,
  UNSPECIFIED_ADDRESS,
} from './constants.ts';
import { isMulticast, isSolicitedNodeGroup } from './groups.ts';
import type { NdpFrame, NdpMessage, NdpOption } from './types.ts';

/**
 * Refuses whatever a host has to discard. What follows the IPv6 payload is padding and ignored.
 * @throws DecodeError `truncated` when octets are missing, `bad-length` for impossible lengths, `bad-checksum`, and `bad-value`
 * for all else
 * @see RFC 4861 §7.1.1, §7.1.2
 */
export function decodeNdpFrame(bytes: Uint8Array): NdpFrame {
  const reader = new ByteReader(bytes);
  const { destination, source, etherType } = readEthernetHeader(reader);
  expectValue(etherType, EtherType.ipv6, 'EtherType', 12);
  const first = reader.u32('Version');
  expectValue(first >>> 28, 6, 'Version', 14);
  const length = reader.u16('Payload Length');
  expectValue(reader.u8('Next Header'), NEXT_HEADER_ICMPV6, 'Next Header', 20);
  expectValue(reader.u8('Hop Limit'), HOP_LIMIT, 'Hop Limit', 21);
  const sourceAddress = readIpv6(reader, 'Source Address');
  const destinationAddress = readIpv6(reader, 'Destination Address');
  if (length < SHORTEST_MESSAGE) throw new DecodeError('bad-length', 'Payload Length', 18);
  const body = reader.sub(length, 'Payload Length');
  const covered = bytes.subarray(IP_ADDRESSES_OFFSET, MESSAGE_OFFSET + length);
  if (internetChecksum(covered, length + NEXT_HEADER_ICMPV6) !== 0)
    throw new DecodeError('bad-checksum', 'Checksum', CHECKSUM_OFFSET);
  const message = readMessage(body);
  checkAddresses(message, sourceAddress, destinationAddress);
  return {
    destination,
    source,
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xf_ffff,
    sourceAddress,
    destinationAddress,
    message,
  };
}

function readMessage(reader: ByteReader): NdpMessage {
  const type = reader.u8('Type');
  expectValue(reader.u8('Code'), 0, 'Code', MESSAGE_OFFSET + 1);
  reader.u16('Checksum');
  const flags = reader.u32('Reserved');
  const targetOffset = reader.offset;
  const target = readIpv6(reader, 'Target Address');
  if (isMulticast(target)) throw new DecodeError('bad-value', 'Target Address', targetOffset);
  const options = readOptions(reader);
  switch (type) {
    case NdpType.neighborSolicitation:
      return { kind: 'solicitation', reserved: flags, target, options };
    case NdpType.neighborAdvertisement:
      return {
        kind: 'advertisement',
        router: flags >>> 31 === 1,
        solicited: ((flags >>> 30) & 1) === 1,
        override: ((flags >>> 29) & 1) === 1,
        reserved: flags & 0x1fff_ffff,
        target,
        options,
      };
    default:
      throw new DecodeError('bad-value', 'Type', MESSAGE_OFFSET);
  }
}

function readOptions(reader: ByteReader): NdpOption[] {
  const options: NdpOption[] = [];
  while (reader.remaining > 0) {
    const { offset } = reader;
    const type = reader.u8('Option Type');
    const units = reader.u8('Option Length');
    const length = units * OPTION_UNIT - 2;
    if (units === 0 || length > reader.remaining) throw new DecodeError('bad-length', 'Option Length', offset + 1);
    options.push(readOption(reader, type, units));
  }
  return options;
}

function readOption(reader: ByteReader, type: number, units: number): NdpOption {
  if (units === LINK_LAYER_OPTION_UNITS) {
    if (type === NdpOptionType.sourceLinkLayerAddress)
      return { kind: 'source-link-layer-address', mac: readMac(reader, 'Link-Layer Address') };
    if (type === NdpOptionType.targetLinkLayerAddress)
      return { kind: 'target-link-layer-address', mac: readMac(reader, 'Link-Layer Address') };
  }
  // A copy: the frame's memory is used again for the next one.
  const octets = reader.bytes(units * OPTION_UNIT - 2, 'Option').slice();
  return type === NdpOptionType.nonce ? { kind: 'nonce', octets } : { kind: 'other', type, octets };
}

function checkAddresses(message: NdpMessage, source: Ipv6, destination: Ipv6): void {
  if (message.kind === 'advertisement') {
    if (message.solicited && isMulticast(destination))
      throw new DecodeError('bad-value', 'Solicited flag', MESSAGE_OFFSET + 4);
  } else if (source === UNSPECIFIED_ADDRESS) {
    if (!isSolicitedNodeGroup(destination)) throw new DecodeError('bad-value', 'Destination Address', 38);
    if (message.options.some(isSourceLinkLayerAddress))
      throw new DecodeError('bad-value', 'Source Link-Layer Address', MESSAGE_OFFSET + SHORTEST_MESSAGE);
  }
}

/** Also one of a length that Ethernet has not. */
function isSourceLinkLayerAddress(option: NdpOption): boolean {
  const { kind } = option;
  return (
    kind === 'source-link-layer-address' || (kind === 'other' && option.type === NdpOptionType.sourceLinkLayerAddress)
  );
}

function readIpv6(reader: ByteReader, field: string): Ipv6 {
  const high = reader.u64(field);
  return ipv6FromValue((high << 64n) | reader.u64(field));
}

function expectValue(actual: number, expected: number, field: string, offset: number): void {
  if (actual !== expected) throw new DecodeError('bad-value', field, offset);
}
