import { describe, expect, it } from 'vitest';
import type { OpenMessage } from '../../../../../src/core/codec/bgp/index.ts';
import { encodeCommunication, notification } from '../../../../../src/core/codec/bgp/index.ts';
import type { PeerConfig, StopReason } from '../../../../../src/core/fsm/bgp/index.ts';
import { PEER_OPEN, Peer, RESTARTING_OPEN, UPDATE_SUMMARY } from '../../../../support/bgp/peers.ts';

const KEEPALIVE = { kind: 'keepalive' } as const;
const REFRESH = { kind: 'routeRefresh', afi: 1, safi: 1, subtype: 0 } as const;
const START = { kind: 'start' } as const;

const openSent = (overrides: Partial<PeerConfig> = {}): Peer =>
  new Peer(overrides).tell(START, { kind: 'connected', connection: 1 });
const openConfirm = (): Peer => openSent().receive(PEER_OPEN);

/** A peer that restarts gracefully also after NOTIFICATIONs, and so do we. */
const graceful = (): Peer =>
  new Peer({ gracefulRestart: { restartTimeSeconds: 20, forwardingPreserved: true, notification: true } }).up(
    RESTARTING_OPEN,
  );

function open(fields: Partial<OpenMessage>): OpenMessage {
  return { ...PEER_OPEN, ...fields };
}

describe('an OPEN that does not suit (RFC 4271 §6.2)', () => {
  const internal = { peerAsn: { kind: 'internal' } } as const;
  const external = { peerAsn: { kind: 'external' } } as const;
  const ownAs = { capabilities: [], myAs: 64512 };
  const cases: readonly (readonly [string, Partial<OpenMessage>, Partial<PeerConfig>, string | undefined])[] = [
    ['hold time 1', { holdTimeSeconds: 1 }, {}, '2/6 0001'],
    ['hold time 2', { holdTimeSeconds: 2 }, {}, '2/6 0002'],
    ['hold time 3', { holdTimeSeconds: 3 }, {}, undefined],
    ['another AS', { capabilities: [], myAs: 65001 }, {}, '2/2'],
    ['another AS in the capability', { capabilities: [{ kind: 'fourOctetAs', asn: 65001 }] }, {}, '2/2'],
    ['AS_TRANS without the capability', { capabilities: [], myAs: 23456 }, {}, '2/2'],
    ['AS 0 (RFC 7607 §2)', { capabilities: [], myAs: 0 }, external, '2/2'],
    ['AS 0 beside a good capability (RFC 7607 §2)', { myAs: 0 }, {}, '2/2'],
    ['AS 0 in the capability (RFC 7607 §2)', { capabilities: [{ kind: 'fourOctetAs', asn: 0 }] }, external, '2/2'],
    ['our AS, where it must be external', ownAs, external, '2/2'],
    ['our AS, where it must be internal', ownAs, internal, undefined],
    ['another AS, where it must be internal', {}, internal, '2/2'],
    ['another AS, where it must be external', {}, external, undefined],
    ['identifier 0 (RFC 6286 §2.2)', { identifier: 0 }, {}, '2/3'],
    ['our identifier from our AS (RFC 6286 §2.2)', { ...ownAs, identifier: 0xc000_020b }, internal, '2/3'],
    ['our identifier from another AS (RFC 6286 §2.1)', { identifier: 0xc000_020b }, {}, undefined],
    [
      'only a family that we do not want (RFC 5492 §5)',
      { capabilities: [{ kind: 'multiprotocol', afi: 25, safi: 70 }] },
      { peerAsn: { kind: 'external' } },
      '2/7 010400010001010400020001',
    ],
    ['only IPv6, which is enough', { capabilities: [{ kind: 'multiprotocol', afi: 2, safi: 1 }] }, {}, undefined],
  ];

  it.each(cases)('%s', (_title, fields, overrides, expected) => {
    const peer = openSent(overrides).receive(open(fields));
    expect(peer.notified).toEqual(expected === undefined ? [] : [expected]);
    expect(peer.shown).toBe(expected === undefined ? 'OpenConfirm' : 'Idle');
    if (expected !== undefined)
      expect(peer.state.lastEnd).toMatchObject({ cause: 'openRefused', notification: { by: 'us' } });
  });

  it('is explained with what to do', () => {
    expect(openSent().receive(open({ capabilities: [], myAs: 65001 })).state.lastEnd?.words).toBe(
      "the router says that it is AS 65001, but the peer is configured as AS 65000: set peerASN to the router's AS",
    );
  });
});

