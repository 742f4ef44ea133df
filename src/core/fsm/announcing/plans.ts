import type { AnnouncingConfig } from './types.ts';

/**
 * How IPv4 addresses are announced. The later gaps of a takeover exceed 1.1 s because a kernel before 4.12 ignores changes
 * within `locktime` (1 s) of any earlier ARP about the address, even of one that it ignored. The refresh is there because
 * switches forget a MAC (300 s) long before routers forget an address (20 min to 4 h).
 */
export const ARP_ANNOUNCING: AnnouncingConfig = {
  plans: {
    takeover: [
      { atMs: 0, form: 'announcement' },
      { atMs: 0, form: 'gateways' },
      { atMs: 100, form: 'announcement' },
      { atMs: 300, form: 'announcement' },
      { atMs: 1500, form: 'announcement' },
      { atMs: 1500, form: 'gateways' },
      { atMs: 3000, form: 'announcement' },
      { atMs: 5000, form: 'announcement' },
      { atMs: 5000, form: 'gateways' },
      { atMs: 9000, form: 'announcement' },
    ],
    repeat: [
      { atMs: 0, form: 'announcement' },
      { atMs: 0, form: 'gateways' },
      { atMs: 100, form: 'announcement' },
      { atMs: 3000, form: 'announcement' },
    ],
  },
  refreshIntervalMs: 60_000,
  refreshJitter: 0.1,
  framesPerAnnouncement: 2,
  framesPerSecond: 500,
  framesAtOnce: 20,
  pauseMs: 20,
};
