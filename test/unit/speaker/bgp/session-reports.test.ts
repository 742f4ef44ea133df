import { beforeEach, expect, it } from 'vitest';
import type { BgpSessionReport } from '../../../../src/ports/bgp-channel.ts';
import { SessionReports } from '../../../../src/speaker/bgp/session-reports.ts';
import { ManualTime } from '../../../support/manual-time.ts';

let time: ManualTime;
let sent: string[][];
let reports: SessionReports;

beforeEach(() => {
  time = new ManualTime();
  sent = [];
  reports = new SessionReports({
    timers: time,
    reportOf: (peer): BgpSessionReport => ({
      peer,
      state: 'established',
      sinceUnixMs: 0,
      lastError: '',
      prefixesSent: 0,
    }),
    send: (sessions) => sent.push(sessions.map(({ peer }) => peer)),
  });
});

it('tells states soon and numbers now and then, each once', async () => {
  reports.changed('a', 'numbers');
  reports.changed('b', 'state');
  reports.changed('b', 'state');
  await time.advance(50);
  expect(sent).toEqual([['b']]);
  reports.changed('a', 'numbers');
  await time.advance(9_950);
  expect(sent).toEqual([['b'], ['a']]);
});

it('tells the numbers of a peer along with its state', async () => {
  reports.changed('a', 'numbers');
  reports.changed('a', 'state');
  await time.advance(20_000);
  expect(sent).toEqual([['a']]);
});

it('goes on telling numbers after they fell due while a state was about to be told', async () => {
  reports.changed('a', 'numbers');
  await time.advance(9_980);
  reports.changed('b', 'state');
  await time.advance(20);
  expect(sent.flat().sort()).toEqual(['a', 'b']);
  reports.changed('a', 'numbers');
  await time.advance(10_000);
  expect(sent.flat().filter((peer) => peer === 'a')).toHaveLength(2);
});
