import { describe, expect, it } from 'vitest';
import { type IpAddress, parseIp } from '../../../../src/core/net/index.ts';
import { METALLB_BFD_METRICS, METALLB_BGP_METRICS } from '../../../../src/speaker/bgp/metallb-metrics.ts';
import { BgpMeter } from '../../../../src/speaker/bgp/metrics.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

const TOR = { name: 'tor', endpoint: { kind: 'address', address: address('192.0.2.1') }, peerPort: 1179 } as const;
const LABELS = { peer: '192.0.2.1:1179', vrf: 'default' };
const BFD_LABELS = { peer: '192.0.2.1', vrf: 'default' };

function address(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

describe("a peer under MetalLB's names", () => {
  it('has every series from its beginning, at 0', () => {
    const metrics = new RecordingMetrics();
    new BgpMeter(metrics).of(TOR);
    for (const { name } of Object.values(METALLB_BGP_METRICS))
      expect(metrics.series()).toContain(`${name}{peer=192.0.2.1:1179,vrf=default}`);
  });

  it('counts messages by kind and in sum, and prefixes that are and that are to be', () => {
    const metrics = new RecordingMetrics();
    const peer = new BgpMeter(metrics).of(TOR);
    peer.prefixesWanted(3);
    peer.sent('open');
    peer.received({ kind: 'keepalive' });
    peer.sent('keepalive');
    peer.state('Established');
    peer.updatesSent(2, 3);
    const value = (name: string): number => metrics.value(`metallb_bgp_${name}`, LABELS);
    expect(value('session_up')).toBe(1);
    expect(value('pending_prefixes_total')).toBe(3);
    expect(value('announced_prefixes_total')).toBe(3);
    expect(value('updates_total')).toBe(2);
    expect([value('opens_sent'), value('keepalives_sent'), value('keepalives_received')]).toEqual([1, 1, 1]);
    expect([value('total_sent'), value('total_received')]).toEqual([4, 1]);
    peer.state('Idle');
    expect([value('session_up'), value('announced_prefixes_total')]).toEqual([0, 0]);
  });

  it('is called by address and port, an IPv6 address in brackets, or by its interface', () => {
    const metrics = new RecordingMetrics();
    const meter = new BgpMeter(metrics);
    meter.of({ name: 'six', endpoint: { kind: 'address', address: address('2001:db8::1') }, peerPort: 179 });
    meter.of({ name: 'unnumbered', endpoint: { kind: 'interface', name: 'eth1' }, peerPort: 179 });
    expect(metrics.series()).toContain('metallb_bgp_session_up{peer=[2001:db8::1]:179,vrf=default}');
    expect(metrics.series()).toContain('metallb_bgp_session_up{peer=eth1:179,vrf=default}');
  });

  it('speaks for all of the peers on its router until it goes, and the next one after it', () => {
    const metrics = new RecordingMetrics();
    const meter = new BgpMeter(metrics);
    const shown = (): number[] =>
      ['session_up', 'announced_prefixes_total', 'pending_prefixes_total', 'opens_sent'].map((name) =>
        metrics.value(`metallb_bgp_${name}`, LABELS),
      );
    const first = meter.of(TOR);
    first.sent('open');
    first.state('Established');
    first.prefixesWanted(3);
    first.updatesSent(1, 3);
    const second = meter.of({ ...TOR, name: 'tor-from-elsewhere' });
    second.sent('open');
    second.state('Idle');
    second.prefixesWanted(5);
    expect(shown()).toEqual([1, 3, 3, 1]);
    first.gone();
    expect(shown()).toEqual([0, 0, 5, 1]);
    first.state('Established');
    expect(shown()).toEqual([0, 0, 5, 1]);
    second.sent('open');
    second.state('Established');
    second.updatesSent(1, 4);
    expect(shown()).toEqual([1, 4, 5, 2]);
    meter.of({ ...TOR, name: 'third' }).gone();
    expect(shown()).toEqual([1, 4, 5, 2]);
    second.gone();
    expect(metrics.series().filter((series) => series.startsWith('metallb'))).toEqual([]);
  });

  it('leaves no series of its state behind when it is not wanted any more', () => {
    const metrics = new RecordingMetrics();
    new BgpMeter(metrics).of(TOR).gone();
    expect(metrics.series()).toEqual([]);
  });
});

describe('a BFD session', () => {
  function watched(): { readonly metrics: RecordingMetrics; readonly meter: BgpMeter } {
    const metrics = new RecordingMetrics();
    const meter = new BgpMeter(metrics);
    meter.bfdWatched([{ name: 'tor', path: { remote: TOR.endpoint.address } }]);
    meter.bfdSession('tor', TOR.endpoint.address, true);
    return { metrics, meter };
  }

  it("is told by the peer's name, and by the peer's address under MetalLB's names", () => {
    const { metrics, meter } = watched();
    meter.bfd({
      received: 9,
      sent: 8,
      sendFailures: 0,
      drops: {},
      sessions: { tor: { received: 5, sent: 6 }, gone: { received: 4, sent: 2 } },
    });
    const value = (name: string): number => metrics.value(`metallb_bfd_${name}`, BFD_LABELS);
    expect(metrics.value('heraldlb_bfd_session_up', { peer: 'tor' })).toBe(1);
    expect([value('session_up'), value('session_up_events'), value('session_down_events')]).toEqual([1, 1, 0]);
    expect([value('control_packet_input'), value('control_packet_output')]).toEqual([5, 6]);
    for (const { name } of Object.values(METALLB_BFD_METRICS))
      expect(metrics.series()).toContain(`${name}{peer=192.0.2.1,vrf=default}`);
  });

  it('is down from the moment that it is wanted', () => {
    const metrics = new RecordingMetrics();
    new BgpMeter(metrics).bfdWatched([{ name: 'tor', path: { remote: TOR.endpoint.address } }]);
    expect(metrics.series()).toContain('heraldlb_bfd_session_up{peer=tor}');
    expect(metrics.series()).toContain('metallb_bfd_session_up{peer=192.0.2.1,vrf=default}');
    expect(metrics.value('metallb_bfd_session_down_events', BFD_LABELS)).toBe(0);
  });

  it('is not up any more from the moment that BFD died', () => {
    const { metrics, meter } = watched();
    meter.bfdFailed();
    expect(metrics.value('heraldlb_bfd_session_up', { peer: 'tor' })).toBe(0);
    expect(metrics.value('metallb_bfd_session_up', BFD_LABELS)).toBe(0);
    expect(metrics.value('metallb_bfd_session_down_events', BFD_LABELS)).toBe(1);
  });

  it('leaves no series behind when it is not wanted any more, or is one with another address', () => {
    const { metrics, meter } = watched();
    meter.bfdSession('tor', address('192.0.2.9'), true);
    expect(metrics.series().filter((series) => series.includes('peer=192.0.2.1,'))).toEqual([]);
    meter.bfdWatched([]);
    expect(metrics.series().filter((series) => series.includes('session_up'))).toEqual([]);
  });

  it("is one under MetalLB's names, however many peers are on the router", () => {
    const { metrics, meter } = watched();
    const path = { remote: TOR.endpoint.address };
    meter.bfdWatched([
      { name: 'tor', path },
      { name: 'tor6', path },
    ]);
    meter.bfdSession('tor6', path.remote, true);
    const counters = { received: 5, sent: 6 };
    meter.bfd({ received: 5, sent: 6, sendFailures: 0, drops: {}, sessions: { tor: counters, tor6: counters } });
    expect(metrics.value('metallb_bfd_control_packet_input', BFD_LABELS)).toBe(5);
    expect(metrics.value('metallb_bfd_session_up_events', BFD_LABELS)).toBe(1);
    meter.bfdWatched([{ name: 'tor6', path }]);
    expect(metrics.value('metallb_bfd_session_up', BFD_LABELS)).toBe(1);
  });

  it('has the state of the next peer on the router when the first goes', () => {
    const { metrics, meter } = watched();
    const path = { remote: TOR.endpoint.address };
    const elsewhere = { name: 'elsewhere', path: { ...path, local: address('192.0.2.77') } };
    meter.bfdWatched([{ name: 'tor', path }, elsewhere]);
    expect(metrics.value('metallb_bfd_session_up', BFD_LABELS)).toBe(1);
    meter.bfdWatched([elsewhere]);
    expect(metrics.value('metallb_bfd_session_up', BFD_LABELS)).toBe(0);
  });

  it('with another address begins as one that was never up', () => {
    const { metrics, meter } = watched();
    meter.bfdWatched([{ name: 'tor', path: { remote: address('192.0.2.9') } }]);
    expect(metrics.value('metallb_bfd_session_down_events', { ...BFD_LABELS, peer: '192.0.2.9' })).toBe(0);
  });
});
