import { describe, expect, it } from 'vitest';
import {
  BEFORE_OPEN,
  type Capability,
  capabilitiesInData,
  decodeMessage,
  encodeCapabilities,
  encodeMessage,
  type OpenMessage,
} from '../../../../../src/core/codec/bgp/index.ts';
import { framed, octets, toHex } from '../../../../support/bgp/octets.ts';
import { refusal } from '../../../../support/bgp/refusal.ts';

/** Version 4, AS 65000, hold time 90 s, identifier 192.0.2.1. */
const HEAD = '04fde8005ac0000201';

function open(parameters: string, head = HEAD): unknown {
  return decodeMessage(framed(1, `${head}${parameters}`), BEFORE_OPEN);
}

function capabilities(parameters: string): readonly Capability[] {
  const message = open(parameters);
  return (message as OpenMessage).capabilities;
}

describe('an OPEN', () => {
  it('of 29 octets, without parameters, is a good one (RFC 4271 §4.2)', () => {
    expect(open('00')).toEqual({
      kind: 'open',
      myAs: 65000,
      holdTimeSeconds: 90,
      identifier: 0xc000_0201,
      capabilities: [],
    });
  });

  it('may have its capabilities in one parameter or in many, and one of them twice (RFC 5492 §4)', () => {
    const both = [{ kind: 'routeRefresh' }, { kind: 'fourOctetAs', asn: 1 }];
    expect(capabilities('0a 0208 0200 4104 00000001')).toEqual(both);
    expect(capabilities('0c 0202 0200 0206 4104 00000001')).toEqual(both);
    expect(capabilities('06 0204 0200 0200')).toEqual([both[0], both[0]]);
    expect(capabilities('02 0200')).toEqual([]);
  });

  it('may have parameters of 16-bit lengths, whatever the first length says (RFC 9072 §2)', () => {
    expect(capabilities('ff ff 0005 02 0002 0200')).toEqual([{ kind: 'routeRefresh' }]);
    expect(capabilities('01 ff 0005 02 0002 0200')).toEqual([{ kind: 'routeRefresh' }]);
  });

  const malformed: readonly (readonly [string, string, string])[] = [
    ['a parameter list that is longer than the message', '05 0202 0200', '2/0'],
    ['a parameter list that is shorter than the message', '03 0202 0200', '2/0'],
    ['a parameter that is longer than the list', '04 0203 0200', '2/0'],
    ['no parameters, and something behind them', '00 0202 0200', '2/0'],
    ['extended parameters behind a length of 0 (RFC 9072 §2)', '00 ff 0005 02 0002 0200', '2/0'],
    ['half a parameter', '01 02', '2/0'],
    ['a capability that is longer than its parameter', '04 0202 0201', '2/0'],
    ['a four-octet AS number of three octets', '07 0205 4103 000001', '2/0'],
    ['a parameter that is no list of capabilities', '03 0101 00', '2/4'],
    ['extended parameters that are longer than the message', 'ff ff 0006 02 0002 0200', '2/0'],
  ];

  it.each(malformed)('with %s is answered (RFC 4271 §6.2)', (_title, parameters, expected) => {
    expect(refusal(() => open(parameters))).toBe(expected);
  });

  it('of another version is answered with ours (RFC 4271 §6.2)', () => {
    for (const version of ['03', '05', '00']) {
      expect(refusal(() => open('00', HEAD.replace('04', version)))).toBe('2/1 0004');
    }
  });

  it('has graceful restart read bit by bit (RFC 4724 §3, RFC 8538 §2)', () => {
    const read = (hex: string): unknown => capabilities(`0a 0208 4006 ${hex}`)[0];
    const none = { kind: 'gracefulRestart', restarting: false, notification: false, restartTimeSeconds: 0 };
    const family = { afi: 2, safi: 1, forwarding: false };
    expect(read('0000 0002 01 00')).toEqual({ ...none, families: [family] });
    expect(read('8000 0002 01 7f')).toEqual({ ...none, restarting: true, families: [family] });
    expect(read('4000 0002 01 80')).toEqual({
      ...none,
      notification: true,
      families: [{ ...family, forwarding: true }],
    });
    expect(read('3fff 0002 01 00')).toEqual({ ...none, restartTimeSeconds: 4095, families: [family] });
  });

  it('keeps what it does not know, and a known capability whose length is not its own', () => {
    const values = ['0101ff', '0201ff', '0502abcd', '060100', '4001ff', '46020000', '8000', '4900'];
    for (const value of values) {
      const [read] = capabilities(
        `${(octets(value).length + 2).toString(16).padStart(2, '0')} 02 0${octets(value).length} ${value}`,
      );
      expect(read).toMatchObject({ kind: 'unknown', code: octets(value)[0] });
    }
  });

  it('is written as it is in the golden vector', () => {
    const message: OpenMessage = {
      kind: 'open',
      myAs: 64512,
      holdTimeSeconds: 9,
      identifier: 0xc000_020b,
      capabilities: [
        { kind: 'multiprotocol', afi: 1, safi: 1 },
        { kind: 'multiprotocol', afi: 2, safi: 1 },
        { kind: 'routeRefresh' },
        { kind: 'fourOctetAs', asn: 64512 },
        { kind: 'enhancedRouteRefresh' },
        { kind: 'gracefulRestart', restarting: false, notification: false, restartTimeSeconds: 0, families: [] },
      ],
    };
    expect(toHex(encodeMessage(message, BEFORE_OPEN))).toBe(
      `${'ff'.repeat(16)}00390104fc000009c000020b1c021a010400010001010400020001020041040000fc00460040020000`,
    );
  });

  it('takes the long form when its capabilities need it (RFC 9072 §2)', () => {
    const capability: Capability = { kind: 'unknown', code: 200, value: new Uint8Array(250).fill(7) };
    for (const count of [1, 2, 10]) {
      const message = { ...(open('00') as OpenMessage), capabilities: Array(count).fill(capability) };
      expect(decodeMessage(encodeMessage(message, BEFORE_OPEN), BEFORE_OPEN)).toEqual(message);
    }
  });
});

describe('capabilities in the data of a NOTIFICATION (RFC 5492 §5)', () => {
  it('are those that were put there', () => {
    const two: Capability[] = [{ kind: 'multiprotocol', afi: 2, safi: 1 }, { kind: 'routeRefresh' }];
    expect(toHex(encodeCapabilities(two))).toBe('0104000200010200');
    expect(capabilitiesInData(octets('0104000200010200'))).toEqual(two);
  });

  it('are read as far as they go', () => {
    expect(capabilitiesInData(octets('0200 0104 00'))).toEqual([{ kind: 'routeRefresh' }]);
    expect(capabilitiesInData(octets('02'))).toEqual([]);
  });
});
