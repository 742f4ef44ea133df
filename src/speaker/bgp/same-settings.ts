import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';

/**
 * Whether a session with these settings may go on when they are those. How BFD watches does not concern it, unless it has to wait
 * for it.
 */
export function sameSession(a: BgpPeerSettings, b: BgpPeerSettings): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ bfd, ...rest }: BgpPeerSettings): string {
  return JSON.stringify({ ...rest, strictBfd: bfd?.strict ?? false }, ordered);
}

/** Keys in one order, and numbers of any size. */
function ordered(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
