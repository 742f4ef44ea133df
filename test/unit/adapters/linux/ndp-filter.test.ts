import { describe, expect, it } from 'vitest';
import { ndpFilter } from '../../../../src/adapters/linux/ndp-filter.ts';
import { encodeNdpFrame, unsolicitedAdvertisement } from '../../../../src/core/codec/ndp/index.ts';
import { runBpf } from '../../../support/bpf-machine.ts';
import { mac, v6 } from '../../../support/fake-lan.ts';
import { solicitation } from '../../../support/packet-bed.ts';

const SOLICITATION = encodeNdpFrame(solicitation(v6('2001:db8::50')));
const ADVERTISEMENT = encodeNdpFrame(unsolicitedAdvertisement(mac('02:00:00:00:0c:01'), v6('2001:db8::50')));

describe('the NDP filter', () => {
  it.each([
    ['a host frame', 0],
    ['a broadcast frame', 1],
    ['a multicast frame', 2],
  ])('keeps solicitations and advertisements of %s', (_, packetType) => {
    expect(runBpf(ndpFilter(), SOLICITATION, packetType)).toBe(512);
    expect(runBpf(ndpFilter(), ADVERTISEMENT, packetType)).toBe(512);
  });

  it.each([
    ['of another host or another VLAN', 3],
    ['that this node sends', 4],
  ])('drops frames %s', (_, packetType) => {
    expect(runBpf(ndpFilter(), SOLICITATION, packetType)).toBe(0);
  });

  it.each([
    ['another EtherType', 12, 0x08],
    ['an extension header (RFC 6980 §5)', 20, 44],
    ['another hop limit (RFC 4861 §7.1)', 21, 254],
    ['a router solicitation', 54, 133],
    ['a router advertisement', 54, 134],
    ['a redirect', 54, 137],
  ])('drops frames with %s', (_, offset, octet) => {
    expect(runBpf(ndpFilter(), SOLICITATION.with(offset, octet), 2)).toBe(0);
  });

  it('drops what ends before the type, and keeps what ends right after it: the decoder has to look', () => {
    expect(runBpf(ndpFilter(), SOLICITATION.subarray(0, 54), 2)).toBe(0);
    expect(runBpf(ndpFilter(), SOLICITATION.subarray(0, 55), 2)).toBe(512);
  });
});
