import { beforeEach, describe, expect, it } from 'vitest';
import type { SpeakerListener } from '../../../../src/controller/speakers/speaker-listener.ts';
import { SpeakerRegistry } from '../../../../src/controller/speakers/speaker-registry.ts';
import type { IpAddress } from '../../../../src/core/net/index.ts';
import type { Grant, SpeakerMessage } from '../../../../src/ports/channel.ts';
import { FakeSession } from '../../../support/channel/fake-session.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

type Hello = Extract<SpeakerMessage, { kind: 'hello' }>;

const address = (last: number): IpAddress => (0xc0a8_0100 + last) as IpAddress;
const grant = (last: number, counter = 1): Grant => ({
  address: address(last),
  epoch: { generation: 1, counter },
  candidates: ['node-a'],
});
const claim = (last: number, counter = 1) => ({ address: address(last), epoch: { generation: 1, counter }, term: 0 });
const eth0 = (up: boolean) => ({ name: 'eth0', mac: 0x0200_0000_0001, up }) as Hello['interfaces'][number];

class News implements SpeakerListener {
  readonly lines: string[] = [];
  speakerUp(node: string): void {
    this.lines.push(`up ${node}`);
  }
  speakerDown(node: string): void {
    this.lines.push(`down ${node}`);
  }
  presenceOf: (node: string) => string | undefined = () => undefined;
  presenceChanged(node: string): void {
    this.lines.push(`${this.presenceOf(node)} ${node}`);
  }
  interfacesChanged(node: string): void {
    this.lines.push(`interfaces ${node}`);
  }
  claimsChanged(node: string, addresses: readonly IpAddress[]): void {
    this.lines.push(`claims ${node} ${addresses.map((one) => Number(one) & 0xff).join()}`);
  }
  rejected(node: string, one: IpAddress | undefined, reason: string): void {
    this.lines.push(`rejected ${node} ${one === undefined ? 'all' : Number(one) & 0xff}: ${reason}`);
  }
}

