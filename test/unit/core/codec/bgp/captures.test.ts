import { describe, expect, it } from 'vitest';
import {
  BEFORE_OPEN,
  capabilityCode,
  decodeMessage,
  decodeUpdate,
  encodeMessage,
} from '../../../../../src/core/codec/bgp/index.ts';
import { CAPTURED_OPENS, CAPTURED_UPDATES } from '../../../../support/bgp/captures.ts';
import { bgpOctets, toHex } from '../../../../support/bgp/octets.ts';

describe('an UPDATE of another speaker', () => {
  it.each(CAPTURED_UPDATES)('is read as what that was told to announce: $source', ({ hex, context, message }) => {
    expect(decodeUpdate(bgpOctets(hex), context)).toEqual(message);
    expect(decodeMessage(bgpOctets(hex), context)).toMatchObject({
      announced: message.nlri.length + reached(message),
      treatAsWithdraw: undefined,
      discarded: [],
      ignored: 0,
    });
  });

  it.each(CAPTURED_UPDATES.filter(({ hex }) => !/(5002|900[ef])00/.test(hex)))(
    'is written by us octet for octet as it was: $source',
    ({ hex, context, message }) => {
      expect(toHex(encodeMessage(message, context))).toBe('ff'.repeat(16) + hex);
    },
  );
});

describe('an OPEN of another speaker', () => {
  it.each(CAPTURED_OPENS)('is read with every capability, known or not: $source', ({ hex, message, codes }) => {
    const decoded = decodeMessage(bgpOctets(hex), BEFORE_OPEN);
    expect(decoded).toEqual(message);
    expect(message.capabilities.map(capabilityCode)).toEqual(codes);
    expect(decodeMessage(encodeMessage(message, BEFORE_OPEN), BEFORE_OPEN)).toEqual(message);
  });
});

function reached({ attributes }: (typeof CAPTURED_UPDATES)[number]['message']): number {
  return attributes.reduce((sum, each) => sum + (each.kind === 'mpReachNlri' ? each.nlri.length : 0), 0);
}
