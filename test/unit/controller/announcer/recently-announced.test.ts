import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed, ip } from '../../../support/channel/announcer-bed.ts';

const VIP = '192.168.1.240';

describe('an address that was announced until just now', () => {
  let bed: AnnouncerBed;

  beforeEach(async () => {
    bed = new AnnouncerBed();
    await bed.start('node-a', 'node-b');
    bed.service('web', [VIP], { externalTrafficPolicy: 'Local' });
    bed.endpoints('web', 'node-a');
    await bed.advance(1_000);
  });
  afterEach(() => bed.stop());

  const probed = (): boolean | undefined => bed.speaker('node-a').grants.get(ip(VIP))?.probed;

  it('is announced again without a probe when its only Pod is replaced', async () => {
    expect(bed.announcersOf(VIP)).toEqual(['node-a']);
    expect(probed()).toBeUndefined();
    bed.endpoints('web');
    await bed.advance(30_000);
    expect(bed.announcersOf(VIP)).toEqual([]);
    bed.endpoints('web', 'node-a');
    await bed.advance(1_000);
    expect(probed()).toBe(true);
  });

  it('is asked for again when nobody announced it for minutes', async () => {
    bed.endpoints('web');
    await bed.advance(130_000);
    bed.endpoints('web', 'node-a');
    await bed.advance(1_000);
    expect(bed.announcersOf(VIP)).toEqual(['node-a']);
    expect(probed()).toBeUndefined();
  });
});
