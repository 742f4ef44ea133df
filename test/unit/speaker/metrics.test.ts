import { describe, expect, it } from 'vitest';
import { METALLB_LAYER2_METRICS, SPEAKER_METRICS, SpeakerMeter } from '../../../src/speaker/metrics.ts';
import { ip } from '../../support/ipam-pools.ts';
import { RecordingMetrics } from '../../support/recording-telemetry.ts';

describe('the metrics of the speaker', () => {
  it.each(Object.values(SPEAKER_METRICS))('$name has a name by the rules, a help text and bounded labels', (metric) => {
    expect(metric.name).toMatch(/^heraldlb_speaker_[a-z_]+$/);
    expect(metric.help).toMatch(/^[A-Z].*\.$/);
    for (const label of metric.labels)
      expect(['reason', 'outcome', 'kind', 'state', 'holding', 'agrees']).toContain(label);
  });

  it('counts what the packet plane counted', () => {
    const metrics = new RecordingMetrics();
    const meter = new SpeakerMeter(metrics);
    const counters = {
      received: 5,
      replies: 2,
      mismatchedSource: 1,
      announcements: 4,
      drops: { 'not-owned': 2, truncated: 1 },
      sendFailures: { 'link-down': 3 },
      addresses: new Map(),
      lateMs: 3,
      hellos: { sent: 7, received: 6, drops: { 'wrong-key': 1 }, sendFailures: { refused: 2 } },
    } as const;
    meter.count(counters);
    meter.count(counters);
    meter.rejected(2);
    expect(metrics.value('heraldlb_speaker_frames_received_total')).toBe(10);
    expect(metrics.value('heraldlb_speaker_replies_total')).toBe(4);
    expect(metrics.value('heraldlb_speaker_mismatched_source_total')).toBe(2);
    expect(metrics.value('heraldlb_speaker_announcements_total')).toBe(8);
    expect(metrics.value('heraldlb_speaker_drops_total', { reason: 'not-owned' })).toBe(4);
    expect(metrics.value('heraldlb_speaker_drops_total', { reason: 'truncated' })).toBe(2);
    expect(metrics.value('heraldlb_speaker_send_failures_total', { outcome: 'link-down' })).toBe(6);
    expect(metrics.value('heraldlb_speaker_rejected_grants_total')).toBe(2);
    expect(metrics.value('heraldlb_speaker_packet_lag_seconds')).toBe(2);
    expect(metrics.value('heraldlb_speaker_hellos_sent_total')).toBe(14);
    expect(metrics.value('heraldlb_speaker_hellos_received_total')).toBe(12);
    expect(metrics.value('heraldlb_speaker_hello_drops_total', { reason: 'wrong-key' })).toBe(2);
    expect(metrics.value('heraldlb_speaker_hello_send_failures_total', { outcome: 'refused' })).toBe(4);
  });

  it('counts neighbours by state, also those states that nobody is in any more', () => {
    const metrics = new RecordingMetrics();
    const meter = new SpeakerMeter(metrics);
    const inState = (state: string): number => metrics.value('heraldlb_speaker_neighbours', { state });
    meter.neighbours([
      { nodeName: 'node2', state: 'heard' },
      { nodeName: 'node3', state: 'heard' },
    ]);
    expect(inState('heard')).toBe(2);
    meter.neighbours([{ nodeName: 'node2', state: 'down' }]);
    expect([inState('heard'), inState('down')]).toEqual([0, 1]);
  });

  it("counts under MetalLB's names what is about each address, for as long as it is answered for", () => {
    const metrics = new RecordingMetrics();
    const meter = new SpeakerMeter(metrics);
    const address = ip('192.0.2.7');
    const labels = { ip: '192.0.2.7' };
    const nothing = { sent: 0, received: 0, drops: {}, sendFailures: {} };
    const none = {
      received: 0,
      replies: 0,
      mismatchedSource: 0,
      announcements: 0,
      drops: {},
      sendFailures: {},
      lateMs: 0,
    };
    const counters = {
      ...none,
      addresses: new Map([[address, { requests: 3, replies: 2, announcements: 5 }]]),
      hellos: nothing,
    };
    const told = (): number[] => Object.values(METALLB_LAYER2_METRICS).map(({ name }) => metrics.value(name, labels));
    meter.ownership({ holding: 'claim', reason: 'granted' }, [address]);
    meter.count(counters);
    expect(told()).toEqual([3, 2, 5]);
    meter.ownership({ holding: 'nothing', reason: 'revoked' }, [address]);
    meter.count(counters);
    expect(metrics.series().filter((series) => series.includes('192.0.2.7'))).toEqual([]);
  });
});
