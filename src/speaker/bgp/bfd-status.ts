import type { BfdStatus } from '../../core/fsm/bgp/index.ts';
import type { BfdSessionReport } from '../../ports/bfd.ts';
import type { BgpSessionReport } from '../../ports/bgp-channel.ts';

/**
 * What a BFD session says to the BGP session beside it. Only a session that was up can fail; one that the neighbour switched off
 * or never had says nothing. @see RFC 5882 §3.2, §4.2
 */
export function bfdStatusOf(report: BfdSessionReport, before?: BfdSessionReport): BfdStatus {
  if (report.state === 'Up') return 'up';
  const failed = before?.state === 'Up' && report.state === 'Down' && report.remoteState !== 'AdminDown';
  return failed && report.obstacle === undefined ? 'down' : 'unknown';
}

const SHOWN = { AdminDown: 'admin-down', Down: 'down', Init: 'init', Up: 'up' } as const;

/** As the controller is told; nothing heard yet is down. */
export function bfdReportState(report: BfdSessionReport | undefined): NonNullable<BgpSessionReport['bfd']> {
  if (report === undefined) return 'down';
  return SHOWN[report.remoteState === 'AdminDown' && report.state !== 'Up' ? 'AdminDown' : report.state];
}
