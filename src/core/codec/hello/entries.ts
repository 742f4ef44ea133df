import { type ByteReader, ByteWriter } from '../../bytes/index.ts';
import { familyBits, familyOf, type IpAddress, ipFromBytes, ipToBytes } from '../../net/index.ts';
import { hash32 } from './hash.ts';
import type { Epoch, HelloEntry, Holding } from './types.ts';

const HOLDINGS: readonly Holding[] = ['nothing', 'claim', 'stand-in'];
const IPV6_BIT = 0x80;
const FIXED_LENGTH = 1 + 8 + 8 + 4 + 1;

/** Octets of an entry: 26 for IPv4, 38 for IPv6. */
export function entryLength(address: IpAddress): number {
  return FIXED_LENGTH + familyBits(familyOf(address)) / 8;
}

/**
 *     | family (1 bit), holding (7 bits) | address (4 or 16) | generation (8) | counter (8) | term (4) | rank (1) |
 */
export function writeEntry(writer: ByteWriter, entry: HelloEntry): void {
  const octets = ipToBytes(entry.address);
  const { epoch, term, rank } = entry.order;
  writer.u8(HOLDINGS.indexOf(entry.holding) | (octets.length === 16 ? IPV6_BIT : 0)).bytes(octets);
  writer.u64(BigInt(epoch.generation)).u64(BigInt(epoch.counter)).u32(term).u8(rank);
}

/** @throws DecodeError */
export function readEntry(reader: ByteReader): HelloEntry {
  const kind = reader.u8('holding');
  const holding = HOLDINGS[kind & ~IPV6_BIT];
  if (holding === undefined) throw reader.fail('holding');
  const address = ipFromBytes(reader.bytes((kind & IPV6_BIT) === 0 ? 4 : 16, 'address'));
  const epoch: Epoch = { generation: readCount(reader, 'generation'), counter: readCount(reader, 'counter') };
  return { address, holding, order: { epoch, term: reader.u32('term'), rank: reader.u8('rank') } };
}

/** One member of `Hello.digest`. */
export function entryDigest(entry: HelloEntry): number {
  const writer = new ByteWriter(entryLength(entry.address));
  writeEntry(writer, entry);
  return hash32(writer.finish());
}

function readCount(reader: ByteReader, field: string): number {
  const value = reader.u64(field);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw reader.fail(field);
  return Number(value);
}