describe('a message that must not come (RFC 6608 §3)', () => {
  it.each([
    ['KEEPALIVE in OpenSent', openSent, KEEPALIVE, '5/1 04'],
    ['UPDATE in OpenSent', openSent, UPDATE_SUMMARY, '5/1 02'],
    ['ROUTE-REFRESH in OpenSent', openSent, REFRESH, '5/1 05'],
    ['OPEN in OpenConfirm', openConfirm, PEER_OPEN, '5/2 01'],
    ['UPDATE in OpenConfirm', openConfirm, UPDATE_SUMMARY, '5/2 02'],
    ['ROUTE-REFRESH in OpenConfirm', openConfirm, REFRESH, '5/2 05'],
    ['OPEN in Established', () => new Peer().up(), PEER_OPEN, '5/3 01'],
  ] as const)('%s', (_title, begin, message, expected) => {
    const peer = begin().receive(message);
    expect(peer.notified).toEqual([expected]);
    expect([peer.shown, peer.state.lastEnd?.cause]).toEqual(['Idle', 'unexpectedMessage']);
  });

  it.each([
    ['Connect', { strictBfd: true }, { kind: 'connected', connection: 1 }],
    ['Active', { strictBfd: true, passive: true }, { kind: 'accepted', connection: 1 }],
    ['OpenSent', {}, { kind: 'accepted', connection: 1 }],
  ] as const)('is explained by the state that is shown: %s', (state, config, begin) => {
    const peer = new Peer(config).tell(START, begin);
    expect(peer.shown).toBe(state);
    expect(peer.receive(KEEPALIVE).state.lastEnd?.words).toContain(
      `the router sent a KEEPALIVE when it must not (in ${state})`,
    );
  });
});

describe('a message that cannot be read and must not come (RFC 6608 §3)', () => {
  it.each([
    ['UPDATE in OpenSent', openSent, notification(3, 1), '5/1 02'],
    ['UPDATE in OpenConfirm', openConfirm, notification(3, 10), '5/2 02'],
    ['ROUTE-REFRESH in OpenConfirm', openConfirm, notification(7, 1), '5/2 05'],
    ['OPEN in Established', () => new Peer().up(), notification(2, 4), '5/3 01'],
    ['OPEN in OpenConfirm, whose fault is named', openConfirm, notification(2, 4), '2/4'],
  ] as const)('%s', (_title, begin, bad, expected) => {
    const peer = begin().tell({ kind: 'malformed', connection: 1, notification: bad, detail: 'it' });
    expect(peer.notified).toEqual([expected]);
    expect(peer.shown).toBe('Idle');
  });
});

describe('silence', () => {
  it('ends the session when the hold time is over, in each state (RFC 4271 §6.5)', () => {
    for (const peer of [openSent(), openConfirm(), new Peer().up()]) {
      peer.tell({ kind: 'expired', timer: 'hold', connection: 1 });
      expect([peer.notified, peer.shown, peer.state.lastEnd?.cause]).toEqual([['4/0'], 'Idle', 'holdTimeExpired']);
    }
  });

  it('of one who does not read ends the session after eight minutes, or two hold times (RFC 9687 §3.2)', () => {
    const peer = openSent().receive(PEER_OPEN).receive(KEEPALIVE);
    expect(peer.timer('sendHold')).toMatchObject({ afterMs: 480_000 });
    expect(peer.tell({ kind: 'sent', connection: 1 }).timer('sendHold')).toMatchObject({ afterMs: 480_000 });
    expect(peer.tell({ kind: 'expired', timer: 'sendHold', connection: 1 }).notified).toEqual(['8/0']);
    const slow = openSent({ holdTimeSeconds: 600 })
      .receive(open({ holdTimeSeconds: 600 }))
      .receive(KEEPALIVE);
    expect(slow.timer('sendHold')).toMatchObject({ afterMs: 1_200_000 });
  });
});

describe('a message that cannot be read', () => {
  it('is answered with the NOTIFICATION that the codec names, and explained', () => {
    for (const peer of [openSent(), openConfirm(), new Peer().up()]) {
      const bad = notification(1, 3, Uint8Array.of(9));
      peer.tell({ kind: 'malformed', connection: 1, notification: bad, detail: 'a message of the unknown type 9' });
      expect(peer.notified).toEqual(['1/3 09']);
      expect(peer.state.lastEnd).toMatchObject({
        cause: 'malformedMessage',
        words: 'the router sent a message of the unknown type 9; we answered Message Header Error: Bad Message Type',
      });
    }
  });
});

describe('a NOTIFICATION of the peer', () => {
  it('is never answered, and says in words what to do (RFC 4271 §6.4)', () => {
    for (const peer of [openSent(), openConfirm(), new Peer().up()]) {
      peer.receive({ kind: 'notification', ...notification(2, 2) });
      expect([peer.notified, peer.shown]).toEqual([[], 'Idle']);
      expect(peer.state.lastEnd?.words).toMatch(/Bad Peer AS\. It expects another AS of us: set myASN/);
    }
  });

  it('is shown with what it says (RFC 9003 §2)', () => {
    const said = notification(6, 2, encodeCommunication('back at five'));
    expect(new Peer().up().receive({ kind: 'notification', ...said }).state.lastEnd?.words).toBe(
      'the router ended the session: Cease: Administrative Shutdown ("back at five"). Somebody shut it down there.',
    );
  });
});

