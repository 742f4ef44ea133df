import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed, advertisement, ip } from '../../../support/channel/announcer-bed.ts';

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
