import { describe, expect, it } from 'vitest';
import { arpFilter } from '../../../../src/adapters/linux/arp-filter.ts';
import { arpAnnouncement, encodeArpFrame, gratuitousReply } from '../../../../src/core/codec/arp/index.ts';
import { runBpf } from '../../../support/bpf-machine.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';

const REQUEST = encodeArpFrame(arpAnnouncement(mac('02:00:00:00:0c:01'), v4('192.0.2.50')));
const REPLY = encodeArpFrame(gratuitousReply(mac('02:00:00:00:0c:01'), v4('192.0.2.50')));

describe('the ARP filter', () => {
  it.each([
    ['a host frame', 0],
    ['a broadcast frame', 1],
    ['a multicast frame', 2],
  ])('keeps requests and replies of %s', (_, packetType) => {
    expect(runBpf(arpFilter(), REQUEST, packetType)).toBe(64);
    expect(runBpf(arpFilter(), REPLY, packetType)).toBe(64);
  });

  it.each([
    ['of another host or another VLAN', 3],
    ['that this node sends', 4],
  ])('drops frames %s', (_, packetType) => {
    expect(runBpf(arpFilter(), REQUEST, packetType)).toBe(0);
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
    expect(runBpf(arpFilter(), REQUEST.with(offset, octet), 1)).toBe(0);
  });

  it('drops what ends before the operation, and keeps what ends right after it: the decoder has to look', () => {
    expect(runBpf(arpFilter(), REQUEST.subarray(0, 21), 1)).toBe(0);
    expect(runBpf(arpFilter(), REQUEST.subarray(0, 22), 1)).toBe(64);
  });
});
