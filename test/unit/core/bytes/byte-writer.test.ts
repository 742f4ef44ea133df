import { describe, expect, it } from 'vitest';
import { ByteWriter, internetChecksum } from '../../../../src/core/bytes/index.ts';
import { bytes, hex } from '../../../support/fake-lan.ts';

describe('a writer of fields', () => {
  it.each<[string, (writer: ByteWriter) => ByteWriter, string]>([
    ['u8', (writer) => writer.u8(0x12), '12'],
    ['u16', (writer) => writer.u16(0x1234), '1234'],
    ['u32', (writer) => writer.u32(0x1234_5678), '12345678'],
    ['u64', (writer) => writer.u64(0x1234_5678_9abc_def0n), '123456789abcdef0'],
    ['bytes', (writer) => writer.bytes(bytes('1234567890')), '1234567890'],
  ])('grows when %s goes beyond its first capacity', (_, write, wire) => {
    const writer = new ByteWriter(2).u8(0xa5);
    expect(hex(write(writer).finish())).toBe(`a5${wire}`);
  });
});

describe('a writer that is used again', () => {
  it('begins anew in the same memory, and shows what was written without a copy', () => {
    const writer = new ByteWriter(4).u32(0x0102_0304);
    const before = writer.written();
    expect(hex(writer.clear().u16(0x0506).written())).toBe('0506');
    expect(hex(before)).toBe('05060304');
    expect(writer.length).toBe(2);
  });
});

describe('the checksum of the internet protocols', () => {
  it('is that of the example of RFC 1071 §3', () => {
    expect(internetChecksum(bytes('0001f203f4f5f6f7'))).toBe(0xffff - 0xddf2);
  });

  it('pads an odd last octet with zero', () => {
    expect(internetChecksum(bytes('0001f2'))).toBe(internetChecksum(bytes('0001f200')));
  });

  it('is 0 over octets that hold their own, whatever else is covered', () => {
    expect(internetChecksum(bytes('0001f203f4f5f6f7220d'))).toBe(0);
    expect(internetChecksum(bytes('fff0'), 0x7fff_0000 + 0x800e)).toBe(0xffff - ((0xfff0 + 0x7fff + 0x800e) % 0xffff));
  });
});
