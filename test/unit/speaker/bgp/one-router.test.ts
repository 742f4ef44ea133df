import { beforeEach, describe, expect, it } from 'vitest';
import type { BgpPeerSettings } from '../../../../src/ports/bgp-channel.ts';
import { BFD, BgpSpeakerBed, peer, ROUTER } from '../../../support/bgp-speaker-bed.ts';
import { NODE_ADDRESS } from '../../../support/fake-router.ts';

let bed: BgpSpeakerBed;
beforeEach(() => {
  bed = new BgpSpeakerBed();
});

const ENDS = { local: NODE_ADDRESS, remote: ROUTER };
const errors = (): (string | undefined)[] => bed.speaker.sessions().map(({ lastError }) => lastError);

describe('peers on one router with different passwords (RFC 2385)', () => {
  const first = peer({ name: 'first', passive: true, password: 'one' });
  const second = peer({ name: 'second', passive: true, password: 'two' });

  it('let it connect with the password of the first, to the first', () => {
    bed.snapshot([first, second]);
    expect(bed.streams.keys.map(({ password }) => password)).toEqual(['one']);
    expect(errors()).toEqual([
      '',
      'the router cannot connect: for its address the password of the peer first holds; give both the same, or let this one dial',
    ]);
    bed.streams.dial(ENDS);
    expect(bed.speaker.sessions().map(({ state }) => state)).toEqual(['established', 'active']);
  });

  it('let none in by the password of one that dials', () => {
    bed.snapshot([peer({ name: 'dialling', password: 'two' }), first]);
    expect(bed.streams.keys.map(({ password }) => password)).toEqual(['one']);
    bed.streams.dial(ENDS);
    expect(bed.speaker.sessions().find(({ peer: name }) => name === 'first')?.state).toBe('established');
    expect(errors()).toEqual(['', '']);
  });

  it.each<[string, readonly BgpPeerSettings[], readonly string[]]>([
    ['has none, and the second one', [peer({ name: 'open', passive: true }), second], []],
    ['has one, and the second none', [first, peer({ name: 'open', passive: true })], ['one']],
  ])('say so too where the first %s', (_, peers, passwords) => {
    bed.snapshot(peers);
    expect(bed.streams.keys.map(({ password }) => password)).toEqual(passwords);
    expect(errors()[1]).toMatch(/^the router cannot connect: /);
  });

  it('tell of it when the first comes later, and when it goes', async () => {
    const told = (): (string | undefined)[] =>
      bed.sent
        .splice(0)
        .flatMap((message) => (message.kind === 'bgp-report' ? message.sessions : []))
        .filter(({ peer: name }) => name === 'second')
        .map(({ lastError }) => lastError);
    const change = async (peers: readonly BgpPeerSettings[]): Promise<void> => {
      bed.speaker.apply({
        kind: 'bgp-delta',
        revision: 9,
        settings: { peers, draining: false },
        routes: [],
        withdrawn: [],
      });
      await bed.time.advance(50);
    };
    await change([second]);
    told();
    await change([first, second]);
    expect(told()).toEqual([expect.stringContaining('the password of the peer first')]);
    await change([{ ...first, name: 'another' }, second]);
    expect(told()).toEqual([expect.stringContaining('the password of the peer another')]);
    await change([second]);
    expect(told()).toEqual(['']);
  });

  it('have one key where the password is the same', () => {
    bed.snapshot([first, { ...second, password: 'one' }]);
    expect(bed.streams.keys).toHaveLength(1);
    expect(errors()).toEqual(['', '']);
  });
});

describe('peers on one router with BFD (RFC 5881 §3)', () => {
  const first = peer({ name: 'first', bfd: BFD });
  const second = peer({ name: 'second', peerPort: 1179, bfd: BFD });

  it('share a session, whose failure ends both', () => {
    bed.snapshot([first, second]);
    expect(bed.bfd.sessions.map(({ name }) => name)).toEqual(['10.0.0.1']);
    bed.bfd.report('10.0.0.1', 'Up');
    expect(bed.speaker.sessions().map(({ bfd }) => bfd)).toEqual(['up', 'up']);
    bed.bfd.report('10.0.0.1', 'Down', { diagnostic: 1 });
    expect(bed.speaker.sessions().map(({ bfd }) => bfd)).toEqual(['down', 'down']);
  });

  it('keep it when the first of them goes, and know its state when they come later', () => {
    bed.snapshot([first]);
    bed.bfd.report('10.0.0.1', 'Up');
    bed.snapshot([first, second]);
    expect(bed.speaker.sessions().map(({ bfd }) => bfd)).toEqual(['up', 'up']);
    bed.snapshot([second]);
    expect(bed.bfd.sessions.map(({ name }) => name)).toEqual(['10.0.0.1']);
    expect(bed.speaker.sessions().map(({ bfd }) => bfd)).toEqual(['up']);
  });

  it('have one each where this end has another address', () => {
    bed.snapshot([first, peer({ ...second, sourceAddress: NODE_ADDRESS })]);
    expect(bed.bfd.sessions.map(({ name }) => name)).toEqual(['10.0.0.1', '10.0.0.1 from 10.0.0.11']);
  });
});
