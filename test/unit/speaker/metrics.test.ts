import { describe, expect, it } from 'vitest';
import { SPEAKER_METRICS, SpeakerMeter } from '../../../src/speaker/metrics.ts';
import { RecordingMetrics } from '../../support/recording-telemetry.ts';

describe('the metrics of the speaker', () => {
  it.each(Object.values(SPEAKER_METRICS))('$name has a name by the rules, a help text and bounded labels', (metric) => {
    expect(metric.name).toMatch(/^heraldlb_speaker_[a-z_]+$/);
    expect(metric.help).toMatch(/^[A-Z].*\.$/);
    for (const label of metric.labels) expect(['reason', 'outcome', 'kind']).toContain(label);
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
  });
});
