import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Handovers } from '../../../../src/controller/announcer/handovers.ts';
import { formatIp } from '../../../../src/core/net/index.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

const VIP = ip('10.0.0.1');
const OLD = { node: 'old', interfaces: ['eth0'] };

describe('a planned move', () => {
  let time: ManualTime;
  let metrics: RecordingMetrics;
  let revoked: string[];
  let handovers: Handovers;

  beforeEach(() => {
    time = new ManualTime();
    metrics = new RecordingMetrics();
    revoked = [];
    handovers = new Handovers(
      { handoverMs: 2_000 },
      { timers: time, metrics, revoke: (node, address) => void revoked.push(`${node} ${formatIp(address)}`) },
    );
    handovers.begin(VIP, OLD, ['new', 'standby']);
  });
  afterEach(() => {
    handovers.stop();
    expect(time.armed).toBe(0);
  });

  const ended = (result: string) => metrics.value('heraldlb_handovers_total', { result }) ?? 0;

  it('ends when the new owner claims, and lets those who exchange the address hear each other until then', () => {
    expect(handovers.outgoingOf(VIP)).toBe(OLD);
    expect([...handovers.partners.neighboursOf('old')].sort()).toEqual(['new', 'standby']);
    handovers.finish(VIP, 'claimed');
    expect(revoked).toEqual(['old 10.0.0.1']);
    expect([handovers.outgoingOf(VIP), handovers.partners.neighboursOf('old'), ended('claimed')]).toEqual([
      undefined,
      [],
      1,
    ]);
  });

  it('waits no longer though the list changes, and then with the partners of now', async () => {
    await time.advance(1_500);
    handovers.begin(VIP, OLD, ['another']);
    expect(handovers.partners.neighboursOf('old')).toEqual(['another']);
    await time.advance(499);
    expect(revoked).toEqual([]);
    await time.advance(1);
    expect([revoked, ended('timeout')]).toEqual([['old 10.0.0.1'], 1]);
  });

  it('ends for the node that is gone, and for no other', () => {
    handovers.nodeGone('new');
    expect(revoked).toEqual([]);
    handovers.nodeGone('old');
    expect([revoked, ended('cancelled')]).toEqual([['old 10.0.0.1'], 1]);
  });

  it('that is cancelled takes the address from nobody', () => {
    handovers.cancel(VIP);
    handovers.cancel(VIP);
    handovers.finish(VIP, 'claimed');
    expect([revoked, ended('cancelled'), ended('claimed')]).toEqual([[], 1, 0]);
  });
});
