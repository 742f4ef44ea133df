import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../../../src/core/net/index.ts';
import type { Grant } from '../../../src/ports/channel.ts';
import { FrameSocketError } from '../../../src/ports/frames.ts';
import { PacketEngine } from '../../../src/speaker/packet/packet-engine.ts';
import { Speaker } from '../../../src/speaker/speaker.ts';
import { FakeDatagrams, NO_ECHOES } from '../../support/fake-datagrams.ts';
import { address, ethernet, FakeHost, FakeLan, mac, v4 } from '../../support/fake-lan.ts';
import { FakeLink } from '../../support/fake-link.ts';
import { ManualTime, settle } from '../../support/manual-time.ts';
import { MemoryState } from '../../support/memory-state.ts';
import { RecordingLog, RecordingMetrics } from '../../support/recording-telemetry.ts';
import { SEE_THROUGH_SECRETS } from '../../support/see-through-secrets.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const ADDRESS = v4('192.0.2.50');
const ETH0 = ethernet({ name: 'eth0', mac: mac('02:00:00:00:0a:01') });
const EPOCH = { generation: 1, counter: 1 };

const CLAIM = { address: ADDRESS, epoch: EPOCH, term: 0, reason: 'granted', heldForMs: 0 };

class Bed {
  readonly time = new ManualTime();
  readonly lan = new FakeLan();
  readonly host = new FakeHost(this.lan, [ETH0]);
  readonly link = new FakeLink();
  readonly log = new RecordingLog();
  readonly metrics = new RecordingMetrics();
  readonly store = new MemoryState();
  readonly aborter = new AbortController();
  /** What the BGP part was asked for. */
  readonly bgpCalls: string[] = [];
  readonly bgp = {
    restore: async (): Promise<void> => void this.bgpCalls.push('restore'),
    apply: ({ kind }: { kind: string }): void => void this.bgpCalls.push(kind),
    drain: async (): Promise<void> => void this.bgpCalls.push('drain'),
    close: async (): Promise<void> => void this.bgpCalls.push('close'),
  };
  readonly speaker: Speaker;

  constructor() {
    const random = seededRandom(7);
    const plane = new PacketEngine(
      { nodeName: 'node1' },
      {
        sockets: this.host,
        datagrams: new FakeDatagrams().host,
        echoes: NO_ECHOES,
        groups: this.host,
        interfaces: this.host,
        clock: this.time,
        timers: this.time,
        random,
      },
    );
    const { link, store, time: timers, log, metrics } = this;
    this.speaker = new Speaker(
      { nodeName: 'node1', version: '0.1.0' },
      { link, plane, store, secrets: SEE_THROUGH_SECRETS, bgp: this.bgp, timers, random, log, metrics },
    );
  }

  async start(): Promise<this> {
    await this.speaker.start(this.aborter.signal);
    this.link.connect();
    this.link.handler?.received({ kind: 'neighbours', neighbours: [], ownAddresses: [] });
    this.link.takeSent();
    return this;
  }

  snapshot(revision: number, ...grants: Grant[]): void {
    this.link.handler?.received({ kind: 'snapshot', revision, grants });
  }

  delta(revision: number, grants: Grant[], revoked: IpAddress[] = []): void {
    this.link.handler?.received({ kind: 'delta', revision, grants, revoked });
  }

  get announces(): boolean {
    return this.host.sockets.size > 0;
  }
}

function grant(on: IpAddress = ADDRESS, fields: Partial<Grant> = {}): Grant {
  return { address: on, epoch: EPOCH, candidates: ['node1', 'node2'], probed: true, ...fields };
}

