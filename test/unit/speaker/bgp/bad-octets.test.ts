import { beforeEach, describe, expect, it } from 'vitest';
import { bgpOctets, framed, octets, toHex } from '../../../support/bgp/octets.ts';
import { BgpSpeakerBed, peer } from '../../../support/bgp-speaker-bed.ts';
import type { FakeRouter } from '../../../support/fake-router.ts';

let bed: BgpSpeakerBed;
beforeEach(() => {
  bed = new BgpSpeakerBed();
});

const OPEN = '04fde8001e0a000001';
const CAPABILITIES = '0c020a01040001000102004600';
const KEEPALIVE = framed(4, '');

/** The router has said nothing, its OPEN, or all that a session needs. */
const STATES: Readonly<Record<string, readonly Uint8Array[]>> = {
  OpenSent: [],
  OpenConfirm: [framed(1, OPEN + CAPABILITIES)],
  Established: [framed(1, OPEN + CAPABILITIES), KEEPALIVE],
};

function said(state: string, bad: Uint8Array): FakeRouter {
  bed.snapshot([peer()]);
  const router = bed.streams.answer({ mute: true });
  for (const good of STATES[state] ?? []) router.sayOctets(good);
  router.sayOctets(bad);
  return router;
}

function answerOf({ notifications }: FakeRouter): string[] {
  return notifications.map(({ code, subcode, data }) => `${code}/${subcode} ${toHex(data)}`.trim());
}

describe('octets of a router that are no message', () => {
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a marker with a hole (RFC 4271 §6.1)', octets(`${'ff'.repeat(15)}fe001304`), '1/1'],
    ['a length of 18', bgpOctets('001204'), '1/2 0012'],
    ['a length of 4097', bgpOctets('100102'), '1/2 1001'],
    ['a length of 65535', bgpOctets('ffff02'), '1/2 ffff'],
    ['the type 0', bgpOctets('001300'), '1/3 00'],
    ['the type 6', bgpOctets('001306'), '1/3 06'],
    ['a KEEPALIVE of 20 octets', bgpOctets('00140400'), '1/2 0014'],
    ['an OPEN of 28 octets', bgpOctets(`001c01${'00'.repeat(9)}`), '1/2 001c'],
    ['an UPDATE of 22 octets', bgpOctets('001602000000'), '1/2 0016'],
  ];
  for (const state of Object.keys(STATES)) {
    it.each(cases)(`${state}: %s`, (_title, bad, expected) => {
      expect(answerOf(said(state, bad))).toEqual([expected]);
    });
  }

  it.each<[string, string, Uint8Array, string]>([
    ['OpenSent', 'a KEEPALIVE', KEEPALIVE, '5/1 04'],
    ['OpenSent', 'an UPDATE that is none either', framed(2, '00050000'), '5/1 02'],
    ['OpenConfirm', 'an UPDATE', framed(2, '00000000'), '5/2 02'],
    ['OpenConfirm', 'a second OPEN', framed(1, OPEN + CAPABILITIES), '5/2 01'],
    ['Established', 'an OPEN', framed(1, OPEN + CAPABILITIES), '5/3 01'],
    ['Established', 'an OPEN of version 9', framed(1, `09${OPEN.slice(2)}00`), '5/3 01'],
    ['Established', 'withdrawn routes beyond its end', framed(2, '00050000'), '3/1'],
    ['Established', 'attributes beyond its end', framed(2, '0000003240010100'), '3/1'],
    ['Established', 'a withdrawn prefix of 33 bits', framed(2, '0006210102030405' + '0000'), '3/10'],
    ['Established', 'a ROUTE-REFRESH of 24 octets', framed(5, '0001000100'), `7/1 ${toHex(framed(5, '0001000100'))}`],
  ])('%s: %s is answered by its state (RFC 6608 §3)', (state, _title, bad, expected) => {
    expect(answerOf(said(state, bad))).toEqual([expected]);
  });

  it('are found in whatever pieces they come', () => {
    const router = said('OpenSent', new Uint8Array());
    const all = [...(STATES.Established ?? []), framed(9, '')];
    for (const octet of all.flatMap((one) => [...one])) router.sayOctets(Uint8Array.of(octet));
    expect(answerOf(router)).toEqual(['1/3 09']);
  });
});
