import { describe, expect, it } from 'vitest';
import { notification } from '../../../../../src/core/codec/bgp/index.ts';
import { PEER_OPEN, Peer, UPDATE_SUMMARY } from '../../../../support/bgp/peers.ts';

const KEEPALIVE = { kind: 'keepalive' } as const;
const IDLE_HOLD = { kind: 'expired', timer: 'idleHold' } as const;
const START = { kind: 'start' } as const;

function received(code: number, subcode: number, data: readonly number[] = []) {
  return { kind: 'notification', ...notification(code, subcode, Uint8Array.from(data)) } as const;
}

describe('a session that comes up (RFC 4271 §8.2.2)', () => {
  it('goes through every state', () => {
    const peer = new Peer();
    expect(peer.shown).toBe('Idle');
    expect(peer.tell(START).shown).toBe('Connect');
    expect(peer.did('connect')).toHaveLength(1);
    expect(peer.tell({ kind: 'connected', connection: 1 }).shown).toBe('OpenSent');
    expect(peer.did('send')).toMatchObject([{ message: { kind: 'open', myAs: 64512, holdTimeSeconds: 90 } }]);
    expect(peer.receive(PEER_OPEN).shown).toBe('OpenConfirm');
    expect(peer.did('send')).toMatchObject([{ message: KEEPALIVE }]);
    expect(peer.did('negotiated')).toHaveLength(1);
    expect(peer.receive(KEEPALIVE).shown).toBe('Established');
    expect(peer.did('established')).toMatchObject([
      { session: { peerAsn: 65000, holdTimeSeconds: 30, context: { internal: false, families: ['IPv4', 'IPv6'] } } },
    ]);
  });

  it('takes the smaller hold time, and a third of it between keepalives (RFC 4271 §4.2, §4.4)', () => {
    const peer = new Peer().tell(START, { kind: 'connected', connection: 1 }).receive(PEER_OPEN);
    expect(peer.timer('hold')).toMatchObject({ afterMs: 30_000, jittered: false });
    expect(peer.timer('keepalive')).toMatchObject({ afterMs: 10_000, jittered: true });
    const brisk = new Peer({ holdTimeSeconds: 9, keepaliveTimeSeconds: 1 });
    brisk.tell(START, { kind: 'connected', connection: 1 }).receive(PEER_OPEN);
    expect(brisk.timer('hold')).toMatchObject({ afterMs: 9000 });
    expect(brisk.timer('keepalive')).toMatchObject({ afterMs: 1000 });
    const slow = new Peer({ holdTimeSeconds: 9, keepaliveTimeSeconds: 60 });
    slow.tell(START, { kind: 'connected', connection: 1 }).receive(PEER_OPEN);
    expect(slow.timer('keepalive')).toMatchObject({ afterMs: 3000 });
  });

  it('has no timers with hold time 0, whoever wants it (RFC 4271 §4.2, RFC 9687 §3.2)', () => {
    for (const [ours, theirs] of [
      [0, 30],
      [90, 0],
    ] as const) {
      const peer = new Peer({ holdTimeSeconds: ours }).tell(START, { kind: 'connected', connection: 1 });
      peer.receive({ ...PEER_OPEN, holdTimeSeconds: theirs });
      expect(peer.did('startTimer')).toEqual([]);
      peer.receive(KEEPALIVE);
      expect(peer.did('stopTimer')).toContainEqual({ kind: 'stopTimer', timer: 'hold', connection: 1 });
      expect(peer.did('startTimer').map(({ timer }) => timer)).toEqual(['stable']);
      peer.receive(UPDATE_SUMMARY);
      expect(peer.did('startTimer')).toEqual([]);
    }
  });

  it('restarts the hold timer with each KEEPALIVE and UPDATE (RFC 4271 §8.2.2)', () => {
    for (const message of [KEEPALIVE, UPDATE_SUMMARY]) {
      expect(new Peer().up().receive(message).timer('hold')).toMatchObject({ afterMs: 30_000 });
    }
  });

  it('sends a KEEPALIVE each time its timer expires', () => {
    const peer = new Peer().up().tell({ kind: 'expired', timer: 'keepalive', connection: 1 });
    expect(peer.did('send')).toMatchObject([{ message: KEEPALIVE }]);
    expect(peer.timer('keepalive')).toBeDefined();
  });

  it('is one where the peer connects, when we are passive', () => {
    const peer = new Peer({ passive: true }).tell(START);
    expect([peer.shown, peer.did('connect'), peer.did('startTimer')]).toEqual(['Active', [], []]);
    expect(peer.tell({ kind: 'accepted', connection: 5 }).shown).toBe('OpenSent');
    expect(peer.receive(PEER_OPEN, 5).receive(KEEPALIVE, 5).shown).toBe('Established');
  });
});

