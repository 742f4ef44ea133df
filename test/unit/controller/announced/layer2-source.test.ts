import { describe, expect, it } from 'vitest';
import { announcedVerdict } from '../../../../src/controller/announced/announced-condition.ts';
import { Layer2Source } from '../../../../src/controller/announced/layer2-source.ts';
import { UNCLAIMED_AFTER_MS } from '../../../../src/controller/announced/unclaimed-addresses.ts';
import type { AnnouncementState } from '../../../../src/controller/announcer/service-announcement.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const GRANTED: AnnouncementState = {
  address: ip('192.168.1.240'),
  candidates: ['node-a', 'node-b'],
  claimed: false,
};
const OWNED: AnnouncementState = {
  ...GRANTED,
  claimed: true,
  ownership: { node: 'node-a', since: new Date(0), reason: 'granted' },
};

describe('what layer 2 says of a Service', () => {
  const time = new ManualTime();
  let states: readonly AnnouncementState[] = [];
  const told: string[] = [];
  const source = new Layer2Source({
    announcer: { statesOf: () => states, onChange: () => undefined },
    timers: time,
  });
  source.onChange((key) => told.push(key));

  it('is that nobody claims an address, once it has been waited for', async () => {
    states = [GRANTED];
    expect(announcedVerdict(source.newsOf('default/web'))).toBeUndefined();
    await time.advance(UNCLAIMED_AFTER_MS - 1);
    expect(told).toEqual([]);
    await time.advance(1);
    expect(told).toEqual(['default/web']);
    expect(announcedVerdict(source.newsOf('default/web'))).toEqual({
      status: 'False',
      reason: 'Unclaimed',
      message:
        '192.168.1.240 is not announced: it was granted to node-a (standbys: node-b), and no speaker has claimed it; look at the log of the speaker on node-a',
    });
  });

  it('is where it is announced from as soon as somebody claims it, and nothing is waited for any more', () => {
    states = [OWNED];
    expect(announcedVerdict(source.newsOf('default/web'))?.reason).toBe('Announced');
    expect(time.armed).toBe(0);
  });

  it('is nothing about a Service that is gone, which nothing remembers', async () => {
    states = [GRANTED];
    source.newsOf('default/web');
    states = [];
    await time.advance(UNCLAIMED_AFTER_MS);
    expect(source.newsOf('default/web')).toEqual([]);
    expect(time.armed).toBe(0);
  });
});
