import { describe, expect, it } from 'vitest';
import {
  BEFORE_OPEN,
  communicationOf,
  decodeMessage,
  describeNotification,
  encodeCommunication,
  encodeMessage,
  hardReset,
  notification,
} from '../../../../../src/core/codec/bgp/index.ts';
import { bgpOctets, octets, toHex } from '../../../../support/bgp/octets.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('a NOTIFICATION', () => {
  it('is read and written with its data (RFC 4271 §4.5)', () => {
    const wire = bgpOctets('001b03060205647261696e');
    const message = { kind: 'notification', code: 6, subcode: 2, data: octets('05647261696e') } as const;
    expect(decodeMessage(wire, BEFORE_OPEN)).toEqual(message);
    expect(encodeMessage(message, BEFORE_OPEN)).toEqual(wire);
  });

  it('keeps one octet of data, and none', () => {
    for (const data of ['', 'ff']) {
      const message = { kind: 'notification', ...notification(1, 3, octets(data)) } as const;
      expect(decodeMessage(encodeMessage(message, BEFORE_OPEN), BEFORE_OPEN)).toEqual(message);
    }
  });

  it('is never longer than the peer takes, however long the message that it cites (RFC 4271 §4.1)', () => {
    const cited = notification(7, 1, new Uint8Array(65_535).fill(5));
    for (const maxSentLength of [4096, 65_535]) {
      const wire = encodeMessage({ kind: 'notification', ...cited }, { ...BEFORE_OPEN, maxSentLength });
      expect(wire).toHaveLength(maxSentLength);
      expect(toHex(wire.subarray(16, 21))).toBe(`${maxSentLength.toString(16).padStart(4, '0')}030701`);
    }
  });

  it('within a Hard Reset is written as RFC 8538 §3.1 has it', () => {
    const reset = hardReset(notification(6, 2, octets('05647261696e')));
    expect(toHex(encodeMessage({ kind: 'notification', ...reset }, BEFORE_OPEN))).toBe(
      `${'ff'.repeat(16)}001d030609060205647261696e`,
    );
    expect(communicationOf(reset)).toBe('drain');
  });

  it('is described by the names of the registry', () => {
    expect(describeNotification(notification(2, 2))).toBe('OPEN Message Error: Bad Peer AS');
    expect(describeNotification(notification(4))).toBe('Hold Timer Expired');
    expect(describeNotification(notification(6, 10))).toBe('Cease: BFD Down');
    expect(describeNotification(notification(6, 77))).toBe('Cease: subcode 77');
    expect(describeNotification(notification(99, 1))).toBe('error 99: subcode 1');
    expect(describeNotification(notification(6, 2, encodeCommunication('maintenance')))).toBe(
      'Cease: Administrative Shutdown ("maintenance")',
    );
  });
});

describe('a shutdown communication (RFC 9003 §2)', () => {
  it('is read back', () => {
    for (const subcode of [2, 4]) {
      expect(communicationOf(notification(6, subcode, encodeCommunication('Wartung ä 維持')))).toBe('Wartung ä 維持');
    }
  });

  it('belongs to Administrative Shutdown and Reset only', () => {
    expect(communicationOf(notification(6, 3, encodeCommunication('no')))).toBeUndefined();
    expect(communicationOf(notification(2, 2, encodeCommunication('no')))).toBeUndefined();
  });

  it('is cut to 255 octets, and never within a character', () => {
    expect(encodeCommunication('x'.repeat(300)).length).toBe(256);
    expect(encodeCommunication('ä'.repeat(200))[0]).toBe(254);
    expect(encodeCommunication('😀'.repeat(200))[0]).toBe(252);
  });

  it('that is empty, or absent, says nothing', () => {
    expect(communicationOf(notification(6, 2))).toBeUndefined();
    expect(communicationOf(notification(6, 2, octets('00')))).toBeUndefined();
  });

  it('is shown without what could hurt a terminal, and shortened', () => {
    const hostile = encodeCommunication('a\u001b[31mred\r\n\u202eb');
    expect(communicationOf(notification(6, 2, hostile))).toBe('a [31mred b');
    expect(communicationOf(notification(6, 2, encodeCommunication('y'.repeat(255))))).toBe(`${'y'.repeat(128)}…`);
  });

  it('that is no UTF-8, or shorter than it says, is shown in hexadecimal', () => {
    expect(communicationOf(notification(6, 2, octets('02 c328')))).toBe('0x02c328');
    expect(communicationOf(notification(6, 2, Uint8Array.of(9, ...text('short'))))).toBe('0x0973686f7274');
  });

  it('in a Hard Reset of a Hard Reset is not followed', () => {
    expect(communicationOf(hardReset(hardReset(notification(6, 2, encodeCommunication('x')))))).toBeUndefined();
  });
});
