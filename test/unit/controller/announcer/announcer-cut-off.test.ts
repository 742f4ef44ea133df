import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed } from '../../../support/channel/announcer-bed.ts';

const addresses = (count: number): string[] => Array.from({ length: count }, (_, at) => `10.0.0.${at + 1}`);

describe('the announcer of a controller that hears nobody', () => {
  let bed: AnnouncerBed;

  beforeEach(() => {
    bed = new AnnouncerBed();
  });
  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  it('moves nothing when all sessions end at once and speakers dial again one by one: it was itself cut off', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    for (const [at, address] of addresses(9).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    bed.wire.length = 0;
    for (const one of bed.speakers.values()) one.drop();
    await bed.advance(5_000);
    for (const one of bed.speakers.values()) {
      one.dial(bed.registry);
      await bed.advance(800);
    }
    await bed.advance(5_000);
    expect(bed.wire).toEqual([]);
  });

  it('finds who did not come back when it was cut off', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    for (const [at, address] of addresses(9).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    for (const one of bed.speakers.values()) one.drop();
    bed.speakers.get('node-b')?.cutPower();
    await bed.advance(3_000);
    bed.speakers.get('node-a')?.dial(bed.registry);
    bed.speakers.get('node-c')?.dial(bed.registry);
    await bed.advance(5_100);
    for (const address of addresses(9)) expect(bed.announcersOf(address)).toHaveLength(1);
    expect(bed.speakers.get('node-b')?.claims.size).toBe(0);
  });

  it('moves nothing either when they return after hours, in any order: what they announce is taken over again', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    for (const [at, address] of addresses(9).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    const owners = addresses(9).map((address) => bed.ownerOf(address));
    bed.wire.length = 0;
    for (const one of bed.speakers.values()) one.drop();
    await bed.advance(3 * 3_600_000);
    for (const name of ['node-c', 'node-a', 'node-b']) {
      bed.speakers.get(name)?.dial(bed.registry);
      await bed.advance(1_000);
    }
    await bed.advance(10_000);
    expect(bed.wire).toEqual([]);
    expect(addresses(9).map((address) => bed.ownerOf(address))).toEqual(owners);
    for (const [at] of addresses(9).entries()) expect(bed.announcer.statesOf(`default/s-${at}`)[0]?.claimed).toBe(true);
  });

  it('takes over what changed hands while nobody could be reached', async () => {
    await bed.start('node-a', 'node-b', 'node-c');
    bed.serve('web', '10.0.0.1');
    await bed.advance(100);
    const [owner = '', standby = ''] = bed.announcer.statesOf('default/web')[0]?.candidates ?? [];
    for (const one of bed.speakers.values()) one.drop();
    bed.speakers.get(owner)?.cutPower();
    bed.speakers.get(standby)?.takeOver('10.0.0.1');
    await bed.advance(90_000);
    bed.wire.length = 0;
    for (const one of bed.speakers.values()) if (one.nodeName !== owner) one.dial(bed.registry);
    await bed.advance(6_000);
    expect(bed.wire).toEqual([]);
    expect(bed.announcer.statesOf('default/web')[0]?.candidates[0]).toBe(standby);
  });

  it('gives up after a minute, and lets who returns alone have everything after 5 s more', async () => {
    await bed.start('node-a', 'node-b');
    for (const [at, address] of addresses(2).entries()) bed.serve(`s-${at}`, address);
    await bed.advance(100);
    for (const one of bed.speakers.values()) one.drop();
    await bed.advance(70_000);
    await bed.advance(10_000);
    expect(bed.announcer.statesOf('default/s-0')[0]?.obstacle?.reason).toBe('NoEligibleNode');
    bed.speakers.get('node-a')?.dial(bed.registry);
    await bed.advance(4_900);
    expect(bed.speakers.get('node-a')?.claims.size).toBe(1);
    await bed.advance(200);
    expect(bed.speakers.get('node-a')?.claims.size).toBe(2);
  });
});
