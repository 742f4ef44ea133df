import { describe, expect, it } from 'vitest';
import {
  decodeMessage,
  decodeUpdate,
  encodeMessage,
  endOfRib,
  type SessionContext,
  type UpdateSummary,
} from '../../../../../src/core/codec/bgp/index.ts';
import { EXTERNAL, INTERNAL, OLD } from '../../../../support/bgp/contexts.ts';
import { bgpOctets, toHex, updateOctets } from '../../../../support/bgp/octets.ts';
import { refusal } from '../../../../support/bgp/refusal.ts';

const ORIGIN = '400101 00';
const AS_PATH = '400206 0201 0000fc00';
const NEXT_HOP = '400304 c000020b';
const LOCAL_PREF = '400504 00000064';
const GOOD = ORIGIN + AS_PATH + NEXT_HOP;
const ROUTE = '20 c6336407';
const NEXT_HOP_V6 = '20010db8000000000000000000000011';
const REACH_V6 = `800e26 000201 10 ${NEXT_HOP_V6} 00 80 20010db8000f00000000000000000000`;

function summary(parts: Parameters<typeof updateOctets>[0], context: SessionContext = EXTERNAL): UpdateSummary {
  return decodeMessage(updateOctets(parts), context) as UpdateSummary;
}

function refused(parts: Parameters<typeof updateOctets>[0], context: SessionContext = EXTERNAL): string | undefined {
  return refusal(() => decodeMessage(updateOctets(parts), context));
}

const compact = (hex: string): string => hex.replaceAll(' ', '');

describe('an UPDATE', () => {
  it('is counted: announced and withdrawn of both families', () => {
    const unreach = '800f0c 000201 40 20010db800000001';
    expect(
      summary({ withdrawn: `${ROUTE} 00`, attributes: REACH_V6 + GOOD + unreach, nlri: `${ROUTE} 18 c63364` }),
    ).toMatchObject({ announced: 3, withdrawn: 3, ignored: 0, treatAsWithdraw: undefined, endOfRib: false });
  });

  it('of nothing is the End-of-RIB of IPv4, an empty MP_UNREACH_NLRI that of its family (RFC 4724 §2)', () => {
    expect(summary({}).endOfRib).toBe(true);
    expect(summary({ attributes: '800f03 000201' }).endOfRib).toBe(true);
    expect(summary({ attributes: '900f0003 000201' }).endOfRib).toBe(true);
    expect(summary({ attributes: ORIGIN }).endOfRib).toBe(false);
    expect(summary({ withdrawn: ROUTE }).endOfRib).toBe(false);
    expect(toHex(encodeMessage(endOfRib('IPv4'), EXTERNAL))).toBe(`${'ff'.repeat(16)}00170200000000`);
    expect(toHex(encodeMessage(endOfRib('IPv6'), EXTERNAL))).toBe(`${'ff'.repeat(16)}001d0200000006800f03000201`);
  });

  it('may name an IPv6 router by two addresses (RFC 2545 §3), and an IPv4 route by either family (RFC 8950 §3)', () => {
    const linkLocal = 'fe800000000000000000000000000001';
    for (const [family, nextHop] of [
      ['0002', `20 ${NEXT_HOP_V6}${linkLocal}`],
      ['0001', `10 ${NEXT_HOP_V6}`],
      ['0001', `20 ${NEXT_HOP_V6}${linkLocal}`],
      ['0001', '04 c0000201'],
    ] as const) {
      const value = `${family}01 ${nextHop} 00 18 0a0000`;
      const length = (compact(value).length / 2).toString(16).padStart(2, '0');
      const octetsOfIt = updateOctets({ attributes: `800e${length}${value}${ORIGIN}${AS_PATH}` });
      expect(decodeMessage(octetsOfIt, EXTERNAL)).toMatchObject({ announced: 1, treatAsWithdraw: undefined });
      expect(encodeMessage(decodeUpdate(octetsOfIt, EXTERNAL), EXTERNAL)).toEqual(octetsOfIt);
    }
  });

  it('has the bits beyond a prefix masked off, which mean nothing (RFC 4271 §4.3)', () => {
    const { nlri } = decodeUpdate(updateOctets({ attributes: GOOD, nlri: '19 0a0000ff 00 01 ff' }), EXTERNAL);
    expect(nlri).toEqual([
      { network: 0x0a00_0080, length: 25 },
      { network: 0, length: 0 },
      { network: 0x8000_0000, length: 1 },
    ]);
  });

  it('needs a long attribute header from 256 octets on', () => {
    const values = Array.from({ length: 64 }, (_, index) => index);
    for (const count of [63, 64]) {
      const message = {
        ...endOfRib('IPv4'),
        attributes: [{ kind: 'communities', values: values.slice(0, count) }] as const,
      };
      const wire = toHex(encodeMessage(message, EXTERNAL)).slice(46);
      expect(wire.slice(0, 8)).toBe(count === 63 ? 'c008fc00' : 'd0080100');
    }
  });
});

