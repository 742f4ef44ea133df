import { describe, expect, it } from 'vitest';
import { arpFilter } from '../../../../src/adapters/linux/arp-filter.ts';
import { arpAnnouncement, encodeArpFrame, gratuitousReply } from '../../../../src/core/codec/arp/index.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';

const REQUEST = encodeArpFrame(arpAnnouncement(mac('02:00:00:00:0c:01'), v4('192.0.2.50')));
const REPLY = encodeArpFrame(gratuitousReply(mac('02:00:00:00:0c:01'), v4('192.0.2.50')));

/** What a classic BPF machine returns for a frame: how many octets of it are kept. @see linux Documentation/networking/filter.rst */
function run(program: Uint8Array, frame: Uint8Array, packetType: number): number {
  const view = new DataView(program.buffer);
  const packet = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; ) {
    const [code, value] = [view.getUint16(at * 8, true), view.getUint32(at * 8 + 4, true)];
    const jump = (taken: boolean): number => at + 1 + view.getUint8(at * 8 + (taken ? 2 : 3));
    const size = { 48: 1, 40: 2, 32: 4 }[code];
    if (size !== undefined) {
      if (value === 0xffff_f004) accumulator = packetType;
      else if (value + size > frame.length) return 0;
      else
        accumulator =
          size === 1 ? packet.getUint8(value) : size === 2 ? packet.getUint16(value) : packet.getUint32(value);
      at += 1;
    } else if (code === 0x15) at = jump(accumulator === value);
    else if (code === 0x25) at = jump(accumulator > value);
    else if (code === 0x06) return value;
    else throw new Error(`operation ${code}`);
  }
  throw new Error('the program ran over its end');
}

describe('the ARP filter', () => {
  it.each([
    ['a host frame', 0],
    ['a broadcast frame', 1],
    ['a multicast frame', 2],
  ])('keeps requests and replies of %s', (_, packetType) => {
    expect(run(arpFilter(), REQUEST, packetType)).toBe(64);
    expect(run(arpFilter(), REPLY, packetType)).toBe(64);
  });

  it.each([
    ['of another host or another VLAN', 3],
    ['that this node sends', 4],
  ])('drops frames %s', (_, packetType) => {
    expect(run(arpFilter(), REQUEST, packetType)).toBe(0);
  });

  it.each([
    ['another EtherType', 12, 0x86],
    ['another hardware type', 15, 6],
    ['another protocol', 16, 0x86],
    ['another hardware length', 18, 8],
    ['another protocol length', 19, 16],
    ['operation 3', 21, 3],
    ['operation 0', 21, 0],
    ['operation 257', 20, 1],
  ])('drops frames with %s', (_, offset, octet) => {
    expect(run(arpFilter(), REQUEST.with(offset, octet), 1)).toBe(0);
  });

  it('drops what ends before the operation, and keeps what ends right after it: the decoder has to look', () => {
    expect(run(arpFilter(), REQUEST.subarray(0, 21), 1)).toBe(0);
    expect(run(arpFilter(), REQUEST.subarray(0, 22), 1)).toBe(64);
  });
});
