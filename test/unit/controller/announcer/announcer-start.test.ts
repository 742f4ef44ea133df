import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed, ip, nodeOf } from '../../../support/channel/announcer-bed.ts';

const VIP = '192.168.1.240';
const addresses = (count: number): string[] => Array.from({ length: count }, (_, at) => `10.0.0.${at + 1}`);

describe('an announcer that begins', () => {
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

  /** A cluster with addresses that are announced, whose controller is replaced. */
  async function withAddresses(count: number): Promise<void> {
    await bed.start('node-a', 'node-b', 'node-c');
    for (const [at, address] of addresses(count).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    // So that they are not where a placement from nothing would put them.
    speaker('node-a').cutPower();
    await bed.advance(2000);
    speaker('node-a').dial(bed.registry);
    await bed.advance(100);
    await bed.replaceController();
    bed.wire.length = 0;
  }
  const declare = (count: number): void => {
    for (const [at, address] of addresses(count).entries()) bed.serve(`s-${at}`, address);
    bed.announcer.declared();
  };

  it('says that no speaker is connected when none comes, and takes that back when one does', async () => {
    bed.addNode('node-a');
    await bed.replaceController();
    const news: string[] = [];
    bed.announcer.onChange((key) => news.push(`${key} ${stateOf('web')?.obstacle?.reason ?? 'announced'}`));
    bed.serve('web', VIP);
    bed.announcer.declared();
    expect(stateOf('web')?.obstacle?.reason).toBe('Starting');
    await bed.advance(20_000);
    expect(stateOf('web')?.obstacle).toMatchObject({ reason: 'NoEligibleNode' });
    expect(stateOf('web')?.obstacle?.message).toContain('no speaker is connected');
    bed.serve('late', '192.168.1.241');
    expect(news).toEqual(['default/web NoEligibleNode', 'default/late NoEligibleNode']);
    speaker('node-a').dial(bed.registry);
    await bed.advance(3_000);
    expect(bed.ownerOf(VIP)).toBe('node-a');
    expect(stateOf('web')?.obstacle).toBeUndefined();
  });

  it('leaves everything where it is, in whatever order speakers and Services come', async () => {
    for (const order of ['speakers first', 'services first', 'mixed']) {
      bed.stop();
      bed = new AnnouncerBed();
      await withAddresses(9);
      if (order === 'services first') declare(9);
      for (const [at, one] of [...bed.speakers.values()].entries()) {
        if (order === 'mixed' && at === 1) declare(9);
        one.dial(bed.registry);
        await bed.advance(300);
      }
      if (order === 'speakers first') declare(9);
      await bed.advance(5000);
      expect(bed.wire).toEqual([]);
      const epochs = [...bed.speakers.values()].flatMap(({ claims }) => [...claims.values()]);
      expect(epochs.map(({ generation }) => generation)).toEqual(Array(9).fill(2));
    }
  });

  it('decides at once when every node has spoken', async () => {
    await withAddresses(3);
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    declare(3);
    bed.serve('new', VIP);
    await bed.advance(0);
    expect(bed.announcersOf(VIP)).toHaveLength(1);
  });

  it('waits for a speaker that is late, but no longer than 5 s after the first', async () => {
    await withAddresses(9);
    declare(9);
    expect(stateOf('s-0')?.obstacle?.reason).toBe('Starting');
    await bed.advance(10_000);
    expect(stateOf('s-0')?.obstacle?.reason).toBe('Starting');
    speaker('node-a').dial(bed.registry);
    await bed.advance(4900);
    expect(bed.wire).toEqual([]);
    await bed.advance(200);
    expect(speaker('node-a').claims.size).toBe(9);
  });

  it('revokes what is announced for no Service, but not before the Services were declared', async () => {
    await withAddresses(3);
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    await bed.advance(30_000);
    expect(bed.wire).toEqual([]);
    declare(2);
    await bed.advance(0);
    expect(bed.announcersOf('10.0.0.3')).toEqual([]);
    expect(bed.announcersOf('10.0.0.2')).toHaveLength(1);
  });

  it('begins all the same after a minute when nobody declares the Services', async () => {
    await withAddresses(3);
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    bed.serve('s-0', '10.0.0.1');
    await bed.advance(61_000);
    expect(bed.announcersOf('10.0.0.1')).toHaveLength(1);
    expect(bed.announcersOf('10.0.0.2')).toEqual([]);
    expect(bed.log.events('warn')).toContain('services-not-declared');
  });

  it('hands over what an owner announces that must not any more, without a gap', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    bed.serve('web', VIP);
    await bed.advance(100);
    const old = bed.ownerOf(VIP);
    await bed.replaceController();
    bed.nodes.set(old, nodeOf(old, { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }));
    bed.wire.length = 0;
    bed.serve('web', VIP);
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    bed.announcer.declared();
    await bed.advance(100);
    const now = bed.ownerOf(VIP);
    expect(bed.wire).toEqual([`${now} claims ${VIP}`, `${old} drops ${VIP}`]);
  });

  it('lets the newer grant win where two announce one address', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    bed.serve('web', VIP);
    await bed.advance(100);
    const old = bed.ownerOf(VIP);
    const rival = old === 'node-a' ? 'node-b' : 'node-a';
    speaker(rival).claims.set(ip(VIP), { generation: 1, counter: 99 });
    await bed.replaceController();
    bed.serve('web', VIP);
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    bed.announcer.declared();
    await bed.advance(100);
    expect(bed.ownerOf(VIP)).toBe(rival);
  });

  it('outranks every grant that it finds, also when the Lease was deleted and its generations began anew', async () => {
    await withAddresses(3);
    await bed.replaceController({ generation: 0 });
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    declare(3);
    await bed.advance(0);
    const epochs = [...bed.speakers.values()].flatMap(({ claims }) => [...claims.values()]);
    expect(epochs.map(({ generation }) => generation)).toEqual([2, 2, 2]);
  });

  it('outranks the grants of one who comes late, and everybody gets his anew', async () => {
    await withAddresses(3);
    const late = speaker('node-c');
    for (const [address, grant] of late.grants) late.held.set(address, { ...grant.epoch, generation: 7 });
    for (const [address, grant] of late.grants)
      late.grants.set(address, { ...grant, epoch: { ...grant.epoch, generation: 7 } });
    for (const one of [speaker('node-a'), speaker('node-b')]) one.dial(bed.registry);
    declare(3);
    await bed.advance(3000);
    late.dial(bed.registry);
    await bed.advance(100);
    for (const one of bed.speakers.values()) {
      expect([...one.grants.values()].map(({ epoch }) => epoch.generation)).toEqual([8, 8, 8]);
      expect(bed.registry.speaker(one.nodeName)?.rejects.size).toBe(0);
    }
  });
});
