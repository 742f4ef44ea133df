import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed } from '../../../support/channel/announcer-bed.ts';

const VIP = '192.168.1.240';

describe('an address that Services share', () => {
  let bed: AnnouncerBed;

  beforeEach(async () => {
    bed = new AnnouncerBed();
    await bed.start('node-a', 'node-b');
    bed.serve('web', VIP);
    await bed.advance(0);
  });
  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  it('stays where it is when one of them has no endpoint', async () => {
    const owner = bed.ownerOf(VIP);
    bed.service('mail', [VIP]);
    await bed.advance(3000);
    expect(bed.ownerOf(VIP)).toBe(owner);
    bed.endpoints('mail', 'node-a');
    await bed.advance(1000);
    bed.endpoints('mail');
    await bed.advance(1000);
    expect(bed.wire).toEqual([`${owner} claims ${VIP}`]);
  });

  it('is not announced when none of them has an endpoint, and comes back to where it was', async () => {
    const owner = bed.ownerOf(VIP);
    bed.service('mail', [VIP]);
    bed.endpoints('web');
    await bed.advance(3000);
    expect(bed.ownerOf(VIP)).toBe('');
    expect(bed.stateOf('web')?.obstacle?.message).toBe('default/web has no ready endpoint');
    bed.endpoints('mail', 'somewhere');
    await bed.advance(0);
    expect(bed.ownerOf(VIP)).toBe(owner);
  });

  it('is announced for those that have an endpoint, and the others are told why not for them', async () => {
    const told: string[] = [];
    bed.announcer.onChange((key) => told.push(key));
    bed.service('mail', [VIP]);
    await bed.advance(0);
    expect(bed.stateOf('web')).toMatchObject({ claimed: true, ownership: { node: bed.ownerOf(VIP) } });
    expect(bed.stateOf('mail')).toEqual({
      address: bed.stateOf('web')?.address,
      candidates: [],
      claimed: false,
      obstacle: { reason: 'NoEndpoint', message: 'default/mail has no ready endpoint' },
    });
    expect(told).toContain('default/mail');
    told.length = 0;
    bed.endpoints('mail', 'somewhere');
    await bed.advance(0);
    expect(bed.stateOf('mail')).toEqual(bed.stateOf('web'));
    expect(told).toContain('default/mail');
  });
});