describe('our OPEN', () => {
  function offered(peer: Peer) {
    peer.tell(START, { kind: 'connected', connection: 1 });
    const [send] = peer.did('send');
    return send?.message.kind === 'open' ? send.message : undefined;
  }

  it('has the number of the capability where 16 bits do not hold it (RFC 6793 §4.1)', () => {
    const open = offered(new Peer({ localAsn: 4_200_000_000 as never }));
    expect(open?.myAs).toBe(23456);
    expect(open?.capabilities).toContainEqual({ kind: 'fourOctetAs', asn: 4_200_000_000 });
  });

  it('asks for End-of-RIB and has no routes kept, unless graceful restart is wanted (RFC 4724 §3)', () => {
    expect(offered(new Peer())?.capabilities).toContainEqual({
      kind: 'gracefulRestart',
      restarting: false,
      notification: false,
      restartTimeSeconds: 0,
      families: [],
    });
    const gracefulRestart = { restartTimeSeconds: 20, forwardingPreserved: true, notification: false };
    expect(offered(new Peer({ gracefulRestart }))?.capabilities).toContainEqual({
      kind: 'gracefulRestart',
      restarting: true,
      notification: false,
      restartTimeSeconds: 20,
      families: [1, 2].map((afi) => ({ afi, safi: 1, forwarding: true })),
    });
  });

  it('says that we restarted until the first End-of-RIB is sent to this peer (RFC 4724 §4.1)', () => {
    const gracefulRestart = { restartTimeSeconds: 20, forwardingPreserved: true, notification: false };
    const peer = new Peer({ gracefulRestart }).up();
    peer.tell({ kind: 'closed', connection: 1, why: 'reset' }, IDLE_HOLD);
    expect(offered(peer)?.capabilities).toContainEqual(expect.objectContaining({ restarting: true }));
    peer.receive(PEER_OPEN).receive(KEEPALIVE).tell({ kind: 'endOfRibSent', connection: 1 });
    peer.tell({ kind: 'closed', connection: 1, why: 'reset' }, IDLE_HOLD);
    expect(offered(peer)?.capabilities).toContainEqual(
      expect.objectContaining({ kind: 'gracefulRestart', restarting: false }),
    );
  });

  it('waits for the delay, or for the OPEN of the peer (RFC 4271 §8.1.1, events 12 and 20)', () => {
    const peer = new Peer({ delayOpenSeconds: 5 }).tell(START, { kind: 'connected', connection: 1 });
    expect([peer.shown, peer.did('send')]).toEqual(['Connect', []]);
    expect(peer.timer('delayOpen')).toMatchObject({ afterMs: 5000, jittered: true });
    expect(peer.tell({ kind: 'expired', timer: 'delayOpen', connection: 1 }).shown).toBe('OpenSent');
    const early = new Peer({ delayOpenSeconds: 5 }).tell(START, { kind: 'connected', connection: 1 });
    expect(early.receive(PEER_OPEN).shown).toBe('OpenConfirm');
    expect(early.did('send').map(({ message }) => message.kind)).toEqual(['open', 'keepalive']);
  });

  it('waits for BFD where that is strict, whatever the peer sends meanwhile', () => {
    const peer = new Peer({ strictBfd: true }).tell(START, { kind: 'connected', connection: 1 });
    expect([peer.shown, peer.did('send')]).toEqual(['Connect', []]);
    expect(peer.receive(PEER_OPEN).did('send')).toEqual([]);
    expect(peer.tell({ kind: 'bfd', status: 'up' }).shown).toBe('OpenConfirm');
    const alone = new Peer({ strictBfd: true }).tell(START, { kind: 'connected', connection: 1 });
    expect(alone.tell({ kind: 'bfd', status: 'up' }).shown).toBe('OpenSent');
    const late = new Peer({ strictBfd: true }).tell(START, { kind: 'connected', connection: 1 });
    expect(late.tell({ kind: 'expired', timer: 'hold', connection: 1 }).state.lastEnd?.words).toMatch(/BFD/);
    expect(new Peer({ strictBfd: true }).tell({ kind: 'bfd', status: 'up' }).up().shown).toBe('Established');
  });
});

