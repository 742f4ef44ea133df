import type { AnnouncingConfig } from './types.ts';

/**
 * How IPv4 addresses are announced. The first form goes out for all addresses of a failed node before anything else, faster
 * than the long-run rate allows: what hosts know moves with it, and a thousand addresses are to be back within a second. The
 * later gaps of a takeover exceed 1.1 s because a kernel before 4.12 ignores changes within `locktime` (1 s) of any earlier ARP
 * about the address, even of one that it ignored. The refresh is there because switches forget a MAC (300 s) long before
 * routers forget an address (20 min to 4 h).
 */
export const ARP_ANNOUNCING: AnnouncingConfig = {
  plans: {
    takeover: [
      { atMs: 0, form: 'first-form' },
      { atMs: 0, form: 'gateways' },
      { atMs: 0, form: 'other-forms' },
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
  burstFrames: 2000,
  framesAtOnce: 50,
  pauseMs: 10,
};

/**
 * How IPv6 addresses are announced: three times with a second between, which is what RFC 4861 §7.2.6 allows for one event, then
 * less and less often.
 */
export const NDP_ANNOUNCING: AnnouncingConfig = {
  ...ARP_ANNOUNCING,
  plans: {
    takeover: [
      { atMs: 0, form: 'first-form' },
      { atMs: 0, form: 'gateways' },
      { atMs: 0, form: 'other-forms' },
      { atMs: 1000, form: 'announcement' },
      { atMs: 1000, form: 'gateways' },
      { atMs: 2000, form: 'announcement' },
      { atMs: 4000, form: 'announcement' },
      { atMs: 4000, form: 'gateways' },
      { atMs: 8000, form: 'announcement' },
    ],
    repeat: [
      { atMs: 0, form: 'announcement' },
      { atMs: 0, form: 'gateways' },
      { atMs: 1000, form: 'announcement' },
      { atMs: 4000, form: 'announcement' },
    ],
  },
};
