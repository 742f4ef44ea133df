import { formatMac, type IpAddress, parseIp } from '../../core/net/index.ts';
import { NEIGHBOUR_PORT } from '../../ports/defaults.ts';
import { timeText } from '../../ports/kubernetes.ts';
import type { Dispute, Ownership } from '../announcer/owner-history.ts';
import type { AnnouncementState } from '../announcer/service-announcement.ts';
import type { AddressNews } from './announcement-source.ts';
import { obstacleText } from './remedies.ts';

/** What is known beside the announcer's state of an address. */
export interface Layer2Circumstances {
  /** What others have to remark on it. */
  readonly remark?: string;
  /** A claim has been waited for too long. */
  readonly isLate?: boolean;
}

/** It was granted, and nobody announces it. */
export function isUnclaimed({ obstacle, ownership }: AnnouncementState): boolean {
  return obstacle === undefined && ownership === undefined;
}

/** What layer 2 says of an address. */
export function layer2News(state: AnnouncementState, { remark, isLate }: Layer2Circumstances = {}): AddressNews {
  const { address, obstacle, ownership, rival } = state;
  if (obstacle?.reason === 'Starting') return { kind: 'pending', address };
  if (obstacle?.reason === 'NoAdvertisement') {
    return { kind: 'unconcerned', address, message: obstacleText(obstacle) };
  }
  if (obstacle !== undefined) {
    return { kind: 'obstructed', address, reason: obstacle.reason, message: obstacleText(obstacle) };
  }
  if (ownership === undefined) {
    // It was granted and nobody claims it: the remark says why.
    if (remark !== undefined) return { kind: 'obstructed', address, reason: 'Conflict', message: remark };
    return isLate === true
      ? { kind: 'obstructed', address, reason: 'Unclaimed', message: unclaimedText(state) }
      : { kind: 'pending', address };
  }
  const warning = remark ?? warningOf(ownership, rival);
  return {
    kind: 'announced',
    address,
    protocol: 'layer2',
    sentence: ownershipText(ownership),
    how: howText(ownership),
    since: ownership.since,
    from: `node "${ownership.node}"`,
    ...(warning === undefined ? {} : { warning }),
  };
}

function unclaimedText({ candidates: [first = 'nobody', ...others] }: AnnouncementState): string {
  const standbys = others.length === 0 ? '' : ` (standbys: ${others.join(', ')})`;
  return `it was granted to ${first}${standbys}, and no speaker has claimed it; look at the log of the speaker on ${first}`;
}

/** `from node-b since 2026-11-21T15:31:28Z (neighbour-down, gap 412 ms), verified 2026-11-21T15:31:29Z` */
export function ownershipText(ownership: Ownership): string {
  const { node, since, verifiedAt } = ownership;
  const verified = verifiedAt === undefined ? '' : `, verified ${timeText(verifiedAt)}`;
  return `from ${node} since ${timeText(since)} (${howText(ownership)})${verified}`;
}

function howText({ reason, gapMs }: Ownership): string {
  return gapMs === undefined ? reason : `${reason}, gap ${gapMs} ms`;
}

const OWNERSHIP = /(\S+) from (\S+) since (\S+Z) \(([a-z-]+)(?:, gap (\d+) ms)?\)(?:, verified (\S+Z))?/g;

/** The ownerships in a text that `ownershipText` is part of, each after its address. */
export function ownershipsIn(text: string): ReadonlyMap<IpAddress, Ownership> {
  const found = new Map<IpAddress, Ownership>();
  for (const [, written = '', node = '', since = '', reason = '', gap, verified] of text.matchAll(OWNERSHIP)) {
    const address = parseIp(written);
    const date = new Date(since);
    const verifiedAt = verified === undefined ? undefined : new Date(verified);
    if (address === undefined || isNever(date) || (verifiedAt !== undefined && isNever(verifiedAt))) continue;
    found.set(address, {
      node,
      since: date,
      reason,
      ...(gap === undefined ? {} : { gapMs: Number(gap) }),
      ...(verifiedAt === undefined ? {} : { verifiedAt }),
    });
  }
  return found;
}

function isNever(date: Date): boolean {
  return Number.isNaN(date.getTime());
}

function warningOf({ node, dispute }: Ownership, rival: string | undefined): string | undefined {
  if (rival !== undefined && rival !== node) return `${rival} announces it as well: ${SPLIT}`;
  if (rival !== undefined) return `another node announces it as well: ${SPLIT}`;
  return dispute === undefined ? undefined : disputeText(dispute, node);
}

const SPLIT = `the two nodes do not hear each other; look at the LAN between them, and at UDP port ${NEIGHBOUR_PORT} in firewalls`;

function disputeText({ by, answeredBy, nodes = [] }: Dispute, node: string): string {
  const asked = `${by} asked the LAN for it and`;
  const others = nodes.filter((each) => each !== node).map((each) => `node "${each}"`);
  const beside = nodes.includes(node);
  const answered = `answered${beside ? ' too' : `, not ${node}`}`;
  if (others.length > 0) {
    return `${asked} ${others.join(' and ')} ${answered}; look whether another load balancer runs there, and stop it, or left the address on an interface ("ip address show"), and delete it`;
  }
  const who = answeredBy.length === 0 ? 'nobody' : answeredBy.map(formatMac).join(' and ');
  const remedy = beside ? 'a host that has the address, or a proxy' : 'ARP inspection or port security on the switch';
  return `${asked} ${who} ${answered}; look for ${remedy}`;
}