describe('a speaker in session', () => {
  it('says who it is, what it has and what it announces when a session begins', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.link.disconnect();
    bed.link.takeSent();
    bed.link.connect();
    expect(bed.link.takeSent()[0]).toEqual({
      kind: 'hello',
      nodeName: 'node1',
      instanceId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      version: '0.1.0',
      interfaces: [{ name: 'eth0', mac: ETH0.mac, up: true }],
      claims: [CLAIM],
      features: ['bgp'],
      newestEpoch: EPOCH,
    });
  });

  it('restores the BGP part, hands on what is for it, and lets routers take other ways before it stops', async () => {
    const bed = await new Bed().start();
    const settings = { peers: [], draining: false };
    bed.link.handler?.received({ kind: 'bgp-snapshot', revision: 1, settings, routes: [] });
    bed.link.handler?.received({ kind: 'bgp-delta', revision: 2, routes: [], withdrawn: [] });
    await bed.speaker.stop();
    expect(bed.bgpCalls).toEqual(['restore', 'bgp-snapshot', 'bgp-delta', 'drain', 'close']);
  });

  it('carries a snapshot out, claims and acknowledges it', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    expect(bed.announces).toBe(true);
    expect(bed.link.takeSent()).toEqual([
      { kind: 'claims', made: [CLAIM], dropped: [] },
      { kind: 'ack', revision: 1 },
    ]);
    expect(bed.metrics.value('heraldlb_speaker_grants')).toBe(1);
    expect(bed.metrics.value('heraldlb_speaker_announced_addresses')).toBe(1);
  });

  it('acknowledges a snapshot that changes nothing, and announces nothing anew', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.link.takeSent();
    bed.lan.takeSent();
    bed.snapshot(2, grant());
    expect(bed.link.takeSent()).toEqual([{ kind: 'ack', revision: 2 }]);
    expect(bed.lan.takeSent()).toEqual([]);
  });

  it('ends what a delta revokes', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.link.takeSent();
    bed.delta(2, [], [ADDRESS]);
    expect(bed.announces).toBe(false);
    expect(bed.link.takeSent()).toEqual([
      { kind: 'claims', made: [], dropped: [ADDRESS] },
      { kind: 'ack', revision: 2 },
    ]);
  });

  it('rejects what it cannot carry out with the reason, and carries out the rest', async () => {
    const bed = await new Bed().start();
    const other = address('2001:db8::50');
    bed.delta(3, [grant(other, { candidates: ['node2'] }), grant()]);
    expect(bed.announces).toBe(true);
    expect(bed.link.takeSent().at(-1)).toEqual({
      kind: 'reject',
      revision: 3,
      address: other,
      reason: 'node1 is not among the candidates',
    });
    expect(bed.metrics.value('heraldlb_speaker_rejected_grants_total')).toBe(1);
  });

  it('tells what about the kernel is in the way of announcing', async () => {
    const bed = await new Bed().start();
    bed.host.settings = { arpIgnore: 0, arpAnnounce: 0 };
    bed.host.joinOutcome = 'refused';
    bed.host.change([ETH0, ethernet({ name: 'kube-ipvs0', index: 5, noArp: true, addresses: [ADDRESS] })]);
    bed.delta(3, [grant(), grant(address('2001:db8::50'))]);
    const sent = bed.link.takeSent();
    expect(sent).toContainEqual({ kind: 'kernel-answers', address: ADDRESS, interface: 'eth0' });
    expect(sent).toContainEqual({ kind: 'groups-refused', interface: 'eth0' });
  });

  it('goes on announcing without a controller', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.link.disconnect();
    await bed.time.advance(600_000);
    expect(bed.announces).toBe(true);
    expect(bed.metrics.value('heraldlb_speaker_connected')).toBe(0);
  });

  it('reports its interfaces when they change', async () => {
    const bed = await new Bed().start();
    bed.host.change([{ ...ETH0, running: false }]);
    expect(bed.link.takeSent()).toEqual([
      { kind: 'report', interfaces: [{ name: 'eth0', mac: ETH0.mac, up: false }], claims: [] },
    ]);
  });

  it('counts frames and their silences', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.lan.inject(new Uint8Array(12).fill(0xff));
    await bed.time.advance(1000);
    expect(bed.metrics.value('heraldlb_speaker_drops_total', { reason: 'truncated' })).toBe(1);
    expect(bed.metrics.value('heraldlb_speaker_announcements_total')).toBeGreaterThan(0);
  });
});

describe('a speaker that leaves by plan', () => {
  it('says so, answers until its addresses are handed over, and is gone then', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.link.takeSent();
    const stopped = bed.speaker.stop();
    expect(bed.link.takeSent()).toEqual([{ kind: 'leaving' }]);
    await bed.time.advance(1000);
    expect(bed.announces).toBe(true);
    expect(bed.speaker.ready).toBe(false);
    bed.delta(2, [], [ADDRESS]);
    await stopped;
    await bed.speaker.ended;
    expect(bed.link.takeSent().at(-1)).toEqual({ kind: 'ack', revision: 2 });
    expect(bed.time.armed).toBe(0);
  });

  it('waits no longer than 4 s', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    const stopped = bed.speaker.stop();
    await bed.time.advance(3999);
    expect(bed.announces).toBe(true);
    await bed.time.advance(1);
    await stopped;
    expect(bed.announces).toBe(false);
    expect(bed.log.events('warn')).toEqual(['handover-incomplete']);
  });

  it('says it again to a controller that takes over meanwhile', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    void bed.speaker.stop();
    bed.link.disconnect();
    bed.link.takeSent();
    bed.link.connect();
    expect(bed.link.takeSent().map(({ kind }) => kind)).toEqual(['hello', 'neighbourhood', 'leaving']);
  });

  it('does not wait when there is nothing to hand over, or nobody to hand it over to', async () => {
    const idle = await new Bed().start();
    await idle.speaker.stop();
    const alone = await new Bed().start();
    alone.snapshot(1, grant());
    alone.link.disconnect();
    await alone.speaker.stop();
    expect(alone.announces).toBe(false);
  });

  it('stops once, however often it is told', async () => {
    const bed = await new Bed().start();
    expect(bed.speaker.stop()).toBe(bed.speaker.stop());
    await bed.speaker.ended;
    // So does the program that it is part of, which aborts what is left.
    bed.aborter.abort();
    await settle();
    expect(bed.log.lines.filter(({ event }) => event === 'speaker-stopped')).toHaveLength(1);
  });
});

describe('a speaker that cannot go on', () => {
  it('does not start without the permission for packet sockets', async () => {
    const bed = new Bed();
    bed.host.refusal = new FrameSocketError('no-permission', 'NET_RAW is missing');
    await expect(bed.speaker.start(bed.aborter.signal)).rejects.toThrow('NET_RAW is missing');
    expect(bed.speaker.ready).toBe(false);
  });

  it('ends with the reason when the packet plane dies', async () => {
    const bed = await new Bed().start();
    bed.host.break(new Error('netlink broke'));
    await expect(bed.speaker.ended).rejects.toThrow('netlink broke');
    expect(bed.speaker.ready).toBe(false);
  });

  it('ends with the reason when the controller can never be dialled', async () => {
    const bed = await new Bed().start();
    bed.link.break(new Error('no token'));
    await expect(bed.speaker.ended).rejects.toThrow('no token');
  });

  it('ends at once, without handing over, when it is aborted', async () => {
    const bed = await new Bed().start();
    bed.snapshot(1, grant());
    bed.aborter.abort();
    await bed.speaker.ended;
    await settle();
    expect(bed.announces).toBe(false);
    expect(bed.link.takeSent().map(({ kind }) => kind)).not.toContain('leaving');
  });
});