describe('a connection that the peer closes', () => {
  it('before the OPENs have met is waited for in Active (RFC 4271 §8.2.2, event 18)', () => {
    const peer = openSent().tell({ kind: 'closed', connection: 1, why: 'end' });
    expect([peer.shown, peer.timer('connectRetry')?.afterMs]).toEqual(['Active', 10_000]);
    expect(peer.tell({ kind: 'expired', timer: 'connectRetry' }).shown).toBe('Connect');
  });

  it('later leads to Idle, and the session is down', () => {
    expect(openConfirm().tell({ kind: 'closed', connection: 1, why: 'end' }).shown).toBe('Idle');
    const peer = new Peer().up().tell({ kind: 'closed', connection: 1, why: 'reset' });
    expect([peer.shown, peer.did('down')]).toEqual(['Idle', [{ kind: 'down', connection: 1 }]]);
  });

  it('is not heard of again', () => {
    const peer = new Peer().up().tell({ kind: 'closed', connection: 1, why: 'reset' });
    const before = peer.state;
    peer.receive(KEEPALIVE).tell({ kind: 'expired', timer: 'hold', connection: 1 });
    expect([peer.state, peer.actions]).toEqual([before, []]);
  });
});

describe('a stop', () => {
  const reasons: readonly (readonly [StopReason, string, string])[] = [
    [{ kind: 'administrativeShutdown', communication: 'drain' }, '6/2 05647261696e', '6/9 060205647261696e'],
    [{ kind: 'administrativeShutdown' }, '6/2', '6/9 0602'],
    [{ kind: 'administrativeReset' }, '6/4', '6/9 0604'],
    [{ kind: 'peerDeconfigured' }, '6/3', '6/9 0603'],
    [{ kind: 'configurationChange' }, '6/6', '6/9 0606'],
    [{ kind: 'outOfResources' }, '6/8', '6/9 0608'],
  ];

  it.each(reasons)(
    'for $kind says why (RFC 4486 §4), and drops routes that would be kept (RFC 8538 §3)',
    (reason, cease, hard) => {
      for (const peer of [openSent(), openConfirm(), new Peer().up()]) {
        expect(peer.tell({ kind: 'stop', reason }).notified).toEqual([cease]);
        expect([peer.shown, peer.state.lastEnd?.cause]).toEqual(['Idle', 'stopped']);
        expect(peer.state.lastEnd?.notification).toMatchObject({ code: 6 });
      }
      expect(graceful().tell({ kind: 'stop', reason }).notified).toEqual([hard]);
    },
  );

  it('that is a graceful restart says nothing, so that routes are kept (RFC 4724 §4.2)', () => {
    const reason = { kind: 'gracefulRestart' } as const;
    const peer = graceful().tell({ kind: 'stop', reason });
    expect([peer.notified, peer.did('close').length, peer.did('down').length]).toEqual([[], 1, 1]);
    expect(new Peer().up().tell({ kind: 'stop', reason }).notified).toEqual(['6/2']);
  });

  it('ends attempts and waiting too, and lasts', () => {
    const peer = new Peer().tell(START, { kind: 'stop', reason: { kind: 'peerDeconfigured' } });
    expect([peer.did('abortConnect').length, peer.did('send')]).toEqual([1, []]);
    for (const timer of ['idleHold', 'connectRetry'] as const) {
      expect(peer.tell({ kind: 'expired', timer }).actions).toEqual([]);
    }
    expect(peer.tell({ kind: 'accepted', connection: 9 }).notified).toEqual(['6/5']);
    expect(peer.tell({ kind: 'stop', reason: { kind: 'peerDeconfigured' } }).actions).toEqual([]);
    expect(peer.tell(START).shown).toBe('Connect');
  });
});

describe('BFD that goes down', () => {
  it('ends the session at once (RFC 5882 §4.2, RFC 9384 §3)', () => {
    const peer = new Peer().up().tell({ kind: 'bfd', status: 'up' }, { kind: 'bfd', status: 'down' });
    expect([peer.notified, peer.shown, peer.state.lastEnd?.cause]).toEqual([['6/10'], 'Idle', 'bfdDown']);
    expect(graceful().tell({ kind: 'bfd', status: 'down' }).notified).toEqual(['6/9 060a']);
  });

  it('ends both connections of a collision', () => {
    const peer = new Peer().tell(START, { kind: 'accepted', connection: 2 }, { kind: 'connected', connection: 1 });
    peer.tell({ kind: 'bfd', status: 'down' });
    expect([peer.notified, peer.shown]).toEqual([['6/10', '6/10'], 'Idle']);
  });

  it('does nothing by plan, nor twice, nor where only strictness waits for it (RFC 5882 §4.2)', () => {
    expect(new Peer().up().tell({ kind: 'bfd', status: 'unknown' }).shown).toBe('Established');
    const peer = new Peer().tell({ kind: 'bfd', status: 'down' }).up().tell({ kind: 'bfd', status: 'down' });
    expect(peer.shown).toBe('Established');
    const waiting = openSent({ strictBfd: true }).tell({ kind: 'bfd', status: 'down' });
    expect(waiting.shown).toBe('Connect');
  });
});
