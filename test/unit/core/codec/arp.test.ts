import { describe, expect, it } from 'vitest';
import {
  type ArpFrame,
  arpAnnouncement,
  arpProbe,
  arpReply,
  DecodeError,
  decodeArpFrame,
  directedRefresh,
  encodeArpFrame,
  gratuitousReply,
} from '../../../../src/core/codec/arp/index.ts';
import { bytes, hex, mac, v4 } from '../../../support/fake-lan.ts';

const SPEAKER = mac('02:00:00:00:0a:01');
const CLIENT = mac('02:00:00:00:0c:01');
const ADDRESS = v4('192.0.2.50');
const REQUEST: ArpFrame = {
  destination: mac('ff:ff:ff:ff:ff:ff'),
  source: CLIENT,
  op: 1,
  sha: CLIENT,
  spa: v4('192.0.2.9'),
  tha: mac('00:00:00:00:00:00'),
  tpa: ADDRESS,
};

// Written by hand from the layout of RFC 826, field by field.
const REQUEST_BYTES = `ffffffffffff020000000c0108060001080006040001020000000c01c0000209000000000000c0000232`;

const VECTORS: readonly [string, ArpFrame, string][] = [
  ['a request', REQUEST, REQUEST_BYTES],
  [
    'the answer to it',
    arpReply(REQUEST, SPEAKER),
    '020000000c01020000000a0108060001080006040002020000000a01c0000232020000000c01c0000209',
  ],
  [
    'an announcement in its request form',
    arpAnnouncement(SPEAKER, ADDRESS),
    'ffffffffffff020000000a0108060001080006040001020000000a01c0000232000000000000c0000232',
  ],
  [
    'an announcement in its reply form',
    gratuitousReply(SPEAKER, ADDRESS),
    'ffffffffffff020000000a0108060001080006040002020000000a01c0000232020000000a01c0000232',
  ],
  [
    'a probe, whose sender has no address (RFC 5227 §2.1.1)',
    arpProbe(SPEAKER, ADDRESS),
    'ffffffffffff020000000a0108060001080006040001020000000a0100000000000000000000c0000232',
  ],
  [
    'a refresh of a gateway',
    directedRefresh(SPEAKER, ADDRESS, v4('192.0.2.1')),
    'ffffffffffff020000000a0108060001080006040001020000000a01c0000232000000000000c0000201',
  ],
];

describe('the ARP codec', () => {
  it.each(VECTORS)('encodes and decodes %s (RFC 826)', (_, frame, wire) => {
    expect(hex(encodeArpFrame(frame))).toBe(wire);
    expect(decodeArpFrame(bytes(wire))).toEqual(frame);
  });

  it('ignores the padding of short Ethernet frames', () => {
    expect(decodeArpFrame(bytes(REQUEST_BYTES + '5a'.repeat(18)))).toEqual(REQUEST);
  });

  it('keeps an operation that it does not know', () => {
    const rarp = REQUEST_BYTES.replace('06040001', '06040003');
    expect(decodeArpFrame(bytes(rarp)).op).toBe(3);
  });

  it.each(Array.from({ length: 42 }, (_, length) => length))('refuses a frame cut to %i octets', (length) => {
    expect(() => decodeArpFrame(bytes(REQUEST_BYTES).subarray(0, length))).toThrowError(
      expect.objectContaining({ name: 'DecodeError', code: 'truncated' }),
    );
  });

  it.each([
    ['EtherType', 12, '86dd'],
    ['ar$hrd', 14, '0006'],
    ['ar$pro', 16, '86dd'],
    ['ar$hln', 18, '08'],
    ['ar$pln', 19, '10'],
  ])('refuses a frame whose %s at octet %i is 0x%s', (field, offset, value) => {
    const octets = bytes(REQUEST_BYTES);
    octets.set(bytes(value), offset);
    const error = catchError(() => decodeArpFrame(octets));
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toMatchObject({ code: 'bad-value', field, offset });
  });
});

function catchError(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
