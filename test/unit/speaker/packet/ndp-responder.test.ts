import { describe, expect, it } from 'vitest';
import type { NdpFrame, NdpMessage } from '../../../../src/core/codec/ndp/index.ts';
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from '../../../../src/core/net/index.ts';
import { decideNdp } from '../../../../src/speaker/packet/ndp-responder.ts';
import { mac, v6 } from '../../../support/fake-lan.ts';
import { linkView } from '../../../support/link-view.ts';
import { ADDRESS6, CLIENT, CLIENT6, SPEAKER, solicitation } from '../../../support/packet-bed.ts';

const OTHER_PORT = mac('02:00:00:00:0a:02');
const OTHER = mac('02:00:00:00:0c:99');
const UNSPECIFIED = v6('::');

const PEER = mac('02:00:00:00:0b:01');
const STOOD_IN_FOR = v6('2001:db8::60');
const ASKED_ABOUT = v6('2001:db8::70');
const OWN_ADDRESS = v6('fe80::a');

const VIEW = linkView({
  mac: SPEAKER,
  otherMacs: [OTHER_PORT],
  peerMacs: [PEER],
  kernelAddresses: [OWN_ADDRESS],
  owned: [ADDRESS6],
  stoodInFor: new Map([[STOOD_IN_FOR, PEER]]),
  asked: [ASKED_ABOUT],
});
const ASKED = solicitation(ADDRESS6);
const WITHOUT_MAC: Partial<NdpFrame> = { message: { ...ASKED.message, options: [] } };
const PROBE: Partial<NdpFrame> = { ...WITHOUT_MAC, sourceAddress: UNSPECIFIED };

function decide(fields: Partial<NdpFrame>): unknown {
  return decideNdp({ ...ASKED, ...fields }, VIEW);
}

function from(sender: MacAddress): Partial<NdpFrame> {
  return { message: { ...ASKED.message, options: [{ kind: 'source-link-layer-address', mac: sender }] } };
}

function advertised(fields: Partial<Extract<NdpMessage, { kind: 'advertisement' }>> = {}): Partial<NdpFrame> {
  return {
    sourceAddress: v6('fe80::c'),
    destinationAddress: v6('ff02::1'),
    message: {
      kind: 'advertisement',
      router: false,
      solicited: false,
      override: true,
      reserved: 0,
      target: ADDRESS6,
      options: [{ kind: 'target-link-layer-address', mac: CLIENT }],
      ...fields,
    },
  };
}

const ANSWER = {
  kind: 'reply',
  requester: CLIENT,
  frame: {
    destination: CLIENT,
    source: SPEAKER,
    trafficClass: 0,
    flowLabel: 0,
    sourceAddress: ADDRESS6,
    destinationAddress: CLIENT6,
    message: {
      kind: 'advertisement',
      router: false,
      solicited: true,
      override: true,
      reserved: 0,
      target: ADDRESS6,
      options: [{ kind: 'target-link-layer-address', mac: SPEAKER }],
    },
  },
};

