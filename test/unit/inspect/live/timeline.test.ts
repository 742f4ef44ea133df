import { expect, it } from 'vitest';
import type { AnnouncementState } from '../../../../src/controller/announcer/service-announcement.ts';
import { formatIp } from '../../../../src/core/net/index.ts';
import { formatTimeline, Timeline } from '../../../../src/inspect/live/timeline.ts';
import { ip } from '../../../support/ipam-pools.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const ADDRESS = ip('10.0.0.1');

/** An announcer whose states a test writes. */
class FakeAnnouncer {
  readonly timeline: Timeline;
  #states: readonly AnnouncementState[] = [];
  #told: (serviceKey: string) => void = () => {};

  constructor() {
    const onChange = (listener: (serviceKey: string) => void): void => {
      this.#told = listener;
    };
    this.timeline = new Timeline({ announcer: { statesOf: () => this.#states, onChange }, clock: new ManualTime() });
  }

  says(state: Partial<AnnouncementState>): void {
    this.#states = [{ address: ADDRESS, candidates: [], claimed: false, ...state }];
    this.#told('web/a');
  }
}

const owned = (node: string, second: number, gapMs?: number) => ({
  ownership: { node, since: new Date(second * 1000), reason: 'granted', ...(gapMs === undefined ? {} : { gapMs }) },
});

it('has one entry for each change of the owner, newest first, with the gap', () => {
  const announcer = new FakeAnnouncer();
  announcer.says(owned('node-a', 1));
  announcer.says(owned('node-a', 1));
  announcer.says(owned('node-b', 5, 420));
  const address = formatIp(ADDRESS);
  expect(announcer.timeline.entries()).toEqual([
    { address, service: 'web/a', node: 'node-b', at: '1970-01-01T00:00:05.000Z', reason: 'granted', gapMs: 420 },
    { address, service: 'web/a', node: 'node-a', at: '1970-01-01T00:00:01.000Z', reason: 'granted' },
  ]);
  expect(formatTimeline(announcer.timeline.entries())).toMatch(/node-b +granted +420 ms +web\/a/);
});

it('says once that nobody announces an address any more, and why', () => {
  const announcer = new FakeAnnouncer();
  const obstacle = { reason: 'NoEndpoint', message: 'web/a has no ready endpoint' } as const;
  announcer.says({ obstacle });
  expect(announcer.timeline.entries()).toEqual([]);
  announcer.says(owned('node-a', 1));
  announcer.says({ obstacle });
  announcer.says({ obstacle });
  expect(announcer.timeline.entries()).toHaveLength(2);
  expect(announcer.timeline.entries()[0]).toMatchObject({ reason: 'web/a has no ready endpoint' });
});

it('forgets the oldest first, and stays small', () => {
  const announcer = new FakeAnnouncer();
  for (let second = 0; second < 1500; second += 1) announcer.says(owned(`node-${second % 2}`, second));
  const entries = announcer.timeline.entries();
  expect(entries).toHaveLength(1000);
  expect(entries[0]?.at).toBe(new Date(1499 * 1000).toISOString());
});