describe('faults that end the session', () => {
  const cases: readonly (readonly [string, Parameters<typeof updateOctets>[0], string])[] = [
    ['a prefix of more than 32 bits (RFC 7606 §5.3)', { attributes: GOOD, nlri: '21 0a00000000' }, '3/10'],
    ['a prefix that is cut off (RFC 7606 §5.3)', { attributes: GOOD, nlri: '20 0a0000' }, '3/10'],
    ['a withdrawn prefix of more than 32 bits (RFC 7606 §5.3)', { withdrawn: '21 0a00000000' }, '3/10'],
    ['a withdrawn prefix that is cut off (RFC 7606 §5.3)', { withdrawn: '18 0a00' }, '3/10'],
    [
      'an unknown well-known attribute (RFC 4271 §6.3)',
      { attributes: `${GOOD}406302abcd`, nlri: ROUTE },
      '3/2 406302abcd',
    ],
    ['MP_REACH_NLRI twice (RFC 7606 §3 g)', { attributes: REACH_V6 + REACH_V6 + GOOD }, '3/1'],
    ['MP_UNREACH_NLRI twice (RFC 7606 §3 g)', { attributes: '800f03 000201 800f03 000201' }, '3/1'],
    ['MP_REACH_NLRI of four octets (RFC 7606 §5.3)', { attributes: `800e04 00020100${GOOD}` }, '3/9 800e0400020100'],
    ['MP_UNREACH_NLRI of two octets (RFC 7606 §5.3)', { attributes: '800f02 0002' }, '3/9 800f020002'],
    [
      'an IPv6 next hop of four octets (RFC 7606 §7.11)',
      { attributes: `800e09 000201 04 c0000201 00${GOOD}` },
      '3/9 800e0900020104c000020100',
    ],
    [
      'a next hop that is longer than its attribute (RFC 7606 §7.11)',
      { attributes: `800e06 000201 10 0000${GOOD}` },
      '3/9 800e06000201100000',
    ],
    ['an IPv6 prefix of more than 128 bits (RFC 7606 §5.3)', { attributes: `800f04 000201 81` }, '3/9 800f0400020181'],
    ['an IPv6 prefix that is cut off (RFC 7606 §5.3)', { attributes: `800f05 000201 10 20` }, '3/9 800f050002011020'],
    ['a fault where no route could be withdrawn (RFC 7606 §5.2)', { attributes: '400101 03' }, '3/6 40010103'],
    ['the same for the flags', { attributes: '800101 00' }, '3/4 80010100'],
    ['the same for a length', { attributes: '400102 0000' }, '3/5 4001020000'],
    ['the same for AS_PATH', { attributes: '400202 0501' }, '3/11'],
    ['the same for a list that is cut off', { attributes: '4001' }, '3/1'],
  ];

  it.each(cases)('%s', (_title, parts, expected) => {
    expect(refused(parts)).toBe(expected);
  });

  it('parts that are longer than the message (RFC 4271 §6.3)', () => {
    for (const hex of ['0017020001 0000', '001702 0000 0001', '001802 ffff 0000 00', '001902 0000 0003 0000']) {
      expect(
        refusal(() => decodeMessage(bgpOctets(hex), EXTERNAL)),
        hex,
      ).toBe('3/1');
    }
  });
});