describe('the decision about an NDP frame', () => {
  it('answers a solicitation to the group by unicast, and overrides (RFC 4861 §7.2.4)', () => {
    expect(decide({})).toEqual(ANSWER);
  });

  it('answers a unicast solicitation, by which hosts see whether a neighbour is still there (RFC 4861 §7.3)', () => {
    expect(decide({ destination: SPEAKER, destinationAddress: ADDRESS6 })).toEqual(ANSWER);
  });

  it('answers one without a link-layer address to where it came from (RFC 4861 §4.3)', () => {
    expect(decide({ ...WITHOUT_MAC, destination: SPEAKER, destinationAddress: ADDRESS6 })).toEqual(ANSWER);
  });

  it('answers to the MAC that the solicitation names when the Ethernet source is another', () => {
    expect(decide({ source: OTHER })).toEqual(ANSWER);
  });

  it('tells everybody when a host tries whether the address is free (RFC 4862 §5.4.3)', () => {
    expect(decide(PROBE)).toMatchObject({
      kind: 'reply',
      requester: CLIENT,
      frame: {
        destination: mac('33:33:00:00:00:01'),
        sourceAddress: ADDRESS6,
        destinationAddress: v6('ff02::1'),
        message: { solicited: false, override: true, router: false, target: ADDRESS6 },
      },
    });
  });

  it.each<[string, Partial<NdpFrame>, string]>([
    ['an address of somebody else', solicitation(v6('2001:db8::51')), 'not-owned'],
    ['another address of the same group', solicitation(v6('2001:db8:1::50')), 'not-owned'],
    ['a solicitation to all nodes', { destinationAddress: v6('ff02::1') }, 'bad-destination'],
    ['a solicitation to another group', { destinationAddress: v6('ff02::1:ff00:51') }, 'bad-destination'],
    ['a solicitation to another host', { destinationAddress: v6('2001:db8::51') }, 'bad-destination'],
    ['the advertisement of another address', advertised({ target: v6('2001:db8::1') }), 'not-a-request'],
    ['a sender without a MAC', from(ZERO_MAC), 'bad-sender-mac'],
    ['a broadcast sender', from(BROADCAST_MAC), 'bad-sender-mac'],
    ['a multicast sender', from(mac('33:33:00:00:00:01')), 'bad-sender-mac'],
    ['a probe from a multicast MAC', { ...PROBE, source: mac('33:33:00:00:00:01') }, 'bad-sender-mac'],
    ['a multicast sender address', { sourceAddress: v6('ff02::1') }, 'bad-sender-address'],
    ['the loopback sender address', { sourceAddress: v6('::1') }, 'bad-sender-address'],
    ['our own frame come back', from(SPEAKER), 'own-reflection'],
    ['a frame of another port of this node', from(OTHER_PORT), 'own-reflection'],
    ['a frame that was sent from a port of this node', { source: OTHER_PORT }, 'own-reflection'],
    ['our own probe come back', { ...PROBE, source: SPEAKER }, 'own-reflection'],
    [
      'our own advertisement come back',
      advertised({ options: [{ kind: 'target-link-layer-address', mac: SPEAKER }] }),
      'own-reflection',
    ],
  ])('is silent about %s', (_, fields, reason) => {
    expect(decide(fields)).toEqual({ kind: 'drop', reason });
  });

  it.each<[string, Partial<NdpFrame>]>([
    ['an unsolicited advertisement', advertised()],
    ['one that does not override', advertised({ override: false })],
    ['the answer to somebody', { ...advertised({ solicited: true }), destinationAddress: CLIENT6 }],
    ['an advertisement without a link-layer address', advertised({ options: [] })],
    ['a solicitation in the name of the address', { ...solicitation(v6('2001:db8::1')), sourceAddress: ADDRESS6 }],
  ])('sees a conflict in %s by a foreign station, and does not answer it (RFC 4862 §5.4.4)', (_, fields) => {
    expect(decide(fields)).toEqual({ kind: 'claim', address: ADDRESS6, mac: CLIENT });
  });

  it('answers for a silent neighbour with its MAC, from the MAC of the interface', () => {
    expect(decide(solicitation(STOOD_IN_FOR))).toMatchObject({
      kind: 'reply',
      frame: {
        source: SPEAKER,
        sourceAddress: STOOD_IN_FOR,
        message: { target: STOOD_IN_FOR, options: [{ kind: 'target-link-layer-address', mac: PEER }] },
      },
    });
  });

  it('leaves it to hellos whose an address is that a neighbour claims', () => {
    const claim = advertised({ options: [{ kind: 'target-link-layer-address', mac: PEER }] });
    expect(decide({ ...claim, source: PEER })).toEqual({ kind: 'drop', reason: 'peer-claim' });
  });

  it.each<[string, Partial<NdpFrame>]>([
    ['an advertisement to everybody', advertised({ target: ASKED_ABOUT })],
    ['an answer', { ...advertised({ target: ASKED_ABOUT, solicited: true }), destinationAddress: OWN_ADDRESS }],
    ['a solicitation in its name', { ...solicitation(v6('2001:db8::1')), sourceAddress: ASKED_ABOUT }],
  ])('takes %s as the sign that somebody has the address that is asked about (RFC 4862 §5.4.4)', (_, fields) => {
    expect(decide(fields)).toEqual({ kind: 'claim', address: ASKED_ABOUT, mac: CLIENT });
  });

  it('answers a solicitation of the station that is asked about, and takes it as a sign as well', () => {
    const sighting = { kind: 'claim', address: ASKED_ABOUT, mac: CLIENT };
    expect(decide({ sourceAddress: ASKED_ABOUT })).toMatchObject({ kind: 'reply', sighting });
  });

  it('takes a probe for an address that is asked about as that of a rival (RFC 4862 §5.4.3)', () => {
    const probe = { ...solicitation(ASKED_ABOUT), sourceAddress: UNSPECIFIED };
    expect(decide({ ...probe, message: { ...probe.message, options: [] } })).toEqual({
      kind: 'rival',
      address: ASKED_ABOUT,
      mac: CLIENT,
    });
  });

  it('sees that another station uses the MAC of the interface by an address that this node does not have', () => {
    const foreign = v6('2001:db8::99');
    const fields = { ...from(SPEAKER), source: SPEAKER };
    expect(decide({ ...fields, sourceAddress: foreign })).toEqual({
      kind: 'duplicate-mac',
      address: foreign,
      mac: SPEAKER,
    });
    for (const sourceAddress of [OWN_ADDRESS, ADDRESS6, UNSPECIFIED])
      expect(decide({ ...fields, sourceAddress })).toEqual({ kind: 'drop', reason: 'own-reflection' });
  });
});