describe('the speaker registry', () => {
  let time: ManualTime;
  let registry: SpeakerRegistry;
  let news: News;
  let metrics: RecordingMetrics;

  beforeEach(() => {
    time = new ManualTime();
    metrics = new RecordingMetrics();
    registry = new SpeakerRegistry(
      { heartbeatIntervalMs: 250, missedHeartbeats: 4 },
      { clock: time, timers: time, log: new RecordingLog(), metrics },
    );
    news = new News();
    news.presenceOf = (node) => registry.speaker(node)?.presence;
    registry.listen(news);
    registry.release();
  });

  function open(
    node = 'node-a',
    options: { podUid?: string; capacity?: number; hello?: Partial<Hello> } = {},
  ): FakeSession {
    const session = new FakeSession(registry, node, options);
    registry.opened(session, {
      kind: 'hello',
      nodeName: node,
      instanceId: 'i-1',
      version: '1',
      interfaces: [eth0(true)],
      claims: [],
      ...options.hello,
    });
    return session;
  }

  const ack = (session: FakeSession, revision: number): void => registry.received(session, { kind: 'ack', revision });

  it('welcomes a speaker and sends it everything that it is to have', () => {
    registry.grant('node-a', grant(1));
    registry.grant('node-b', grant(2));
    expect(open().sent).toEqual([
      { kind: 'welcome', heartbeatIntervalMs: 250 },
      { kind: 'snapshot', revision: 1, grants: [grant(1)] },
    ]);
    expect(news.lines).toEqual(['up node-a']);
  });

  it('puts into the snapshot what a listener grants upon the news', () => {
    news.speakerUp = (node) => registry.grant(node, grant(9));
    expect(open().sent[1]).toEqual({ kind: 'snapshot', revision: 1, grants: [grant(9)] });
  });

  it('tells nobody anything before it is released, then everything', () => {
    const held = new SpeakerRegistry(
      { heartbeatIntervalMs: 250, missedHeartbeats: 4 },
      { clock: time, timers: time, log: new RecordingLog(), metrics },
    );
    const session = new FakeSession(held, 'node-a');
    held.opened(session, {
      kind: 'hello',
      nodeName: 'node-a',
      instanceId: 'i',
      version: '1',
      interfaces: [],
      claims: [claim(1)],
    });
    held.grant('node-a', grant(1));
    expect(session.sent.map(({ kind }) => kind)).toEqual(['welcome']);
    expect([...held.alive()].map(({ claims }) => [...claims.keys()])).toEqual([[address(1)]]);
    held.release();
    expect(session.sent[1]).toEqual({ kind: 'snapshot', revision: 1, grants: [grant(1)] });
  });

  it('has one update under way, and gathers what changes meanwhile', () => {
    const session = open();
    ack(session, 1);
    for (const last of [1, 2, 3]) registry.grant('node-a', grant(last));
    registry.grant('node-a', grant(2, 7));
    registry.revoke('node-a', address(3));
    registry.revoke('node-a', address(1));
    expect(session.sent.slice(2)).toEqual([{ kind: 'delta', revision: 2, grants: [grant(1)], revoked: [] }]);
    ack(session, 2);
    expect(session.sent.slice(3)).toEqual([
      { kind: 'delta', revision: 3, grants: [grant(2, 7)], revoked: [address(3), address(1)] },
    ]);
  });

  it('cuts a large change into deltas of 1,000 addresses', () => {
    const session = open();
    for (let last = 0; last < 2500; last += 1) registry.grant('node-a', grant(last));
    for (let revision = 1; revision <= 4; revision += 1) ack(session, revision);
    expect(session.sent.slice(2).map((message) => (message.kind === 'delta' ? message.grants.length : 0))).toEqual([
      1000, 1000, 500,
    ]);
  });

  it('sends nothing while the transport is full, not even heartbeats, and the newest state when it drains', async () => {
    const session = open('node-a', { capacity: 2 });
    for (let revision = 1; revision < 100; revision += 1) {
      registry.grant('node-a', grant(1, revision));
      registry.received(session, { kind: 'heartbeat' });
      await time.advance(100);
    }
    expect(session.mostQueued).toBe(2);
    while (session.queue.length > 0) session.readOne();
    ack(session, 1);
    expect(session.sent.at(-1)).toEqual({ kind: 'delta', revision: 2, grants: [grant(1, 99)], revoked: [] });
  });

  it('ends a session that does not ack for 30 s as too slow', async () => {
    const session = open();
    for (let halves = 0; halves < 60; halves += 1) {
      expect(session.end).toBeUndefined();
      registry.received(session, { kind: 'heartbeat' });
      await time.advance(500);
    }
    expect(session.end).toBe('too-slow');
  });

  it('ends a session that acks what was never sent', () => {
    const session = open();
    ack(session, 2);
    expect(session.end).toBe('protocol-error');
  });

  it('calls a speaker dead after four heartbeats of silence, not before, and ends its session', async () => {
    const session = open();
    await time.advance(900);
    registry.received(session, { kind: 'heartbeat' });
    await time.advance(999);
    expect(news.lines).toEqual(['up node-a']);
    await time.advance(1);
    expect(news.lines).toEqual(['up node-a', 'down node-a']);
    expect(session.end).toBe('silent');
    expect(registry.speaker('node-a')).toBeUndefined();
  });

  it('accuses nobody when it slept itself', () => {
    const events: (() => void)[] = [];
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, wallTime: () => new Date(nowMs) };
    const timers = {
      start: (_delayMs: number, callback: () => void) => {
        events.push(callback);
        return { cancel: () => void events.splice(events.indexOf(callback), 1) };
      },
    };
    const sleepy = new SpeakerRegistry(
      { heartbeatIntervalMs: 250, missedHeartbeats: 4 },
      { clock, timers, log: new RecordingLog(), metrics },
    );
    sleepy.listen(news);
    const session = new FakeSession(sleepy, 'node-a');
    sleepy.opened(session, {
      kind: 'hello',
      nodeName: 'node-a',
      instanceId: 'i',
      version: '1',
      interfaces: [],
      claims: [],
    });
    nowMs = 5_000;
    for (const event of events.splice(0)) event();
    expect(news.lines).toEqual(['up node-a']);
    sleepy.received(session, { kind: 'heartbeat' });
    nowMs = 5_250;
    for (const event of events.splice(0)) event();
    expect(news.lines).toEqual(['up node-a']);
  });

  it('moves nothing when a session ends and the speaker is back before it counts as dead', async () => {
    open('node-a', { hello: { claims: [claim(1)] } }).close('transport');
    await time.advance(900);
    open('node-a', { hello: { claims: [claim(1)] } });
    await time.advance(999);
    expect(news.lines).toEqual(['up node-a', 'claims node-a 1', 'away node-a', 'connected node-a']);
  });

  it('says what is different when it is back', async () => {
    open('node-a', { hello: { claims: [claim(1), claim(2)] } }).close('transport');
    news.lines.length = 0;
    open('node-a', { hello: { interfaces: [eth0(false)], claims: [claim(2), claim(3)] } });
    expect(news.lines).toEqual(['connected node-a', 'interfaces node-a', 'claims node-a 1,3']);
  });

  it('lets a speaker that said goodbye go at once', () => {
    const session = open();
    registry.received(session, { kind: 'leaving' });
    registry.received(session, { kind: 'leaving' });
    session.close('transport');
    expect(news.lines).toEqual(['up node-a', 'leaving node-a', 'down node-a']);
    open();
    expect(news.lines.at(-1)).toBe('up node-a');
  });

  it('keeps the session of a speaker that is well against another process of its node', () => {
    const [first, second] = [open(), open('node-a', { hello: { instanceId: 'i-2' } })];
    expect([first.end, second.end]).toEqual([undefined, 'already-connected']);
    registry.grant('node-a', grant(1));
    ack(first, 1);
    expect(first.sent.at(-1)).toMatchObject({ kind: 'delta', grants: [grant(1)] });
    expect(second.sent).toEqual([]);
    expect(news.lines).toEqual(['up node-a']);
  });

  it('takes the newer session of the same process, and hears nothing more of the older', () => {
    const first = open();
    const second = open();
    expect([first.end, second.end]).toEqual(['replaced', undefined]);
    registry.received(first, { kind: 'claims', made: [claim(5)], dropped: [] });
    expect(registry.speaker('node-a')?.claims.size).toBe(0);
    expect(news.lines).toEqual(['up node-a']);
  });

  it('takes the Pod of a rolling update when the old one leaves', () => {
    const first = open();
    registry.received(first, { kind: 'leaving' });
    const second = open('node-a', { podUid: 'uid-2', hello: { instanceId: 'i-2' } });
    expect([first.end, second.end]).toEqual(['replaced', undefined]);
    expect(news.lines).toEqual(['up node-a', 'leaving node-a', 'up node-a']);
  });

  it('keeps account of claims by whole reports and by differences', () => {
    const session = open();
    const claims = () =>
      [...(registry.speaker('node-a')?.claims ?? [])].map(([one, { epoch }]) => [Number(one) & 0xff, epoch.counter]);
    registry.received(session, { kind: 'report', interfaces: [eth0(true)], claims: [claim(1), claim(2)] });
    registry.received(session, { kind: 'claims', made: [claim(2, 5), claim(3)], dropped: [address(1), address(9)] });
    expect(claims()).toEqual([
      [2, 5],
      [3, 1],
    ]);
    registry.received(session, { kind: 'report', interfaces: [eth0(true)], claims: [claim(2, 5)] });
    registry.received(session, { kind: 'report', interfaces: [eth0(true)], claims: [claim(2, 5)] });
    expect(claims()).toEqual([[2, 5]]);
    expect(news.lines).toEqual(['up node-a', 'claims node-a 1,2', 'claims node-a 1,2,3', 'claims node-a 3']);
  });

  it('tells of rejects, keeps them until the grant changes, and takes them for an ack', () => {
    registry.grant('node-a', grant(1));
    const session = open();
    registry.received(session, { kind: 'reject', revision: 1, address: address(1), reason: 'no eth7' });
    expect(news.lines.at(-1)).toBe('rejected node-a 1: no eth7');
    expect(registry.speaker('node-a')?.rejects).toEqual(new Map([[address(1), 'no eth7']]));
    registry.grant('node-a', grant(1, 2));
    expect(registry.speaker('node-a')?.rejects.size).toBe(0);
    expect(session.sent.at(-1)).toEqual({ kind: 'delta', revision: 2, grants: [grant(1, 2)], revoked: [] });
  });

  it('counts who is alive, who is connected, and why sessions ended', () => {
    open('node-a');
    open('node-b').close('transport');
    expect(metrics.value('heraldlb_speakers', { state: 'alive' })).toBe(2);
    expect(metrics.value('heraldlb_speakers', { state: 'connected' })).toBe(1);
    expect(metrics.value('heraldlb_speaker_session_ends_total', { end: 'transport' })).toBe(1);
  });

  it('leaves no timer and refuses everybody once it is stopped', () => {
    open('node-a');
    registry.stop();
    expect(time.armed).toBe(0);
    expect(open('node-b').end).toBe('not-leader');
    expect(news.lines).toEqual(['up node-a']);
  });
});