describe('faults for which the routes count as withdrawn', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['an attribute that is longer than the list (RFC 7606 §4)', `${GOOD}c008ff00`, /longer than the list/],
    ['a wrong optional bit (RFC 7606 §3 c)', `c00101 00${AS_PATH}${NEXT_HOP}`, /ORIGIN with wrong flags/],
    ['a wrong transitive bit (RFC 7606 §3 c)', `${GOOD}c00404 00000001`, /MULTI_EXIT_DISC with wrong flags/],
    ['ORIGIN above 2 (RFC 7606 §7.1)', `400101 03${AS_PATH}${NEXT_HOP}`, /ORIGIN that is wrong/],
    ['ORIGIN of two octets (RFC 7606 §7.1)', `400102 0000${AS_PATH}${NEXT_HOP}`, /ORIGIN of 2 octets/],
    ['an unknown kind of segment (RFC 7606 §7.2)', `${ORIGIN}400206 0501 0000fc00${NEXT_HOP}`, /AS_PATH/],
    ['a segment that is longer than the path (RFC 7606 §7.2)', `${ORIGIN}400206 0202 0000fc00${NEXT_HOP}`, /AS_PATH/],
    ['an empty segment (RFC 7606 §7.2)', `${ORIGIN}400202 0200${NEXT_HOP}`, /AS_PATH/],
    ['AS 0 in the path (RFC 7607 §2)', `${ORIGIN}400206 0201 00000000${NEXT_HOP}`, /AS_PATH/],
    ['a confederation from outside (RFC 5065 §5)', `${ORIGIN}400206 0301 0000fc00${NEXT_HOP}`, /AS_PATH/],
    ['NEXT_HOP of five octets (RFC 7606 §7.3)', `${ORIGIN}${AS_PATH}400305 c000020b00`, /NEXT_HOP of 5/],
    ['MULTI_EXIT_DISC of three octets (RFC 7606 §7.4)', `${GOOD}800403 000000`, /MULTI_EXIT_DISC of 3/],
    ['communities of five octets (RFC 7606 §7.8)', `${GOOD}c00805 0000000000`, /COMMUNITIES of 5/],
    ['no communities (RFC 7606 §7.8)', `${GOOD}c00800`, /COMMUNITIES of 0/],
    [
      'extended communities of seven octets (RFC 7606 §7.14)',
      `${GOOD}c01007 00000000000000`,
      /EXTENDED_COMMUNITIES of 7/,
    ],
    ['large communities of eight octets (RFC 8092 §6)', `${GOOD}c02008 0000000000000000`, /LARGE_COMMUNITIES of 8/],
    ['no ORIGIN (RFC 7606 §3 d)', AS_PATH + NEXT_HOP, /without ORIGIN/],
    ['no AS_PATH (RFC 7606 §3 d)', ORIGIN + NEXT_HOP, /without AS_PATH/],
    ['no NEXT_HOP (RFC 7606 §3 d)', ORIGIN + AS_PATH, /without NEXT_HOP/],
  ];

  it.each(cases)('%s', (_title, attributes, words) => {
    const { announced, treatAsWithdraw, discarded } = summary({ attributes, nlri: ROUTE });
    expect({ announced, discarded }).toEqual({ announced: 1, discarded: [] });
    expect(treatAsWithdraw).toMatch(words);
  });

  const internal: readonly (readonly [string, string, RegExp])[] = [
    ['no LOCAL_PREF (RFC 7606 §3 d)', GOOD, /without LOCAL_PREF/],
    ['LOCAL_PREF of three octets (RFC 7606 §7.5)', `${GOOD}400503 000000`, /LOCAL_PREF of 3/],
    ['ORIGINATOR_ID of three octets (RFC 7606 §7.9)', `${GOOD}${LOCAL_PREF}800903 000000`, /ORIGINATOR_ID of 3/],
    ['CLUSTER_LIST of six octets (RFC 7606 §7.10)', `${GOOD}${LOCAL_PREF}800a06 000000000000`, /CLUSTER_LIST of 6/],
  ];

  it.each(internal)('%s from a peer of our own AS', (_title, attributes, words) => {
    expect(summary({ attributes, nlri: ROUTE }, INTERNAL).treatAsWithdraw).toMatch(words);
  });

  it('do not hide what ends the session behind them', () => {
    expect(refused({ attributes: `400101 03${AS_PATH}${NEXT_HOP}406300`, nlri: ROUTE })).toBe('3/2 406300');
  });

  it('need no NEXT_HOP where the routes are in MP_REACH_NLRI', () => {
    expect(summary({ attributes: REACH_V6 + ORIGIN + AS_PATH }).treatAsWithdraw).toBeUndefined();
    expect(summary({ attributes: REACH_V6 + AS_PATH }).treatAsWithdraw).toMatch(/without ORIGIN/);
  });
});

