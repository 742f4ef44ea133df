import { beforeEach, describe, expect, it } from 'vitest';
import type { BgpRoute } from '../../../../src/ports/bgp-channel.ts';
import { StreamError } from '../../../../src/ports/stream-connector.ts';
import { BFD, BgpSpeakerBed, peer, ROUTER } from '../../../support/bgp-speaker-bed.ts';
import { v4, v6 } from '../../../support/fake-lan.ts';
import { NODE_ADDRESS } from '../../../support/fake-router.ts';
import { asn, route } from '../../../support/interop/bed.ts';

let bed: BgpSpeakerBed;
beforeEach(() => {
  bed = new BgpSpeakerBed();
});

describe('a speaker of BGP', () => {
  it('dials the router of a snapshot and tells it the routes, with itself as next hop', () => {
    const router = bed.up(peer(), [route('192.0.2.1/32', { communities: [5] })]);
    expect(bed.streams.attempts[0]?.options).toMatchObject({
      remote: ROUTER,
      port: 179,
      hops: { kind: 'ttl', ttl: 1 },
      userTimeoutMs: 30_000,
    });
    expect(router.attribute('192.0.2.1/32', 'nextHop')?.address).toBe(NODE_ADDRESS);
    expect(router.attribute('192.0.2.1/32', 'communities')?.values).toEqual([5]);
    expect(bed.sent.slice(0, 2).map(({ kind }) => kind)).toEqual(['bgp-ack', 'bgp-report']);
  });

  it('does nothing before it was told what to do', () => {
    expect(bed.streams.attempts).toEqual([]);
    expect(bed.streams.listening).toBeUndefined();
  });

  it.each([
    ['several hops', { ebgpMultiHop: true }, { kind: 'ttl', ttl: 255 }],
    ['its own AS', { myAsn: asn(65_000) }, { kind: 'ttl', ttl: 255 }],
    ['TTL security', { ttlSecurityHops: 2 }, { kind: 'security', hops: 2 }],
  ] as const)('reaches as far as it must: %s', (_, fields, hops) => {
    bed.snapshot([peer(fields)]);
    expect(bed.streams.attempts[0]?.options.hops).toEqual(hops);
  });

  it('gives a peer the path that names it, else the one for all, else nothing', () => {
    const paths = (...names: readonly (readonly string[])[]): BgpRoute['paths'] =>
      names.map((peers, index) => ({ peers, prepend: 0, med: index + 1, communities: [], largeCommunities: [] }));
    const router = bed.up(peer(), [
      { ...route('192.0.2.1/32'), paths: paths([], ['router']) },
      { ...route('192.0.2.2/32'), paths: paths([], ['other']) },
      { ...route('192.0.2.3/32'), paths: paths(['other']) },
    ]);
    expect(router.attribute('192.0.2.1/32', 'multiExitDisc')?.value).toBe(2);
    expect(router.attribute('192.0.2.2/32', 'multiExitDisc')?.value).toBe(1);
    expect(router.table.has('192.0.2.3/32')).toBe(false);
  });

  it('withdraws at once, and tells changes that come close together in one go', async () => {
    const router = bed.up(peer(), [route('192.0.2.1/32')]);
    bed.change([], [route('192.0.2.1/32')]);
    expect(router.table.size).toBe(0);
    const before = router.heard.length;
    for (let host = 1; host <= 200; host += 1) bed.change([route(`192.0.2.${host}/32`)]);
    expect(router.heard.length).toBe(before);
    await bed.time.advance(20);
    expect(router.table.size).toBe(200);
    expect(router.heard.length).toBe(before + 1);
  });

  it('waits for nothing when the last change is long ago', async () => {
    const router = bed.up(peer());
    await bed.time.advance(1000);
    bed.change([route('192.0.2.1/32')]);
    await bed.time.advance(0);
    expect(router.table.size).toBe(1);
  });

  it('leaves a session alone when it is told the same again', () => {
    const router = bed.up(peer(), [route('192.0.2.1/32')]);
    const before = router.heard.length;
    bed.snapshot([{ ...peer() }], [route('192.0.2.1/32')]);
    expect(router.heard.length).toBe(before);
    expect(bed.streams.attempts).toHaveLength(1);
  });

  it.each([
    ['was changed', [peer({ holdTimeSeconds: 9 })], 6],
    ['is not wanted any more', [], 3],
  ] as const)('ends the session of a peer that %s (RFC 4486)', (_, peers, subcode) => {
    const router = bed.up(peer());
    bed.snapshot(peers);
    expect(router.notifications).toMatchObject([{ code: 6, subcode }]);
    expect(router.closed).toBe(true);
    expect(bed.streams.attempts).toHaveLength(1 + peers.length);
  });

  it('keeps the session when only BFD intervals change', () => {
    const router = bed.up(peer({ bfd: BFD }));
    bed.snapshot([peer({ bfd: { ...BFD, receiveIntervalMs: 100 } })]);
    expect(router.notifications).toEqual([]);
    expect(bed.bfd.sessions[0]?.receiveIntervalMs).toBe(100);
  });

  it('comes back after the router hung up, and tells why it was away', async () => {
    const router = bed.up(peer());
    router.hangUp();
    await bed.time.advance(1000);
    expect(bed.streams.attempts.length).toBeGreaterThan(1);
    bed.streams.answer();
    await bed.time.advance(50);
    expect(bed.lastReport).toMatchObject({
      peer: 'router',
      state: 'established',
      lastError: expect.stringContaining('closed the connection'),
    });
  });

  it('reports a state soon, and numbers within 10 s', async () => {
    bed.up(peer());
    await bed.time.advance(50);
    expect(bed.lastReport).toMatchObject({ state: 'established', prefixesSent: 0 });
    bed.change([route('192.0.2.1/32')]);
    await bed.time.advance(9000);
    expect(bed.lastReport).toMatchObject({ prefixesSent: 0 });
    await bed.time.advance(1100);
    expect(bed.lastReport).toMatchObject({ prefixesSent: 1 });
  });
});

