import { describe, expect, it } from 'vitest';
import { PEER_OPEN, Peer, RESTARTING_OPEN } from '../../../../support/bgp/peers.ts';

const KEEPALIVE = { kind: 'keepalive' } as const;
const START = { kind: 'start' } as const;

describe('two connections with one peer (RFC 4271 §6.8)', () => {
  const both = (overrides = {}): Peer =>
    new Peer(overrides).tell(START, { kind: 'accepted', connection: 2 }, { kind: 'connected', connection: 1 });
  const HIGHER = { routerId: 0xffff_ffff as never };

  it('keep the one that the higher identifier made: the peer', () => {
    const peer = both().receive(PEER_OPEN, 1).receive(PEER_OPEN, 2);
    expect(peer.notified).toEqual(['6/7']);
    expect(peer.did('close')).toEqual([{ kind: 'close', connection: 1 }]);
    expect(peer.receive(KEEPALIVE, 2).shown).toBe('Established');
  });

  it('keep the one that the higher identifier made: we, in whichever order the OPENs come', () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ] as const) {
      const peer = both(HIGHER);
      for (const connection of order) peer.receive(PEER_OPEN, connection);
      expect([peer.notified, peer.did('close')]).toEqual([['6/7'], [{ kind: 'close', connection: 2 }]]);
      expect(peer.receive(KEEPALIVE, 1).shown).toBe('Established');
    }
  });

  it('with equal identifiers keep that of the higher AS (RFC 6286 §2.3)', () => {
    const peer = both({ routerId: PEER_OPEN.identifier as never })
      .receive(PEER_OPEN, 1)
      .receive(PEER_OPEN, 2);
    expect(peer.did('close')).toEqual([{ kind: 'close', connection: 1 }]);
  });

  it('are not decided before both OPENs are there, so that a dead one loses nothing', () => {
    const peer = both().receive(PEER_OPEN, 1);
    expect(peer.did('close')).toEqual([]);
    peer.tell({ kind: 'closed', connection: 2, why: 'reset' });
    expect(peer.shown).toBe('OpenConfirm');
    expect(peer.receive(KEEPALIVE, 1).shown).toBe('Established');
  });

  it('leave an established session alone (RFC 4271 §6.8)', () => {
    const peer = new Peer().up().tell({ kind: 'accepted', connection: 2 });
    expect([peer.notified, peer.did('close'), peer.shown]).toEqual([
      ['6/7'],
      [{ kind: 'close', connection: 2 }],
      'Established',
    ]);
    const late = both().receive(PEER_OPEN, 1).receive(KEEPALIVE, 1).receive(PEER_OPEN, 2);
    expect([late.notified, late.did('close'), late.shown]).toEqual([
      ['6/7'],
      [{ kind: 'close', connection: 2 }],
      'Established',
    ]);
  });

  it('have the established one tried at once, which a router that was switched off and on answers with RST', () => {
    const peer = new Peer().up().tell({ kind: 'accepted', connection: 2 });
    expect(peer.did('send')).toContainEqual({ kind: 'send', connection: 1, message: KEEPALIVE });
  });

  it('of a peer that restarts: the new one counts once its OPEN is good, and the old one goes in silence (RFC 4724 §5)', () => {
    const peer = new Peer().up(RESTARTING_OPEN).tell({ kind: 'accepted', connection: 2 });
    expect([peer.shown, peer.did('close')]).toEqual(['Established', []]);
    expect(peer.receive({ ...RESTARTING_OPEN, myAs: 1, capabilities: [] }, 2).notified).toEqual(['2/2']);
    expect(peer.shown).toBe('Established');
    peer.tell({ kind: 'accepted', connection: 3 }).receive(RESTARTING_OPEN, 3);
    expect([peer.notified, peer.did('close'), peer.did('down')]).toEqual([
      [],
      [{ kind: 'close', connection: 1 }],
      [{ kind: 'down', connection: 1 }],
    ]);
    expect(peer.shown).toBe('OpenConfirm');
    expect(peer.receive(KEEPALIVE, 3).shown).toBe('Established');
  });

  it('both of the peer’s making: the later one counts, since the peer has given up the other', () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ] as const) {
      const peer = new Peer({ passive: true }).tell(START, { kind: 'accepted', connection: 1 });
      peer.tell({ kind: 'accepted', connection: 2 });
      expect([peer.did('send').map(({ message }) => message.kind), peer.did('close')]).toEqual([['open'], []]);
      for (const connection of order) peer.receive(PEER_OPEN, connection);
      expect([peer.notified, peer.did('close')]).toEqual([['6/7'], [{ kind: 'close', connection: 1 }]]);
      expect(peer.receive(KEEPALIVE, 2).shown).toBe('Established');
    }
  });

  it('of which one says nothing do not hinder the other, nor end with it', () => {
    const peer = new Peer({ passive: true }).tell(START, { kind: 'accepted', connection: 1 });
    peer.tell({ kind: 'accepted', connection: 2 }).receive(PEER_OPEN, 2).receive(KEEPALIVE, 2);
    expect(peer.shown).toBe('Established');
    expect(peer.tell({ kind: 'accepted', connection: 3 }).notified).toEqual(['6/7']);
    peer.tell({ kind: 'expired', timer: 'hold', connection: 1 });
    expect([peer.notified, peer.shown]).toEqual([['4/0'], 'Established']);
  });

  it('are never three, nor may become three', () => {
    const close = [{ kind: 'close', connection: 3 }];
    expect(both().tell({ kind: 'accepted', connection: 3 }).actions).toEqual(close);
    const dialling = new Peer().tell(START, { kind: 'accepted', connection: 2 });
    expect(dialling.tell({ kind: 'accepted', connection: 3 }).actions).toEqual(close);
  });

  it('end the attempt that is still under way when one is up', () => {
    const peer = new Peer().tell(START, { kind: 'accepted', connection: 2 });
    expect(peer.receive(PEER_OPEN, 2).receive(KEEPALIVE, 2).did('abortConnect')).toHaveLength(1);
    expect(peer.tell({ kind: 'connected', connection: 9 }).actions).toEqual([{ kind: 'close', connection: 9 }]);
  });
});
