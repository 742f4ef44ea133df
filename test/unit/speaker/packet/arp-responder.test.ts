import { describe, expect, it } from 'vitest';
import type { ArpFrame } from '../../../../src/core/codec/arp/index.ts';
import { BROADCAST_MAC, ZERO_MAC } from '../../../../src/core/net/index.ts';
import { decideArp } from '../../../../src/speaker/packet/arp-responder.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';
import { linkView } from '../../../support/link-view.ts';

const SPEAKER = mac('02:00:00:00:0a:01');
const OTHER_PORT = mac('02:00:00:00:0a:02');
const CLIENT = mac('02:00:00:00:0c:01');
const ADDRESS = v4('192.0.2.50');

const PEER = mac('02:00:00:00:0b:01');
const STOOD_IN_FOR = v4('192.0.2.60');
const ASKED = v4('192.0.2.70');
const OWN_ADDRESS = v4('192.0.2.1');

const VIEW = linkView({
  mac: SPEAKER,
  otherMacs: [OTHER_PORT],
  peerMacs: [PEER],
  kernelAddresses: [OWN_ADDRESS],
  owned: [ADDRESS],
  stoodInFor: new Map([[STOOD_IN_FOR, PEER]]),
  asked: [ASKED],
});
const REQUEST: ArpFrame = {
  destination: BROADCAST_MAC,
  source: CLIENT,
  op: 1,
  sha: CLIENT,
  spa: v4('192.0.2.9'),
  tha: ZERO_MAC,
  tpa: ADDRESS,
};

function decide(fields: Partial<ArpFrame>): unknown {
  return decideArp({ ...REQUEST, ...fields }, VIEW);
}

const REPLY = {
  kind: 'reply',
  frame: {
    destination: CLIENT,
    source: SPEAKER,
    op: 2,
    sha: SPEAKER,
    spa: ADDRESS,
    tha: CLIENT,
    tpa: v4('192.0.2.9'),
  },
};