describe('a speaker of BGP and routers that misbehave', () => {
  it('answers what is no BGP with the NOTIFICATION for it', () => {
    const router = bed.up(peer());
    router.sayOctets(new Uint8Array(19));
    expect(router.notifications).toMatchObject([{ code: 1, subcode: 1 }]);
    expect(router.closed).toBe(true);
  });

  it('stops reading now and then from a router that floods it, and loses nothing', async () => {
    const router = bed.up(peer());
    const keepalive = new Uint8Array(19).fill(255);
    keepalive.set([0, 19, 4], 16);
    const flood = new Uint8Array(19 * 1000);
    for (let at = 0; at < flood.length; at += 19) flood.set(keepalive, at);
    // A clock that runs: each look at it costs a millisecond.
    const nowMs = bed.time.nowMs.bind(bed.time);
    let looks = 0;
    bed.time.nowMs = () => {
      looks += 1;
      return nowMs() + looks;
    };
    router.sayOctets(flood);
    expect(router.paused).toBe(true);
    bed.time.nowMs = nowMs;
    await bed.time.advance(1000);
    expect(router.paused).toBe(false);
    expect(bed.metrics.value('heraldlb_bgp_messages_received_total', { peer: 'router', type: 'keepalive' })).toBe(1001);
  });

  it('keeps routes, and not messages, for a router that does not read', async () => {
    const router = bed.up(peer());
    router.stalled = true;
    const many = Array.from({ length: 80_000 }, (_, index) =>
      route(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`),
    );
    bed.change(many);
    await bed.time.advance(100);
    expect(router.pending).toBeGreaterThan(256 * 1024);
    expect(router.pending).toBeLessThan(270 * 1024);
  });

  it('counts a full table of 10⁶ routes, and keeps none of them', async () => {
    const router = bed.up(peer());
    const update = fullUpdate();
    for (let count = 0; count < 1250; count += 1) {
      router.sayOctets(update.slice());
      if (count % 100 === 0) await bed.time.advance(0);
    }
    await bed.time.advance(100);
    expect(bed.metrics.value('heraldlb_bgp_received_prefixes_total', { peer: 'router' })).toBe(1_000_000);
    expect(router.notifications).toEqual([]);
  });

  it('gives up on a router that does not read for eight minutes (RFC 9687)', async () => {
    const router = bed.up(peer({ holdTimeSeconds: 9 }), [], { holdTimeSeconds: 9 });
    router.stalled = true;
    bed.change([route('192.0.2.1/32')]);
    for (let second = 0; second < 480 && !router.closed; second += 1) {
      await bed.time.advance(1000);
      router.say({ kind: 'keepalive' });
    }
    await bed.time.advance(1000);
    expect(router.closed).toBe(true);
    expect(bed.speaker.sessions()[0]?.lastError).toMatch(/read/);
  });

  it('lets a router that opens and closes a hundred times a second disturb nobody', async () => {
    const quiet = peer({ name: 'quiet', endpoint: { kind: 'address', address: v4('10.0.0.2') } });
    bed.snapshot([peer({ passive: true }), quiet], [route('192.0.2.1/32')]);
    const good = bed.streams.answer();
    for (let count = 0; count < 500; count += 1) {
      bed.streams.dial({ local: NODE_ADDRESS, remote: ROUTER }, { mute: true })?.hangUp();
      await bed.time.advance(10);
    }
    expect(good.notifications).toEqual([]);
    expect(good.table.size).toBe(1);
    expect(bed.sent.length).toBeLessThan(200);
  });

  it('sends everything again at most once a second, however often it is asked', async () => {
    const router = bed.up(peer(), [route('192.0.2.1/32')]);
    const updates = (): number => router.heard.filter((kind) => kind === 'update').length;
    const before = updates();
    for (let count = 0; count < 100; count += 1) router.say({ kind: 'routeRefresh', afi: 1, safi: 1, subtype: 0 });
    expect(updates()).toBe(before + 1);
    await bed.time.advance(1000);
    expect(updates()).toBe(before + 2);
  });

  it('does not disturb other sessions with one that is refused', () => {
    bed.snapshot([
      peer({ name: 'good' }),
      peer({ name: 'bad', endpoint: { kind: 'address', address: v4('10.0.0.2') } }),
    ]);
    const [good, bad] = bed.streams.attempts;
    bad?.handler.closed('the peer refuses the connection');
    expect(good?.aborted).toBe(false);
    expect(bed.speaker.sessions()).toMatchObject([
      { peer: 'good', state: 'connect' },
      { peer: 'bad', lastError: expect.stringContaining('refuses') },
    ]);
  });
});

describe('a speaker of BGP that waits for routers', () => {
  const passive = peer({ passive: true });
  const ends = { local: NODE_ADDRESS, remote: ROUTER };

  it('listens only while somebody is expected', () => {
    bed.snapshot([peer()]);
    expect(bed.streams.listening).toBeUndefined();
    bed.snapshot([passive]);
    expect(bed.streams.listening?.port).toBe(179);
    bed.snapshot([]);
    expect(bed.streams.listening).toBeUndefined();
  });

  it('takes the router that it expects, with its password, and nobody else', () => {
    bed.snapshot([{ ...passive, password: 'secret' }], [route('192.0.2.1/32')]);
    expect(bed.streams.attempts).toEqual([]);
    expect(bed.streams.keys).toMatchObject([{ password: 'secret' }]);
    expect(bed.streams.dial({ ...ends, remote: v4('10.0.0.9') })).toBeUndefined();
    const router = bed.streams.dial(ends);
    expect(router?.table.size).toBe(1);
  });

  it('gives up its own attempt when it has a session with a router that dialled, or is to stop', async () => {
    const other = { kind: 'address', address: v4('10.0.0.9') } as const;
    bed.snapshot([{ ...passive, name: 'other', endpoint: other }, peer()]);
    bed.streams.dial(ends, { mute: true })?.hangUp();
    expect(bed.streams.attempts.filter(({ aborted }) => !aborted)).toHaveLength(1);
    await bed.speaker.close();
    expect(bed.streams.attempts.filter(({ aborted }) => !aborted)).toEqual([]);
  });

  it('waits for whoever is at the other end of an interface, and watches him by BFD once he is known', () => {
    const remote = v6('fe80::1');
    const settings = peer({ endpoint: { kind: 'interface', name: 'eth1' }, password: 'secret', bfd: BFD });
    bed.snapshot([settings], [route('192.0.2.1/32')]);
    expect(bed.streams.attempts).toEqual([]);
    expect(bed.streams.keys).toMatchObject([{ from: { length: 10 }, password: 'secret' }]);
    expect(bed.bfd.sessions).toEqual([]);
    expect(bed.streams.dial({ local: v6('fe80::11'), remote, interface: 'eth0' })).toBeUndefined();
    const router = bed.streams.dial({ local: v6('fe80::11'), remote, interface: 'eth1' });
    expect(router?.heard).toContain('open');
    expect(bed.bfd.sessions).toMatchObject([{ path: { remote, interface: 'eth1' } }]);
  });

  it('says that the port is taken, goes on with the rest, and tries again', async () => {
    bed.streams.refusal = new StreamError('TCP port 179 is taken by another program');
    bed.snapshot([passive, peer({ name: 'other', endpoint: { kind: 'address', address: v4('10.0.0.2') } })]);
    expect(bed.log.events('error')).toEqual(['bgp-listen-failed']);
    expect(bed.streams.attempts).toHaveLength(1);
    bed.streams.refusal = undefined;
    await bed.time.advance(5000);
    expect(bed.streams.listening).toBeDefined();
  });

  it('tells with each peer that waits why it waits in vain, and logs it only when that changes', async () => {
    bed.streams.refusal = new StreamError('TCP port 179 is taken: stop the other program');
    bed.snapshot([passive, peer({ name: 'other', endpoint: { kind: 'address', address: v4('10.0.0.2') } })]);
    const errors = (): string[] => bed.speaker.sessions().map(({ lastError }) => lastError);
    expect(errors()).toEqual(['TCP port 179 is taken: stop the other program', '']);
    await bed.time.advance(20_000);
    expect(bed.log.events('error')).toEqual(['bgp-listen-failed']);
    bed.streams.refusal = new StreamError('the kernel refuses');
    await bed.time.advance(5050);
    expect(bed.lastReport).toMatchObject({ peer: passive.name, lastError: 'the kernel refuses' });
    bed.streams.refusal = undefined;
    await bed.time.advance(5050);
    expect(bed.lastReport).toMatchObject({ peer: passive.name, lastError: '' });
    expect(bed.log.events('error')).toEqual(['bgp-listen-failed', 'bgp-listen-failed']);
  });

  it('tells of passwords that the kernel refuses only with the peers that have one', () => {
    bed.streams.keyRefusal = new StreamError('this kernel has no TCP-MD5');
    const other = { kind: 'address', address: v4('10.0.0.2') } as const;
    bed.snapshot([
      { ...passive, password: 'secret' },
      { ...passive, name: 'other', endpoint: other },
    ]);
    expect(bed.speaker.sessions()).toMatchObject([{ lastError: 'this kernel has no TCP-MD5' }, { lastError: '' }]);
  });
});

describe('a speaker of BGP with BFD', () => {
  it('watches each peer with a profile from the start, over several hops where that is said', () => {
    bed.snapshot([peer({ bfd: BFD }), peer({ name: 'far', ebgpMultiHop: true, bfd: BFD })]);
    expect(bed.bfd.sessions).toMatchObject([
      { name: '10.0.0.1', path: { remote: ROUTER } },
      { name: '10.0.0.1 over several hops', path: { remote: ROUTER, multihop: { minimumTtl: 254 } } },
    ]);
    expect(bed.bfd.sessions[0]?.path.multihop).toBeUndefined();
  });

  it('ends the session at once when BFD fails (RFC 9384)', async () => {
    const router = bed.up(peer({ bfd: BFD }));
    bed.bfd.report('10.0.0.1', 'Up');
    bed.bfd.report('10.0.0.1', 'Down', { diagnostic: 1 });
    expect(router.notifications).toMatchObject([{ code: 6, subcode: 10 }]);
    await bed.time.advance(50);
    expect(bed.lastReport).toMatchObject({ bfd: 'down' });
  });

  it('goes on when the router switches BFD off, or never had it (RFC 5882 §4.2)', () => {
    const router = bed.up(peer({ bfd: BFD }));
    bed.bfd.report('10.0.0.1', 'Down');
    bed.bfd.report('10.0.0.1', 'Up');
    bed.bfd.report('10.0.0.1', 'Down', { diagnostic: 3, remoteState: 'AdminDown' });
    expect(router.notifications).toEqual([]);
    expect(bed.speaker.sessions()).toMatchObject([{ state: 'established', bfd: 'admin-down' }]);
  });

  it('shows sessions, prefixes and BFD in metrics', () => {
    const router = bed.up(peer({ bfd: BFD }), [route('192.0.2.1/32')]);
    bed.bfd.report('10.0.0.1', 'Up');
    const shown = (): number[] =>
      ['bgp_session_up', 'bgp_prefixes_sent', 'bfd_session_up'].map((name) =>
        bed.metrics.value(`heraldlb_${name}`, { peer: 'router' }),
      );
    expect(shown()).toEqual([1, 1, 1]);
    bed.bfd.report('10.0.0.1', 'Down', { diagnostic: 1 });
    expect(shown()).toEqual([0, 0, 0]);
    expect(router.closed).toBe(true);
    expect(bed.metrics.value('heraldlb_bgp_notifications_total', { peer: 'router', by: 'us' })).toBe(1);
  });

  it('heeds a profile that comes to a running session, and forgets one that goes', () => {
    const router = bed.up(peer());
    bed.snapshot([peer({ bfd: BFD })]);
    bed.bfd.report('10.0.0.1', 'Up');
    expect(bed.speaker.sessions()).toMatchObject([{ state: 'established', bfd: 'up' }]);
    bed.snapshot([peer()]);
    bed.bfd.report('10.0.0.1', 'Down', { diagnostic: 1 });
    expect(bed.speaker.sessions()[0]).not.toHaveProperty('bfd');
    expect(router.notifications).toEqual([]);
    bed.snapshot([peer({ bfd: BFD })]);
    bed.bfd.report('10.0.0.1', 'Up');
    bed.bfd.report('10.0.0.1', 'Down', { diagnostic: 1 });
    expect(router.notifications).toMatchObject([{ code: 6, subcode: 10 }]);
  });

  it('goes on without BFD when its thread dies', () => {
    const router = bed.up(peer({ bfd: BFD }));
    bed.bfd.report('10.0.0.1', 'Up');
    bed.bfd.fail('out of memory');
    expect(router.notifications).toEqual([]);
    expect(bed.log.events('error')).toEqual(['bfd-failed']);
  });

  it('waits for BFD before it opens a session where that is said', () => {
    bed.snapshot([peer({ bfd: { ...BFD, strict: true } })]);
    const router = bed.streams.answer();
    expect(router.heard).toEqual([]);
    bed.bfd.report('10.0.0.1', 'Up');
    expect(router.heard[0]).toBe('open');
  });
});

/** An UPDATE with 800 prefixes. */
function fullUpdate(): Uint8Array {
  const attributes = [64, 1, 1, 0, 64, 2, 6, 2, 1, 0, 0, 253, 232, 64, 3, 4, 10, 0, 0, 1];
  const prefixes = Array.from({ length: 800 }, (_, index) => [32, 100, 0, index >> 8, index & 255]).flat();
  const length = 19 + 2 + 2 + attributes.length + prefixes.length;
  const header = [...Array<number>(16).fill(255), length >> 8, length & 255, 2];
  return Uint8Array.from([...header, 0, 0, 0, attributes.length, ...attributes, ...prefixes]);
}
