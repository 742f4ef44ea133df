import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncerBed } from '../../../support/channel/announcer-bed.ts';

const VIP = '10.0.0.1';
const HOUR_MS = 3_600_000;

describe('a node that could not be told that its address was given to others', () => {
  let bed: AnnouncerBed;
  let owner: string;

  /** The owner is cut off, with all that it was granted, and the address goes to the three others. */
  beforeEach(async () => {
    bed = new AnnouncerBed();
    await bed.start('node-a', 'node-b', 'node-c', 'node-d');
    bed.serve('web', VIP);
    await bed.advance(100);
    owner = bed.ownerOf(VIP);
    bed.speaker(owner).drop();
    await bed.advance(5_000);
    expect(candidates()).not.toContain(owner);
  });

  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  const candidates = (): readonly string[] => bed.stateOf('web')?.candidates ?? [];
  /** Who is to exchange hellos with the former owner. */
  const knowing = (): string[] =>
    [...bed.speakers.values()]
      .filter(({ neighbours }) => neighbours?.neighbours.some(({ nodeName }) => nodeName === owner))
      .map(({ nodeName }) => nodeName);

  it('is known to those who have it now, so that it hears that when it comes back without a controller', () => {
    expect(candidates()).toHaveLength(3);
    expect(knowing().sort()).toEqual([...candidates()].sort());
  });

  it('is forgotten once it has a session, on which it is told', async () => {
    bed.speaker(owner).dial(bed.registry);
    await bed.advance(100);
    expect(knowing()).toEqual([]);
    expect(bed.announcersOf(VIP)).toHaveLength(1);
  });

  it('is forgotten when it exists no more', async () => {
    bed.nodes.delete(owner);
    await bed.advance(100);
    expect(knowing()).toEqual([]);
  });

  it('is forgotten after an hour', async () => {
    await bed.advance(HOUR_MS);
    bed.serve('another', '10.0.0.2');
    await bed.advance(100);
    expect(knowing()).toEqual([]);
  });
});