describe('capabilities that a peer refuses (RFC 5492 §3)', () => {
  function codesAfter(...notifications: readonly ReturnType<typeof received>[]): (string | number)[] {
    const peer = new Peer().tell(START);
    notifications.forEach((message, index) => {
      peer.tell({ kind: 'connected', connection: index }).receive(message, index).tell(IDLE_HOLD);
    });
    peer.tell({ kind: 'connected', connection: 99 });
    const [send] = peer.did('send');
    return send?.message.kind === 'open' ? send.message.capabilities.map(({ kind }) => kind) : [];
  }

  it('are left out of the next OPEN', () => {
    expect(codesAfter()).toContain('gracefulRestart');
    expect(codesAfter(received(2, 7, [64, 0]))).not.toContain('gracefulRestart');
    expect(codesAfter(received(2, 7, [64, 0]))).toContain('fourOctetAs');
    expect(codesAfter(received(2, 7, [64, 0]), received(2, 7, [70, 0]))).toEqual([
      'multiprotocol',
      'multiprotocol',
      'routeRefresh',
      'fourOctetAs',
    ]);
  });

  it('are all left out when it knows no parameter, or does not say which', () => {
    expect(codesAfter(received(2, 4))).toEqual([]);
    expect(codesAfter(received(2, 7))).toEqual([]);
  });

  it('come back when it wants some after all', () => {
    expect(codesAfter(received(2, 4), received(2, 7, [1, 4, 0, 1, 0, 1]))).toContain('multiprotocol');
  });

  it('stay when it names what it misses of us: nothing would help', () => {
    expect(codesAfter(received(2, 7, [9, 1, 0]))).toContain('gracefulRestart');
  });

  it('make the session come up without them', () => {
    const peer = new Peer().tell(START, { kind: 'connected', connection: 1 }).receive(received(2, 4));
    expect(peer.timer('idleHold')).toMatchObject({ afterMs: 1000 });
    expect(peer.state.connectRetryCounter).toBe(0);
    peer.tell(IDLE_HOLD, { kind: 'connected', connection: 2 });
    peer.receive({ ...PEER_OPEN, capabilities: [] }, 2).receive(KEEPALIVE, 2);
    expect(peer.shown).toBe('Established');
    expect(peer.did('established')).toMatchObject([
      { session: { context: { fourOctetAs: false, families: ['IPv4'] } } },
    ]);
  });
});

describe('route refresh', () => {
  const request = { kind: 'routeRefresh', afi: 2, safi: 1, subtype: 0 } as const;

  it('has the family sent again (RFC 2918 §4)', () => {
    expect(new Peer().up().receive(request).did('resend')).toEqual([{ kind: 'resend', family: 'IPv6' }]);
  });

  it('is ignored for a family that only the peer knows', () => {
    const peer = new Peer({ families: ['IPv4'] }).up().receive(request);
    expect([peer.did('resend'), peer.shown]).toEqual([[], 'Established']);
  });

  it('is ignored for a family that was not agreed on, and for the peer’s own marks (RFC 7313 §4)', () => {
    for (const message of [
      { ...request, afi: 25 },
      { ...request, safi: 128 },
      { ...request, subtype: 1 },
      { ...request, subtype: 2 },
      { ...request, subtype: 99 },
    ]) {
      const peer = new Peer().up().receive(message);
      expect([peer.did('resend'), peer.shown]).toEqual([[], 'Established']);
    }
  });
});
