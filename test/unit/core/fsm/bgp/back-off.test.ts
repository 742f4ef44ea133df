import { describe, expect, it } from 'vitest';
import { notification } from '../../../../../src/core/codec/bgp/index.ts';
import { PEER_OPEN, Peer } from '../../../../support/bgp/peers.ts';

const KEEPALIVE = { kind: 'keepalive' } as const;
const START = { kind: 'start' } as const;
const IDLE_HOLD = { kind: 'expired', timer: 'idleHold' } as const;
const RETRY = { kind: 'expired', timer: 'connectRetry' } as const;

function received(code: number, subcode: number, data: readonly number[] = []) {
  return { kind: 'notification', ...notification(code, subcode, Uint8Array.from(data)) } as const;
}

describe('the back-off', () => {
  function pauses(fail: (peer: Peer) => void, count: number): (number | number[])[] {
    const peer = new Peer().tell(START);
    return Array.from({ length: count }, () => {
      fail(peer);
      const pauseMs = peer.timer('idleHold')?.afterMs ?? Number.NaN;
      peer.tell(IDLE_HOLD);
      if (peer.shown !== 'Active') return pauseMs;
      const listenMs = peer.timer('connectRetry')?.afterMs ?? Number.NaN;
      peer.tell(RETRY);
      return [pauseMs, listenMs];
    });
  }

  it('has two halves from the fifth failure on, refusing and listening, so that two who back off can meet', () => {
    const peer = new Peer().tell(START);
    for (let failures = 0; failures < 5; failures += 1) peer.tell({ kind: 'connectFailed', why: 'refused' }, IDLE_HOLD);
    expect(peer.shown).toBe('Active');
    expect(peer.tell({ kind: 'accepted', connection: 1 }).shown).toBe('OpenSent');
  });

  it('doubles up to the connect time while there is no connection', () => {
    expect(pauses((peer) => peer.tell({ kind: 'connectFailed', why: 'refused' }), 7)).toEqual([
      1000,
      2000,
      4000,
      8000,
      [5000, 5000],
      [5000, 5000],
      [5000, 5000],
    ]);
  });

  it('doubles up to a minute while the peer refuses us, and a good OPEN does not shorten it', () => {
    const refused = (peer: Peer): void => {
      peer.tell({ kind: 'connected', connection: 1 }).receive(PEER_OPEN).receive(received(6, 5));
    };
    expect(pauses(refused, 8)).toEqual([
      1000,
      2000,
      4000,
      8000,
      [8000, 8000],
      [16_000, 16_000],
      [30_000, 30_000],
      [30_000, 30_000],
    ]);
  });

  it('begins anew when a session was up for a minute, not before', () => {
    const peer = new Peer().tell(START, { kind: 'connectFailed', why: 'refused' }, IDLE_HOLD);
    peer.tell({ kind: 'connected', connection: 1 }).receive(PEER_OPEN).receive(KEEPALIVE);
    expect(peer.timer('stable')).toMatchObject({ afterMs: 60_000 });
    expect(peer.state.connectRetryCounter).toBe(1);
    expect(peer.tell({ kind: 'expired', timer: 'stable' }).state.connectRetryCounter).toBe(0);
  });

  it('is a minute at once when the router takes no more routes (RFC 4486 §4)', () => {
    const peer = new Peer().up().receive(received(6, 1, [0, 1, 1, 0, 0, 0, 100]));
    expect(peer.timer('idleHold')).toMatchObject({ afterMs: 60_000 });
    expect(peer.state.lastEnd).toMatchObject({
      cause: 'maximumPrefixes',
      words: expect.stringMatching(/Maximum Number of Prefixes Reached \(100 of IPv4\)\. .*raise the maximum/),
    });
  });

  it('is short while the router still holds another session with us, as after a power cut (RFC 4486 §4)', () => {
    const refused = (peer: Peer): void => {
      peer.tell({ kind: 'connected', connection: 1 }).receive(received(6, 7));
    };
    expect(pauses(refused, 6)).toEqual([1000, 2000, 4000, 8000, [5000, 5000], [5000, 5000]]);
  });

  it('looks into a Hard Reset for the reason (RFC 8538 §3.1)', () => {
    const peer = new Peer().up().receive(received(6, 9, [6, 1]));
    expect(peer.state.lastEnd).toMatchObject({
      cause: 'maximumPrefixes',
      words: expect.stringMatching(/raise the maximum/),
    });
    expect(new Peer().up().receive(received(6, 9)).state.lastEnd?.cause).toBe('notificationReceived');
  });

  it('keeps away a peer that does nothing but open and close connections (RFC 4271 §8.1.1, DampPeerOscillations)', () => {
    const peer = new Peer({ passive: true }).tell(START);
    for (let id = 1; id < 5; id += 1) {
      peer.tell({ kind: 'accepted', connection: id }, { kind: 'closed', connection: id, why: 'end' });
      expect(peer.shown).toBe('Active');
    }
    peer.tell({ kind: 'accepted', connection: 5 }, { kind: 'closed', connection: 5, why: 'end' });
    expect(peer.shown).toBe('Idle');
    expect(peer.tell({ kind: 'accepted', connection: 6 }).actions).toEqual([{ kind: 'close', connection: 6 }]);
    expect(peer.tell(IDLE_HOLD).shown).toBe('Active');
  });

  it('keeps it away also while our own attempt goes unanswered', () => {
    const peer = new Peer().tell(START);
    for (let id = 1; id < 5; id += 1) {
      peer.tell({ kind: 'accepted', connection: id }, { kind: 'closed', connection: id, why: 'end' });
      expect(peer.shown).toBe('Connect');
    }
    peer.tell({ kind: 'accepted', connection: 5 }, { kind: 'closed', connection: 5, why: 'end' });
    expect([peer.shown, peer.did('abortConnect').length, peer.timer('idleHold')?.afterMs]).toEqual(['Idle', 1, 5000]);
  });

  it('dials again when an attempt takes too long (RFC 4271 §8.2.2, event 9)', () => {
    const peer = new Peer().tell(START, RETRY);
    expect(peer.actions.map(({ kind }) => kind)).toEqual(['abortConnect', 'ended', 'connect', 'startTimer']);
    expect(peer.state.lastEnd?.cause).toBe('connectTimeout');
    expect(peer.shown).toBe('Connect');
  });
});