describe('faults for which an attribute is discarded', () => {
  const cases: readonly (readonly [string, string, SessionContext])[] = [
    ['an attribute that comes again (RFC 7606 §3 g)', ORIGIN, EXTERNAL],
    ['ATOMIC_AGGREGATE that has a value (RFC 7606 §7.6)', '400601 00', EXTERNAL],
    ['AGGREGATOR of six octets from a new speaker (RFC 7606 §7.7)', 'c00706 fc000a000009', EXTERNAL],
    ['AGGREGATOR of eight octets from an old one (RFC 7606 §7.7)', 'c00708 0000fc000a000009', OLD],
    ['AGGREGATOR with AS 0 (RFC 7607 §2)', 'c00708 00000000 0a000009', EXTERNAL],
    ['LOCAL_PREF from outside, right or wrong (RFC 7606 §7.5)', '400503 000000', EXTERNAL],
    ['ORIGINATOR_ID from outside (RFC 7606 §7.9)', '800904 0a000007', EXTERNAL],
    ['CLUSTER_LIST from outside (RFC 7606 §7.10)', '800a04 0a000007', EXTERNAL],
    ['AS4_PATH from a new speaker (RFC 6793 §6)', 'c01106 0201 fa56ea00', EXTERNAL],
    ['AS4_PATH that is cut off (RFC 6793 §6)', 'c01106 0202 fa56ea00', OLD],
    ['AS4_AGGREGATOR of seven octets (RFC 6793 §6)', 'c01207 00000000000000', OLD],
  ];

  it.each(cases)('%s', (_title, attribute, context) => {
    const asPath = context.fourOctetAs ? AS_PATH : '400204 0201 fc00';
    const { announced, treatAsWithdraw, discarded } = summary(
      { attributes: ORIGIN + asPath + NEXT_HOP + attribute, nlri: ROUTE },
      context,
    );
    expect({ announced, treatAsWithdraw, discarded: discarded.length }).toEqual({
      announced: 1,
      treatAsWithdraw: undefined,
      discarded: 1,
    });
  });

  it('do not end the session though there is no route (RFC 7606 §5.2)', () => {
    expect(summary({ attributes: '400503 000000' })).toMatchObject({ announced: 0, treatAsWithdraw: undefined });
  });
});

describe('what is none of ours', () => {
  it('an unknown optional attribute is passed over', () => {
    expect(summary({ attributes: `${GOOD}c0ff03 abcdef`, nlri: ROUTE })).toMatchObject({ announced: 1, discarded: [] });
  });

  it('a family that was not agreed on is passed over unread (RFC 4760 §7)', () => {
    for (const attributes of [REACH_V6, '800e08 000180 00 00 ffffff', '800f04 001946 ff']) {
      expect(summary({ attributes: `${attributes}${ORIGIN}400204 0201 fc00` }, OLD)).toMatchObject({
        announced: 0,
        withdrawn: 0,
        ignored: 1,
        treatAsWithdraw: undefined,
      });
    }
  });

  it('the partial bit may be set or not', () => {
    expect(summary({ attributes: `${GOOD}e00804 00000001`, nlri: ROUTE }).treatAsWithdraw).toBeUndefined();
  });
});
