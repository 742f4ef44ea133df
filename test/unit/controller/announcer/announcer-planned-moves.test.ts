import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed, advertisement, ip, nodeOf } from '../../../support/channel/announcer-bed.ts';

const VIP = '192.168.1.240';
const NODES = ['node-a', 'node-b', 'node-c'];

describe('in a planned move the old owner', () => {
  let bed: AnnouncerBed;

  beforeEach(() => {
    bed = new AnnouncerBed();
  });
  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  it('goes on where it was allowed to answer, however often the move begins anew', async () => {
    bed.advertise(advertisement('one', { interfaces: ['eth0'] }));
    await bed.start(...NODES);
    bed.serve('web', VIP);
    await bed.advance(100);
    const old = bed.speaker(bed.ownerOf(VIP));
    const grantOf = () => old.grants.get(ip(VIP));
    for (const one of bed.speakers.values()) one.claiming = one === old;
    old.say({ kind: 'leaving' });
    await bed.advance(0);
    const [chosen] = bed.stateOf('web')?.candidates ?? [];
    expect(grantOf()).toMatchObject({ candidates: expect.not.arrayContaining([old.nodeName]), interfaces: ['eth0'] });
    bed.speaker(chosen).cutPower();
    await bed.advance(1500);
    expect(grantOf()?.candidates).not.toContain(chosen);
    expect(grantOf()?.interfaces).toEqual(['eth0']);
  });
});

describe('an advertisement that is edited', () => {
  let bed: AnnouncerBed;
  const FAST = { weight: 100, preference: { matchLabels: { fast: '' } } };
  const preferring = (...preferredNodeSelectors: (typeof FAST)[]) => advertisement('all', { preferredNodeSelectors });

  beforeEach(async () => {
    bed = new AnnouncerBed();
    await bed.start(...NODES);
    bed.serve('web', VIP);
    await bed.advance(100);
  });
  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  /** Labels a node that does not announce. */
  async function speedUp(): Promise<string> {
    const fast = NODES.find((name) => name !== bed.ownerOf(VIP)) ?? '';
    bed.nodes.set(fast, nodeOf(fast, { labels: { fast: '' } }));
    await bed.advance(100);
    bed.wire.length = 0;
    return fast;
  }

  it('moves an address to the node that it prefers, which claims first; the old owner stands by', async () => {
    const old = bed.ownerOf(VIP);
    const fast = await speedUp();
    bed.advertise(preferring(FAST));
    await bed.advance(500);
    expect(bed.wire).toEqual([`${fast} claims ${VIP}`, `${old} drops ${VIP}`]);
    expect(bed.stateOf('web')?.candidates[0]).toBe(fast);
    expect(bed.stateOf('web')?.candidates.toSorted()).toEqual(NODES);
    expect(bed.metrics.value('heraldlb_handovers_total', { result: 'claimed' })).toBe(1);
  });

  it('moves nothing when the owner is preferred as much, or when something else about it is changed', async () => {
    const fast = await speedUp();
    const slow = {
      weight: 100,
      preference: { matchExpressions: [{ key: 'fast', operator: 'DoesNotExist' as const }] },
    };
    bed.advertise(advertisement('all', { preferredNodeSelectors: [FAST, slow] }));
    await bed.advance(500);
    expect(bed.wire).toEqual([]);
    bed.advertise(preferring(FAST));
    await bed.advance(500);
    expect(bed.ownerOf(VIP)).toBe(fast);
    bed.speaker(fast).cutPower();
    await bed.advance(3000);
    bed.speaker(fast).dial(bed.registry);
    await bed.advance(500);
    bed.wire.length = 0;
    bed.advertise(advertisement('renamed', { preferredNodeSelectors: [FAST], interfaces: ['eth0'] }));
    await bed.advance(500);
    expect(bed.wire).toEqual([]);
    expect(bed.ownerOf(VIP)).not.toBe(fast);
  });

  it('moves nothing to a node that comes back, gets a label, or has less to do', async () => {
    bed.advertise(preferring(FAST));
    await bed.advance(100);
    const fast = await speedUp();
    for (let at = 1; at <= 5; at += 1) bed.serve(`s-${at}`, `10.0.0.${at}`);
    await bed.advance(100);
    for (let at = 1; at <= 5; at += 1) bed.announcer.delete(`default/s-${at}`);
    bed.speaker(fast).cutPower();
    await bed.advance(3000);
    bed.speaker(fast).dial(bed.registry);
    await bed.advance(3000);
    expect(bed.wire.filter((line) => line.endsWith(VIP))).toEqual([]);
  });

  it('moves only the addresses that it is for', async () => {
    bed.service('other', ['192.168.1.241'], {
      addresses: [{ address: ip('192.168.1.241'), poolName: 'other', poolLabels: {} }],
    });
    bed.endpoints('other', 'somewhere');
    await bed.advance(100);
    const owners = [VIP, '192.168.1.241'].map((address) => bed.ownerOf(address));
    const fast = NODES.find((name) => !owners.includes(name)) ?? '';
    bed.nodes.set(fast, nodeOf(fast, { labels: { fast: '' } }));
    bed.advertise(
      advertisement('one', { ipAddressPools: ['pool'], preferredNodeSelectors: [FAST] }),
      advertisement('two', { ipAddressPools: ['other'] }),
    );
    await bed.advance(500);
    expect([VIP, '192.168.1.241'].map((address) => bed.ownerOf(address))).toEqual([fast, owners[1]]);
  });
});
