import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed, advertisement, ip, nodeOf, sliceOf } from '../../../support/channel/announcer-bed.ts';

const VIP = '192.168.1.240';
const addresses = (count: number): string[] => Array.from({ length: count }, (_, at) => `10.0.0.${at + 1}`);

describe('the announcer', () => {
  let bed: AnnouncerBed;

  beforeEach(() => {
    bed = new AnnouncerBed();
  });
  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  const speaker = (nodeName: string | undefined) => bed.speaker(nodeName);
  const stateOf = (name: string) => bed.stateOf(name);

  it('lets one node announce, and tells all candidates the same order', async () => {
    await bed.start('node-a', 'node-b', 'node-c', 'node-d');
    bed.serve('web', VIP);
    await bed.advance(0);
    const [owner] = bed.announcersOf(VIP);
    const grants = [...bed.speakers.values()].flatMap(({ grants }) => [...grants.values()]);
    expect(grants).toHaveLength(3);
    for (const grant of grants) expect(grant).toEqual(grants[0]);
    expect(grants[0]?.candidates[0]).toBe(owner);
    expect(stateOf('web')).toMatchObject({ address: ip(VIP), candidates: grants[0]?.candidates, claimed: true });
    expect(bed.metrics.value('heraldlb_announcement_addresses', { state: 'claimed' })).toBe(1);
  });

  it('changes nothing when it is told the same again', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    bed.serve('web', VIP);
    await bed.advance(0);
    const updates = [...bed.speakers.values()].map((one) => one.updates);
    const news: string[] = [];
    bed.announcer.onChange((key) => news.push(key));
    bed.serve('web', VIP);
    bed.announcer.declared();
    bed.advertise(advertisement('all'));
    bed.nodes.set('node-a', nodeOf('node-a', { conditions: [{ type: 'Ready', status: 'True' }] }));
    await bed.advance(1000);
    expect([...bed.speakers.values()].map((one) => one.updates)).toEqual(updates);
    expect(news).toEqual([]);
  });

  it('takes an address from everybody when its Service is gone', async () => {
    await bed.start('node-a', 'node-b');
    bed.serve('web', VIP);
    await bed.advance(0);
    bed.announcer.delete('default/web');
    bed.announcer.delete('default/web');
    await bed.advance(0);
    expect(bed.announcersOf(VIP)).toEqual([]);
    expect([...bed.speakers.values()].map(({ grants }) => grants.size)).toEqual([0, 0]);
    expect(bed.metrics.value('heraldlb_announcement_addresses', { state: 'claimed' })).toBe(0);
  });

  it('tells its listeners of a Service that is gone, or has an address less, so that nothing is remembered of it', async () => {
    await bed.start('node-a', 'node-b');
    bed.endpoints('web', 'somewhere');
    bed.service('web', [VIP, '192.168.1.241']);
    await bed.advance(0);
    const news: string[] = [];
    bed.announcer.onChange((key) => news.push(`${key} ${bed.announcer.statesOf(key).length}`));
    bed.service('web', [VIP]);
    bed.announcer.delete('default/web');
    bed.announcer.delete('default/web');
    expect(news).toEqual(['default/web 1', 'default/web 0']);
  });

  it('follows a Service that changes its address', async () => {
    await bed.start('node-a', 'node-b');
    bed.serve('web', VIP);
    bed.serve('web', '192.168.1.241');
    await bed.advance(0);
    expect([bed.announcersOf(VIP).length, bed.announcersOf('192.168.1.241').length]).toEqual([0, 1]);
  });

  it('gives the addresses of a node whose power is cut to others within the dead time, and touches no other', async () => {
    await bed.start('node-a', 'node-b', 'node-c', 'node-d', 'node-e');
    for (const [at, address] of addresses(50).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    const before = new Map(addresses(50).map((address) => [address, bed.ownerOf(address)]));
    bed.wire.length = 0;
    speaker('node-c').cutPower();
    await bed.advance(1000);
    for (const [address, owner] of before) {
      if (owner === 'node-c') expect(bed.announcersOf(address)).toHaveLength(1);
      else expect(bed.ownerOf(address)).toBe(owner);
    }
    expect(bed.wire).toHaveLength(10);
    const loads = ['node-a', 'node-b', 'node-d', 'node-e'].map((name) => speaker(name).claims.size).sort();
    expect(loads).toEqual([12, 12, 13, 13]);
  });

  it('moves nothing back when the node returns, nor when a session is dialled anew', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    for (const [at, address] of addresses(9).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    speaker('node-a').cutPower();
    await bed.advance(2000);
    bed.wire.length = 0;
    speaker('node-a').dial(bed.registry);
    speaker('node-b').drop();
    await bed.advance(500);
    speaker('node-b').dial(bed.registry);
    await bed.advance(2000);
    expect(bed.wire).toEqual([]);
    expect([...bed.speakers.values()].map(({ grants }) => grants.size)).toEqual([9, 9, 9]);
  });

  describe('in a planned move lets the new owner claim before the old one stops:', () => {
    const reasons: readonly (readonly [string, (name: string) => void])[] = [
      ['its speaker leaves', (name) => speaker(name).say({ kind: 'leaving' })],
      [
        'it gets the exclude label',
        (name) =>
          bed.nodes.set(
            name,
            nodeOf(name, { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }),
          ),
      ],
      [
        'its network is unavailable',
        (name) => bed.nodes.set(name, nodeOf(name, { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] })),
      ],
      ['its Node object is gone', (name) => bed.nodes.delete(name)],
      [
        'its link is down',
        (name) =>
          speaker(name).say({
            kind: 'report',
            interfaces: [],
            claims: [...speaker(name).claims].map(([address, epoch]) => ({ address, epoch, term: 0 })),
          }),
      ],
      ['it refuses', (name) => speaker(name).say({ kind: 'reject', revision: 1, address: ip(VIP), reason: 'no' })],
    ];
    for (const [what, happens] of reasons) {
      it(what, async () => {
        await bed.start('node-a', 'node-b', 'node-c');
        bed.serve('web', VIP);
        await bed.advance(100);
        const old = bed.ownerOf(VIP);
        bed.wire.length = 0;
        happens(old);
        await bed.advance(100);
        const now = bed.ownerOf(VIP);
        expect(now).not.toBe(old);
        expect(bed.wire).toEqual([`${now} claims ${VIP}`, `${old} drops ${VIP}`]);
        expect(speaker(old).grants.size).toBe(0);
        expect(bed.metrics.value('heraldlb_handovers_total', { result: 'claimed' })).toBe(1);
      });
    }

    it('but no longer than 2 s', async () => {
      await bed.start('node-a', 'node-b');
      bed.serve('web', VIP);
      await bed.advance(100);
      const old = bed.ownerOf(VIP);
      for (const one of bed.speakers.values()) if (one.nodeName !== old) one.claiming = false;
      speaker(old).say({ kind: 'leaving' });
      await bed.advance(1900);
      expect(bed.ownerOf(VIP)).toBe(old);
      await bed.advance(100);
      expect(bed.announcersOf(VIP)).toEqual([]);
      expect(bed.metrics.value('heraldlb_handovers_total', { result: 'timeout' })).toBe(1);
    });

    it('but stays where it is when there is no other node: who restarts goes on by itself', async () => {
      await bed.start('node-a');
      bed.serve('web', VIP);
      await bed.advance(100);
      speaker('node-a').say({ kind: 'leaving' });
      await bed.advance(0);
      expect(speaker('node-a').grants.size).toBe(1);
      expect(stateOf('web')).toMatchObject({ claimed: true, candidates: ['node-a'] });
    });

    it('and to a third when the new owner dies before it claims', async () => {
      await bed.start('node-a', 'node-b', 'node-c');
      bed.serve('web', VIP);
      await bed.advance(100);
      const old = bed.ownerOf(VIP);
      for (const one of bed.speakers.values()) one.claiming = one.nodeName === old;
      speaker(old).say({ kind: 'leaving' });
      await bed.advance(0);
      const chosen = stateOf('web')?.candidates[0] ?? '';
      const third = ['node-a', 'node-b', 'node-c'].find((name) => name !== old && name !== chosen) ?? '';
      speaker(third).claiming = true;
      speaker(chosen).cutPower();
      await bed.advance(1500);
      expect(bed.wire.slice(-2)).toEqual([`${third} claims ${VIP}`, `${old} drops ${VIP}`]);
    });
  });

  it('keeps to the exclude label as upstream reads it: false does not exclude, anything else does', async () => {
    const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
    for (const [at, value] of ['false', '0', 'F', 'true', '', 'yes'].entries())
      bed.addNode(`node-${at}`, { labels: { [label]: value } });
    await bed.start();
    for (const [at, address] of addresses(6).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    expect([...bed.speakers.values()].map(({ claims }) => claims.size)).toEqual([2, 2, 2, 0, 0, 0]);
  });

  it('says which label of which node is in the way when every node is excluded', async () => {
    bed.addNode('node-a', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } });
    await bed.start();
    bed.serve('web', VIP);
    expect(stateOf('web')?.obstacle).toEqual({
      reason: 'NoEligibleNode',
      message: 'no node can announce it: node-a has the label node.kubernetes.io/exclude-from-external-load-balancers',
    });
  });

  it('says what is missing: an advertisement, a node, an endpoint, a speaker', async () => {
    bed.addNode('node-a', { labels: { rack: '0' } });
    bed.addNode('node-b');
    bed.advertise(advertisement('all', { nodeSelectors: [{ matchLabels: { rack: '0' } }] }));
    await bed.start();
    speaker('node-a').cutPower();
    await bed.advance(2500);
    const reasons: (string | undefined)[] = [];
    const note = (): void => void reasons.push(stateOf('web')?.obstacle?.message);
    bed.serve('web', VIP);
    note();
    bed.endpoints('web');
    note();
    bed.advertise(advertisement('racked', { nodeSelectors: [{ matchLabels: { rack: '1' } }] }));
    bed.endpoints('web', 'node-a');
    note();
    bed.advertise(advertisement('other', { ipAddressPools: ['another'] }));
    note();
    bed.advertise(advertisement('all'));
    bed.service('web', [VIP], { externalTrafficPolicy: 'Local' });
    note();
    expect(reasons).toEqual([
      'no node can announce it: node-a has no speaker that is connected',
      'default/web has no ready endpoint',
      'the node selectors of L2Advertisement racked match no node',
      'no L2Advertisement selects pool pool for it',
      'default/web has externalTrafficPolicy Local, and no ready endpoint on a node that may announce (endpoints on: node-a)',
    ]);
  });

  it('announces from nodes with an endpoint only, and follows it, where traffic is Local', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    bed.endpoints('web', 'node-b');
    bed.service('web', [VIP], { externalTrafficPolicy: 'Local' });
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-b');
    bed.endpoints('web', 'node-b', 'node-c');
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-b');
    bed.endpoints('web', 'node-c');
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-c');
    bed.slices.set(
      'default/web-1',
      sliceOf('web', [{ nodeName: 'node-c', ready: false, serving: true, terminating: true }]),
    );
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-c');
  });

  it('announces from the only node with an endpoint as soon as its speaker connects, where traffic is Local', async () => {
    await bed.start('node-a');
    await bed.advance(3_000);
    const late = bed.addNode('node-b');
    bed.endpoints('web', 'node-b');
    bed.service('web', [VIP], { externalTrafficPolicy: 'Local' });
    await bed.advance(0);
    expect(bed.announcersOf(VIP)).toEqual([]);
    late.dial(bed.registry);
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-b');
  });

  it('announces nothing without an endpoint, and from the same node again when there is one', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    for (const [at, address] of addresses(8).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(0);
    const before = bed.ownerOf('10.0.0.5');
    bed.endpoints('s-4');
    await bed.advance(0);
    expect(bed.announcersOf('10.0.0.5')).toEqual([]);
    bed.endpoints('s-4', 'elsewhere');
    await bed.advance(0);
    expect(bed.ownerOf('10.0.0.5')).toBe(before);
  });

  it('unites the interfaces of the advertisements that reach a node, and one that names none means all', async () => {
    bed.advertise(
      advertisement('one', { interfaces: ['eth1'] }),
      advertisement('two', { interfaces: ['eth0'] }),
      advertisement('rest', { nodeSelectors: [{ matchLabels: { wide: 'yes' } }] }),
    );
    bed.addNode('node-a');
    bed.addNode('node-b', { labels: { wide: 'yes' } });
    await bed.start();
    bed.serve('web', VIP);
    await bed.advance(0);
    expect(speaker('node-a').grants.get(ip(VIP))?.interfaces).toEqual(['eth0', 'eth1']);
    expect(speaker('node-b').grants.get(ip(VIP))).not.toHaveProperty('interfaces');
  });

  it('announces on an inner interface where an advertisement names it, and nowhere by default', async () => {
    bed.advertise(advertisement('all'));
    await bed.start('node-a');
    const [eth0] = speaker('node-a').interfaces;
    if (eth0 === undefined) throw new Error('no interface');
    const interfaces = [
      { ...eth0, up: false },
      { ...eth0, name: 'docker0' },
    ];
    speaker('node-a').say({ kind: 'report', interfaces, claims: [] });
    bed.serve('web', VIP);
    await bed.advance(3000);
    expect(bed.announcersOf(VIP)).toEqual([]);
    expect(stateOf('web')?.obstacle?.message).toContain('node-a has no interface that is up');
    bed.advertise(advertisement('all', { interfaces: ['docker0'] }));
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-a');
  });

  it('passes over a node that has none of the interfaces up', async () => {
    bed.advertise(advertisement('one', { interfaces: ['eth7'] }));
    await bed.start('node-a', 'node-b');
    bed.serve('web', VIP);
    expect(stateOf('web')?.obstacle?.message).toContain('node-a has none of the interfaces eth7 up');
    const mac = speaker('node-b').interfaces[0]?.mac;
    if (mac === undefined) throw new Error('no interface');
    speaker('node-b').say({ kind: 'report', interfaces: [{ name: 'eth7', mac, up: true }], claims: [] });
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-b');
  });

  it('announces an address that Services share only where all of them may be announced', async () => {
    bed.advertise(
      advertisement('blue', {
        serviceSelectors: [{ matchLabels: { color: 'blue' } }],
        nodeSelectors: [{ matchLabels: { blue: '' } }],
      }),
      advertisement('red', {
        serviceSelectors: [{ matchLabels: { color: 'red' } }],
        nodeSelectors: [{ matchLabels: { red: '' } }],
      }),
    );
    bed.addNode('node-a', { labels: { blue: '' } });
    bed.addNode('node-b', { labels: { blue: '', red: '' } });
    bed.addNode('node-c', { labels: { red: '' } });
    await bed.start();
    bed.serve('one', VIP, { labels: { color: 'blue' } });
    bed.serve('two', VIP, { labels: { color: 'red' } });
    await bed.advance(3000);
    expect(bed.ownerOf(VIP)).toBe('node-b');
    expect(speaker('node-b').grants.get(ip(VIP))?.candidates).toEqual(['node-b']);
    bed.announcer.delete('default/two');
    await bed.advance(0);
    expect(speaker('node-b').grants.get(ip(VIP))?.candidates).toEqual(['node-b', 'node-a']);
    bed.announcer.delete('default/one');
    await bed.advance(0);
    expect(bed.announcersOf(VIP)).toEqual([]);
  });

  it('asks the others when a speaker refuses, and that one again when its interfaces changed', async () => {
    await bed.start('node-a');
    bed.serve('web', VIP);
    await bed.advance(0);
    speaker('node-a').say({ kind: 'reject', revision: 1, address: ip(VIP), reason: 'no such interface' });
    await bed.advance(0);
    expect(stateOf('web')?.obstacle?.message).toBe('every speaker refused it: node-a: no such interface');
    const mac = speaker('node-a').interfaces[0]?.mac;
    if (mac === undefined) throw new Error('no interface');
    speaker('node-a').say({ kind: 'report', interfaces: [{ name: 'eth1', mac, up: true }], claims: [] });
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe('node-a');
  });
});