describe('the decision about an ARP frame', () => {
  it('answers a broadcast request for an owned address by unicast (RFC 826)', () => {
    expect(decide({})).toEqual(REPLY);
  });

  it('answers a unicast request, by which hosts refresh their caches', () => {
    expect(decide({ destination: SPEAKER })).toEqual(REPLY);
  });

  it('answers a probe with a target of 0.0.0.0, so that the prober learns the address is taken (RFC 5227 §2.1.1)', () => {
    const probe = decide({ spa: v4('0.0.0.0') });
    expect(probe).toMatchObject({ kind: 'reply', frame: { spa: ADDRESS, tha: CLIENT, tpa: v4('0.0.0.0') } });
  });

  it('answers to the sender that the packet names when the Ethernet source is another', () => {
    expect(decide({ source: mac('02:00:00:00:0c:99') })).toEqual(REPLY);
  });

  it('ignores what a request says about the target MAC', () => {
    expect(decide({ tha: BROADCAST_MAC })).toEqual(REPLY);
  });

  it.each<[string, Partial<ArpFrame>, string]>([
    ['an address of somebody else', { tpa: v4('192.0.2.51') }, 'not-owned'],
    ['an announcement of an address that is not ours', { spa: v4('192.0.2.51'), tpa: v4('192.0.2.51') }, 'not-owned'],
    ['a reply', { op: 2 }, 'not-a-request'],
    ['a reply to us about a neighbour', { op: 2, destination: SPEAKER, tha: SPEAKER }, 'not-a-request'],
    ['a reverse request (RFC 903)', { op: 3 }, 'unknown-operation'],
    ['operation 0', { op: 0 }, 'unknown-operation'],
    ['the highest operation', { op: 0xffff }, 'unknown-operation'],
    ['a sender without a MAC', { sha: ZERO_MAC }, 'bad-sender-mac'],
    ['a broadcast sender', { sha: BROADCAST_MAC }, 'bad-sender-mac'],
    ['a multicast sender', { sha: mac('01:00:5e:00:00:01') }, 'bad-sender-mac'],
    ['a multicast sender address', { spa: v4('224.0.0.1') }, 'bad-sender-address'],
    ['the last multicast sender address', { spa: v4('239.255.255.255') }, 'bad-sender-address'],
    ['the broadcast sender address', { spa: v4('255.255.255.255') }, 'bad-sender-address'],
    ['a loopback sender address', { spa: v4('127.0.0.1') }, 'bad-sender-address'],
    ['our own frame come back', { sha: SPEAKER }, 'own-reflection'],
    ['a frame of another port of this node', { sha: OTHER_PORT }, 'own-reflection'],
    ['a frame that was sent from a port of this node', { source: OTHER_PORT }, 'own-reflection'],
    ['our own announcement come back', { sha: SPEAKER, spa: ADDRESS, tpa: ADDRESS }, 'own-reflection'],
  ])('is silent about %s', (_, fields, reason) => {
    expect(decide(fields)).toEqual({ kind: 'drop', reason });
  });

  it.each([
    ['an announcement in request form', { spa: ADDRESS, tpa: ADDRESS }],
    ['an announcement in reply form', { op: 2, spa: ADDRESS, tpa: ADDRESS, tha: CLIENT }],
    ['a request that uses it to ask for something else', { spa: ADDRESS, tpa: v4('192.0.2.1') }],
    ['a reply that says it is there', { op: 2, destination: SPEAKER, spa: ADDRESS, tpa: v4('192.0.2.9') }],
  ])('sees a conflict in %s by a foreign station, and does not answer it (RFC 5227 §2.4)', (_, fields) => {
    expect(decide(fields)).toEqual({ kind: 'claim', address: ADDRESS, mac: CLIENT });
  });

  it('answers for a silent neighbour with its MAC, from the MAC of the interface', () => {
    const answer = decide({ tpa: STOOD_IN_FOR });
    expect(answer).toMatchObject({ kind: 'reply', frame: { source: SPEAKER, sha: PEER, spa: STOOD_IN_FOR } });
  });

  it('leaves it to hellos whose an address is that a neighbour claims', () => {
    expect(decide({ sha: PEER, source: PEER, spa: ADDRESS, tpa: ADDRESS })).toEqual({
      kind: 'drop',
      reason: 'peer-claim',
    });
  });

  it.each<[string, Partial<ArpFrame>]>([
    ['an answer', { op: 2, spa: ASKED, tpa: v4('0.0.0.0'), tha: SPEAKER }],
    ['an announcement', { spa: ASKED, tpa: ASKED }],
    ['a request that is not for us', { spa: ASKED, tpa: v4('192.0.2.9') }],
  ])('takes %s as the sign that somebody has the address that is asked about (RFC 5227 §2.1.1)', (_, fields) => {
    expect(decide(fields)).toEqual({ kind: 'claim', address: ASKED, mac: CLIENT });
    expect(decide({ ...fields, sha: PEER })).toEqual({ kind: 'claim', address: ASKED, mac: PEER });
  });

  it('answers a request of the station that is asked about, and takes it as a sign as well', () => {
    const sighting = { kind: 'claim', address: ASKED, mac: CLIENT };
    expect(decide({ spa: ASKED })).toMatchObject({ kind: 'reply', frame: { spa: ADDRESS, tpa: ASKED }, sighting });
  });

  it('takes a probe for an address that is asked about as that of a rival (RFC 5227 §2.1.1)', () => {
    expect(decide({ spa: v4('0.0.0.0'), tpa: ASKED })).toEqual({ kind: 'rival', address: ASKED, mac: CLIENT });
  });

  it('takes a request for an address that is asked about as nothing', () => {
    expect(decide({ tpa: ASKED })).toEqual({ kind: 'drop', reason: 'not-owned' });
  });

  it('sees that another station uses the MAC of the interface by an address that this node does not have', () => {
    const foreign = v4('192.0.2.99');
    const fields = { sha: SPEAKER, source: SPEAKER };
    expect(decide({ ...fields, spa: foreign })).toEqual({ kind: 'duplicate-mac', address: foreign, mac: SPEAKER });
    for (const spa of [OWN_ADDRESS, ADDRESS, STOOD_IN_FOR, v4('0.0.0.0'), v4('127.0.0.1')])
      expect(decide({ ...fields, spa })).toEqual({ kind: 'drop', reason: 'own-reflection' });
  });
});
